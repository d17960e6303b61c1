//! Requests through the load balancers' hostnames, from the sandbox's client, with the commands that a user would type.

use std::net::SocketAddr;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Service, ServicePort};
use kube::ResourceExt as _;
use tokio::process::Command;
use tokio::time::Instant;

use super::hops::{self, Door, Node};
use super::{Error, Result, kinds};
use crate::echo::Answer;
use crate::network;
use crate::network::addresses::pods_of_node;
use crate::nodes::real::RealNode;
use crate::state::Sandbox;
use crate::{files, layout::Layout};

/// A second when the machine is idle: the first health checks must pass, and the hostname must be known.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

/// curl's own settings: it says on standard error where it connected to, and shows no progress.
const CURL_SETTINGS: &str = "silent\nshow-error\nmax-time = 5\nwrite-out = \"%{stderr}%{remote_ip}:%{remote_port}\"\n";

/// The client with what it must know to tell the hops of its requests.
pub(super) struct Requests<'a> {
    sandbox: &'a Sandbox,
    layout: Layout,
    nodes: Vec<Node>,
}

/// What came back.
struct Reply {
    text: String,
    answer: Answer,
    address: Option<SocketAddr>,
}

impl<'a> Requests<'a> {
    /// Of a sandbox with real nodes.
    pub(super) fn new(sandbox: &'a Sandbox) -> Result<Self> {
        let layout = sandbox.layout()?;
        files::write(&layout.part("client").join(".curlrc"), CURL_SETTINGS)?;
        let nodes = RealNode::all(&layout)?.iter().filter_map(node).collect();
        Ok(Self { sandbox, layout, nodes })
    }

    /// Asks every port of a Service that has Pods, and shows the way of each request.
    pub(super) async fn ask(&self, service: &Service, balancer: &str) -> Result<()> {
        let spec = service.spec.clone().unwrap_or_default();
        let Some(hostname) = kinds::hostname(service) else {
            return Ok(());
        };
        if spec.selector.is_none() {
            println!(
                "{}: not asked, for nobody is at the endpoint written by hand\n",
                service.name_any()
            );
            return Ok(());
        }
        for port in spec.ports.iter().flatten() {
            let words = words(hostname, port);
            println!("$ cargo sandbox client -- {}", shown(&words));
            let reply = self.until_answered(&words).await?;
            println!("{}", reply.text.trim_end());
            let door = Door {
                balancer: balancer.to_owned(),
                cluster_ip: spec.cluster_ip.clone().unwrap_or_default(),
                port: port.port,
                node_port: port.node_port.unwrap_or_default(),
            };
            println!("{}", hops::draw(&door, reply.address, &reply.answer, &self.nodes));
        }
        Ok(())
    }

    async fn until_answered(&self, words: &[String]) -> Result<Reply> {
        let deadline = Instant::now() + ANSWERED_WITHIN;
        loop {
            match self.answer(words).await? {
                Ok(reply) => return Ok(reply),
                Err(said) if Instant::now() >= deadline => {
                    return Err(Error::Unanswered {
                        command: shown(words),
                        said,
                        logs: self.layout.log("data-plane"),
                    });
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// What the program was answered, or what it said instead.
    async fn answer(&self, words: &[String]) -> Result<std::result::Result<Reply, String>> {
        let mut command: Command = network::client::command(&self.layout, self.sandbox.network()?, words);
        command.env("CURL_HOME", self.layout.part("client")).kill_on_drop(true);
        let output = command.output().await.map_err(|source| crate::error::Error::Start {
            program: "nsenter".to_owned(),
            source,
        })?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (text, said) = (text(&output.stdout), text(&output.stderr));
        Ok(match serde_json::from_str(&text) {
            Ok(answer) => Ok(Reply {
                text,
                answer,
                address: said.trim().parse().ok(),
            }),
            Err(_) => Err(format!("{}: {}{}", output.status, text.trim(), said.trim())),
        })
    }
}

/// None for an address that is none; there is no such node.
fn node(real: &RealNode) -> Option<Node> {
    Some(Node {
        name: real.name().to_owned(),
        address: real.instance.private_ip.parse().ok()?,
        pods: pods_of_node(real.number).parse().ok()?,
    })
}

/// The command that asks a port. The shell's own way of sending a datagram needs no other program.
fn words(hostname: &str, port: &ServicePort) -> Vec<String> {
    let number = port.port;
    let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    if port.protocol.as_deref() == Some("UDP") {
        let script = format!("exec 3<>/dev/udp/{hostname}/{number}; echo hello >&3; head -n 1 <&3");
        return own(&["timeout", "5", "bash", "-c", &script]);
    }
    let host = |usual: i32| {
        if number == usual {
            hostname.to_owned()
        } else {
            format!("{hostname}:{number}")
        }
    };
    if port.app_protocol.as_deref() == Some("https") {
        return own(&["curl", "--insecure", &format!("https://{}/", host(443))]);
    }
    own(&["curl", &format!("http://{}/", host(80))])
}

/// As it is typed into a shell.
fn shown(words: &[String]) -> String {
    let quoted = |word: &String| {
        if word.contains(' ') {
            format!("'{word}'")
        } else {
            word.clone()
        }
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn each_port_is_asked_by_a_command_that_can_be_typed() {
        let table = [
            (json!({"port": 80}), "curl http://h/"),
            (json!({"port": 9000}), "curl http://h:9000/"),
            (
                json!({"port": 443, "appProtocol": "https"}),
                "curl --insecure https://h/",
            ),
            (
                json!({"port": 53, "protocol": "UDP"}),
                "timeout 5 bash -c 'exec 3<>/dev/udp/h/53; echo hello >&3; head -n 1 <&3'",
            ),
        ];
        for (port, expected) in table {
            assert_eq!(shown(&words("h", &from_value(port).unwrap())), expected);
        }
    }
}

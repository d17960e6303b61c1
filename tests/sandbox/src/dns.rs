//! The name server of the VPC and of the cluster: CoreDNS, at the VPC resolver's address.

use std::path::Path;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::data_plane;
use crate::error::Result;
use crate::files;
use crate::layout::Layout;
use crate::network::addresses::RESOLVER;
use crate::process::Detached;
use crate::tools::Tools;

/// It listens within a second, and has the cluster's Services a moment later.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Starts CoreDNS, with the load balancers' names from [`hosts`], and waits until it listens.
pub async fn start(tools: &Tools, layout: &Layout) -> Result<()> {
    let names = data_plane::names(layout);
    if !names.exists() {
        files::write(&names, "")?;
    }
    let configuration = layout.part("coredns").join("Corefile");
    files::write(&configuration, corefile(&names, &layout.kubeconfig()))?;
    let process = Detached::new("coredns", &tools.nodes()?.coredns)
        .argument("-conf")
        .argument(&configuration)
        .start(layout)?;
    let listens = async || TcpStream::connect((RESOLVER, 53)).await.is_ok();
    process.ready(READY_WITHIN, listens).await
}

/// The port of the server that knows no name.
const NOTHING: u16 = 5353;

/// Addresses are given in changing order, as AWS's name servers do: clients mostly take the first.
///
/// There are no names but the cluster's and the load balancers': every other one is answered with NXDOMAIN. A server of its own
/// does that, for CoreDNS asks its plug-in `template` before `hosts`, however they are written down.
fn corefile(hosts: &Path, kubeconfig: &Path) -> String {
    format!(
        "cluster.local in-addr.arpa {{
    bind {RESOLVER}
    kubernetes cluster.local in-addr.arpa {{
        kubeconfig {kubeconfig:?}
        ttl 1
    }}
    errors
}}
. {{
    bind {RESOLVER}
    hosts {hosts:?} {{
        ttl 1
        reload 100ms
        fallthrough
    }}
    loadbalance
    forward . {RESOLVER}:{NOTHING}
    errors
}}
.:{NOTHING} {{
    bind {RESOLVER}
    template ANY ANY {{
        rcode NXDOMAIN
    }}
    errors
}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_hosts_file_is_asked_of_the_server_that_knows_no_name() {
        let text = corefile(Path::new("/h"), Path::new("/k"));
        let servers: Vec<&str> = text.split("\n}\n").collect();
        let of_hosts = servers.iter().find(|server| server.contains("hosts \"/h\"")).unwrap();
        assert!(of_hosts.contains("forward . 10.0.0.2:5353"), "{text}");
        // It would answer before the file is looked at.
        assert!(!of_hosts.contains("template"), "{text}");
        assert!(servers.iter().any(|server| server.starts_with(".:5353 {")), "{text}");
    }

    #[test]
    fn names_of_load_balancers_come_from_the_hosts_file() {
        let text = corefile(Path::new("/state/data-plane/hosts"), Path::new("/state/kubeconfig"));
        assert!(text.contains("hosts \"/state/data-plane/hosts\" {"), "{text}");
        assert_eq!(text.matches("bind 10.0.0.2").count(), 3);
    }
}

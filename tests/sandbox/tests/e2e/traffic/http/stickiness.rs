//! `sessionAffinity`: a cookie that keeps a client with its target.

use std::collections::BTreeSet;

use elbow_sandbox::client::{Ask, Jar};
use elbow_sandbox::echo::Answer;
use serde_json::json;

use super::service;
use crate::scenario::with_installed_elbow;
use crate::traffic::affinity::set_affinity;
use crate::traffic::visitor::Visitor;
use crate::traffic::workload::Workload;
use crate::wait::until;

/// The cookie of an application load balancer (Application Load Balancer guide, "Sticky sessions").
const COOKIE: &str = "AWSALB";

/// So many requests meet one Pod of three by chance once in 10^5 times; in turn they never do.
const REQUESTS: usize = 12;

/// The Pods that answer a client who keeps its cookies, and the cookies at the end.
async fn visit(visitor: &Visitor, ask: &Ask) -> Result<(BTreeSet<String>, Jar), String> {
    let (mut pods, mut jar) = (BTreeSet::new(), Jar::default());
    for _ in 0..REQUESTS {
        let reply = visitor.reply(&jar.on(ask.clone())).await;
        let reply = reply.map_err(|failure| failure.to_string())?;
        jar.keep(&reply);
        let answer: Answer = reply.json().map_err(|_| format!("{reply:?}"))?;
        pods.insert(answer.pod);
    }
    Ok((pods, jar))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn a_cookie_keeps_a_client_with_a_pod_while_affinity_is_on() {
    with_installed_elbow("http-sticky", async |scenario| {
        Workload::http("web").replicas(3).deploy(&scenario.cluster).await;
        // A node has one Pod, so the choice is the load balancer's alone.
        let local = service(&scenario).spec("externalTrafficPolicy", json!("Local"));
        let hostname = scenario.serve(&local).await;
        let visitor = Visitor::of(&scenario.sandbox);
        let ask = visitor.request(&format!("http://{hostname}/"));
        for affinity in ["None", "ClientIP", "None", "ClientIP"] {
            set_affinity(&scenario, affinity).await;
            let is_on = affinity == "ClientIP";
            until(&format!("answers under {affinity}"), async || {
                let (pods, jar) = visit(&visitor, &ask).await?;
                let cookie = jar.get(COOKIE);
                if cookie.is_some() == is_on && (pods.len() == 1) == is_on {
                    Ok(())
                } else {
                    Err(format!("{pods:?} with the cookie {cookie:?}"))
                }
            })
            .await;
        }
        until("another Pod for a client without the cookie", async || {
            let (first, _) = visit(&visitor, &ask).await?;
            let (second, _) = visit(&visitor, &ask).await?;
            if first.is_disjoint(&second) {
                Ok(())
            } else {
                Err(format!("{first:?} and {second:?}"))
            }
        })
        .await;
    })
    .await;
}

//! A Service's hostname in the cluster itself.

use elbow_sandbox::echo::Answer;
use elbow_sandbox::http;

use super::nginx::Nginx;
use super::visitor::Visitor;
use super::workload::Workload;
use crate::scenario::with_installed_elbow;
use crate::wait::until;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn pods_resolve_the_hostname_and_are_answered_through_the_load_balancer() {
    with_installed_elbow("from-pods", async |scenario| {
        let cluster = &scenario.cluster;
        let pods = Workload::http("web").deploy(cluster).await;
        let hostname = scenario.serve(&scenario.service("web")).await;
        let visitor = Visitor::of(&scenario.sandbox);
        // nginx looks names up when it starts, and ends where there is none.
        visitor.answer(&visitor.request(&format!("http://{hostname}/"))).await;

        let configuration = format!("server {{ listen 8080; location / {{ proxy_pass http://{hostname}; }} }}");
        Nginx::new("inside", 8080, &configuration).deploy(cluster).await;
        let inside = Workload::new("inside").pods(cluster).await;
        let url = format!("http://{}:8080/asked", inside[0].address);
        let answer = until("an answer to a Pod", async || {
            let text = http::text(&url).await.ok_or_else(|| "no answer".to_owned())?;
            serde_json::from_str::<Answer>(&text).map_err(|_| text)
        })
        .await;
        assert_eq!(answer.pod, pods[0].name);
        assert_eq!(answer.host, Some(hostname));
        assert_eq!(answer.path.as_deref(), Some("/asked"));
    })
    .await;
}

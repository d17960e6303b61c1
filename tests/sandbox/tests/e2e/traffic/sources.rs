//! `loadBalancerSourceRanges`: who may connect, from a client with three addresses.

use serde_json::{Value, json};

use super::visitor::{self, Visitor};
use super::workload::Workload;
use crate::scenario::{Scenario, with_installed_elbow};

async fn set_ranges(scenario: &Scenario, ranges: Value) {
    let change = json!({ "spec": { "loadBalancerSourceRanges": ranges } });
    scenario.cluster.patch_service("web", change).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox with nodes"]
async fn only_clients_in_the_ranges_are_answered_as_these_are_widened_narrowed_and_taken_out() {
    with_installed_elbow("sources", async |scenario| {
        Workload::http("web").deploy(&scenario.cluster).await;
        let one = json!([format!("{}/32", visitor::address(0))]);
        let manifest = scenario.service("web").spec("loadBalancerSourceRanges", one.clone());
        let hostname = scenario.serve(&manifest).await;
        let visitor = Visitor::of(&scenario.sandbox);
        let [first, second, third] = [0, 1, 2].map(|number| {
            visitor
                .request(&format!("http://{hostname}/"))
                .from(visitor::address(number))
        });
        visitor.answer(&first).await;
        for denied in [&second, &third] {
            visitor.wait_dropped(denied).await;
        }

        let load = visitor.keep_asking(&first, 20).await;
        let two = json!([format!("{}/31", visitor::address(0))]);
        set_ranges(&scenario, two).await;
        visitor.answer(&second).await;
        visitor.wait_dropped(&third).await;
        set_ranges(&scenario, json!(null)).await;
        visitor.answer(&third).await;
        set_ranges(&scenario, one).await;
        visitor.wait_dropped(&second).await;
        visitor.wait_dropped(&third).await;
        let report = load.stop().await.unwrap();
        assert_eq!(report.failed, [], "who may connect all the while notices nothing");

        set_ranges(&scenario, json!(["198.51.100.0/24"])).await;
        visitor.wait_dropped(&first).await;
    })
    .await;
}

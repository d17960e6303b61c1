//! A receipt stands in the status for as long as nothing is to be done, and no longer.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::case::{Case, answer_status, ensured, invalid, said, served_as, service};
use super::{MERGE, SERVICE, STATUS};
use crate::controller::reconcile::*;
use crate::service::Receipt;

/// What stands, with nothing left to do.
fn settled(receipt: &str) -> Ensured {
    Ensured {
        writes: 0,
        receipt: Some(Receipt(receipt.to_owned())),
        ..ensured()
    }
}

const PROGRAMMED: (&str, &str) = (status::PROGRAMMED, "True");
const RECEIPT: (&str, &str) = (status::RECEIPT, "True");

fn receipt_in(patch: &Value) -> &Value {
    let conditions = patch["status"]["conditions"].as_array().unwrap();
    let mut conditions = conditions.iter();
    &conditions
        .find(|condition| condition["type"] == status::RECEIPT)
        .unwrap()["message"]
}

#[tokio::test]
async fn an_unchanged_service_hands_its_receipt_over_and_costs_no_call_to_the_api_server() {
    let case = Case::new(Ok(settled("r1")));
    for _ in 0..2 {
        case.pass(served_as(&settled("r1"))).await.unwrap().unwrap();
    }
    assert_eq!(case.asked(), ["ensure shop/web after r1", "ensure shop/web after r1"]);
    case.nothing_more().await;
}

#[tokio::test]
async fn a_receipt_comes_with_the_patch_that_says_programmed() {
    let mut case = Case::new(Ok(settled("r1")));
    let pass = case.pass(served_as(&ensured()));
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(said(&call.body), [PROGRAMMED, RECEIPT]);
    assert_eq!(*receipt_in(&call.body), json!("r1"));
    answer_status(call, served_as(&ensured()), "8");
    pass.await.unwrap().unwrap();
    assert!(case.told().is_empty());
    case.nothing_more().await;
}

#[tokio::test]
async fn a_receipt_goes_before_the_cloud_is_changed_and_the_same_pass_goes_on() {
    let mut case = Case::new(Ok(Ensured {
        writes: 1,
        ..settled("r2")
    }));
    *case.context.provider.writes.lock().unwrap() = true;
    let before = served_as(&settled("r1"));
    let pass = case.pass(before.clone());
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(case.asked(), ["ensure shop/web after r1"]);
    assert_eq!(said(&call.body), [PROGRAMMED]);
    assert_eq!(
        call.body["status"]["loadBalancer"]["ingress"][0]["hostname"],
        "lb.example"
    );
    let voided = answer_status(call, before, "8");
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(case.asked(), ["ensure shop/web after r1", "ensure shop/web"]);
    assert_eq!(*receipt_in(&call.body), json!("r2"));
    answer_status(call, voided, "9");
    pass.await.unwrap().unwrap();
    assert_eq!(case.told(), ["UpdatedLoadBalancer"]);
    case.nothing_more().await;
}

#[tokio::test]
async fn without_leave_to_withdraw_the_receipt_nothing_is_changed() {
    let mut case = Case::new(Ok(settled("r2")));
    *case.context.provider.writes.lock().unwrap() = true;
    let pass = case.pass(served_as(&settled("r1")));
    case.server
        .expect(Method::PATCH, STATUS)
        .await
        .refuse(500, "InternalError");
    pass.await.unwrap().unwrap_err();
    assert_eq!(case.asked(), ["ensure shop/web after r1"]);
    case.nothing_more().await;
}

#[tokio::test]
async fn the_announcement_of_a_change_withdraws_the_receipt() {
    let mut case = Case::new(Ok(settled("r1")));
    case.pass(served_as(&settled("r1"))).await.unwrap().unwrap();
    let mut changed = served_as(&settled("r1"));
    changed.metadata.annotations = Some([("a".to_owned(), "b".to_owned())].into());
    case.answer_next(Ok(settled("r2")));
    let pass = case.pass(changed.clone());
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(said(&call.body), [("Reconciling", "True"), PROGRAMMED]);
    let announced = answer_status(call, changed, "8");
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(case.asked()[1..], ["ensure shop/web"]);
    assert_eq!(said(&call.body), [PROGRAMMED, RECEIPT]);
    answer_status(call, announced, "9");
    pass.await.unwrap().unwrap();
    case.nothing_more().await;
}

#[tokio::test]
async fn a_failure_withdraws_the_receipt_and_is_held_all_the_same() {
    let mut case = Case::new(Err(invalid("a")));
    let pass = case.pass(served_as(&settled("r1")));
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(said(&call.body), [("Stalled", "True"), (status::PROGRAMMED, "False")]);
    let failed = answer_status(call, served_as(&settled("r1")), "8");
    let error = pass.await.unwrap().unwrap_err();
    case.context.memory.failed("u-1", error.retry());
    case.pass(failed).await.unwrap().unwrap();
    assert_eq!(case.asked(), ["ensure shop/web after r1"]);
    case.nothing_more().await;
}

#[tokio::test]
async fn a_receipt_that_another_elbow_has_given_stays() {
    let case = Case::new(Ok(settled("r1")));
    *case.context.provider.resources.lock().unwrap() = 0;
    let mut anothers = served_as(&settled("theirs"));
    anothers.spec = service(json!({"spec": {"loadBalancerClass": "another.example/nlb"}})).spec;
    case.pass(anothers).await.unwrap().unwrap();
    assert_eq!(case.asked(), ["delete shop/web"]);
    case.nothing_more().await;
}

#[tokio::test]
async fn the_receipt_goes_before_the_load_balancer_of_a_service_that_may_come_back() {
    let mut case = Case::new(Ok(settled("r1")));
    let mut going = served_as(&settled("r1"));
    going.spec = service(json!({"spec": {"type": "ClusterIP", "loadBalancerClass": null}})).spec;
    let pass = case.pass(going.clone());
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert!(case.asked().is_empty());
    assert_eq!(said(&call.body), [PROGRAMMED]);
    let voided = answer_status(call, going, "8");
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(case.asked()[0], "delete shop/web");
    assert_eq!(call.body["status"], json!({}));
    let cleared = answer_status(call, voided, "9");
    let call = case.server.expect(Method::PATCH, SERVICE).await;
    assert_eq!(call.kind, MERGE);
    call.answer(&cleared);
    pass.await.unwrap().unwrap();
    case.nothing_more().await;
}

#[tokio::test]
async fn what_waits_for_its_turn_leaves_the_status_as_it_was_announced() {
    let mut case = Case::new(Err(ProviderError::Paced {
        action: "elasticloadbalancing:CreateLoadBalancer".into(),
        wait: Duration::from_secs(3),
    }));
    let error = case.pass(served_as(&ensured())).await.unwrap().unwrap_err();
    assert!(error.is_expected());
    let wait = case.context.memory.failed("u-1", error.retry());
    assert_eq!(wait, Some(Duration::from_secs(3)));
    assert!(case.told().is_empty());
    case.nothing_more().await;
}

#[tokio::test]
async fn a_new_service_whose_targets_wait_has_its_hostname_before_it_is_programmed() {
    let second = Duration::from_secs(1);
    let pending = Ensured {
        pending: Some("targets wait for their turn".into()),
        recheck: Some(second),
        ..ensured()
    };
    let mut case = Case::new(Ok(pending));
    let new = service(json!({"metadata": {"finalizers": [finalizer::NAME]}}));
    let pass = case.pass(new.clone());
    let announced = answer_status(case.server.expect(Method::PATCH, STATUS).await, new, "7");
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(
        said(&call.body),
        [("Reconciling", "True"), (status::PROGRAMMED, "False")]
    );
    assert_eq!(
        call.body["status"]["loadBalancer"]["ingress"][0]["hostname"],
        "lb.example"
    );
    let waiting = answer_status(call, announced, "8");
    assert_eq!(pass.await.unwrap().unwrap(), Action::requeue(second));
    assert_eq!(case.told(), ["EnsuringLoadBalancer"]);

    case.answer_next(Ok(settled("r1")));
    let pass = case.pass(waiting.clone());
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(said(&call.body), [PROGRAMMED, RECEIPT]);
    answer_status(call, waiting, "9");
    pass.await.unwrap().unwrap();
    assert_eq!(case.told(), ["EnsuredLoadBalancer"]);
    case.nothing_more().await;
}

#[tokio::test]
async fn a_served_service_whose_new_targets_wait_loses_its_receipt_and_nothing_else() {
    let pending = Ensured {
        pending: Some("targets wait for their turn".into()),
        ..ensured()
    };
    let mut case = Case::new(Ok(pending));
    *case.context.provider.writes.lock().unwrap() = true;
    let before = served_as(&settled("r1"));
    let pass = case.pass(before.clone());
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(said(&call.body), [PROGRAMMED]);
    answer_status(call, before, "8");
    pass.await.unwrap().unwrap();
    assert!(case.told().is_empty());
    case.nothing_more().await;
}

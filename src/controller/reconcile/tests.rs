//! Whole passes against an API server that the test plays and a cloud that remembers what it was asked.

mod case;
mod receipts;
mod watch;

use std::time::Duration;

use http::Method;
use rstest::rstest;
use serde_json::{Value, from_value, json};

use super::*;
use crate::fence::Closed;
use crate::provider::Retry;
use case::{COMPANIONS, Case, MAY_GO, answer_status, ensured, invalid, said, served, service};

const SERVICE: &str = "/api/v1/namespaces/shop/services/web?&fieldManager=elbow";
const STATUS: &str = "/api/v1/namespaces/shop/services/web/status?&force=true&fieldManager=elbow";
const MERGE: &str = "application/merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

#[tokio::test]
async fn a_new_service_is_held_announced_ensured_and_published_in_that_order() {
    let mut case = Case::new(Ok(ensured()));
    let pass = case.pass(service(json!({})));

    let call = case.server.expect(Method::PATCH, SERVICE).await;
    assert_eq!(call.kind, MERGE);
    let metadata = json!({"uid": "u-1", "resourceVersion": "5", "finalizers": ["other", finalizer::NAME]});
    assert_eq!(call.body, json!({"metadata": metadata}));
    assert!(case.asked().is_empty());
    let held = service(json!({"metadata": {"resourceVersion": "6", "finalizers": ["other", finalizer::NAME]}}));
    call.answer(&held);

    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(call.kind, APPLY);
    assert_eq!(
        call.body["metadata"],
        json!({"name": "web", "namespace": "shop", "uid": "u-1"})
    );
    assert_eq!(
        said(&call.body),
        [("Reconciling", "True"), (status::PROGRAMMED, "False")]
    );
    assert_eq!(call.body["status"]["loadBalancer"], Value::Null);
    assert!(case.asked().is_empty());
    answer_status(call, held, "7");

    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(case.asked(), ["ensure shop/web"]);
    assert_eq!(said(&call.body), [(status::PROGRAMMED, "True")]);
    let ports = json!([{"port": 80, "protocol": "TCP"}]);
    assert_eq!(
        call.body["status"]["loadBalancer"],
        json!({"ingress": [{"hostname": "lb.example", "ports": ports}]})
    );
    answer_status(call, service(json!({})), "8");

    assert_eq!(pass.await.unwrap().unwrap(), Action::await_change());
    assert_eq!(case.told(), ["EnsuringLoadBalancer", "EnsuredLoadBalancer"]);
    case.nothing_more().await;
}

#[tokio::test]
async fn an_unchanged_service_costs_no_call_to_the_api_server() {
    let mut case = Case::new(Ok(Ensured { writes: 0, ..ensured() }));
    case.pass(served()).await.unwrap().unwrap();
    assert_eq!(case.asked(), ["ensure shop/web"]);
    assert!(case.told().is_empty());
    case.nothing_more().await;
}

#[tokio::test]
async fn a_recheck_that_the_cloud_asks_for_is_made() {
    let minute = std::time::Duration::from_secs(60);
    let case = Case::new(Ok(Ensured {
        writes: 0,
        recheck: Some(minute),
        ..ensured()
    }));
    assert_eq!(case.pass(served()).await.unwrap().unwrap(), Action::requeue(minute));
    case.nothing_more().await;
}

#[tokio::test]
async fn a_changed_service_is_announced_while_its_hostname_stays() {
    let mut case = Case::new(Ok(ensured()));
    case.pass(served()).await.unwrap().unwrap();
    let mut changed = served();
    changed.metadata.annotations = Some([("a".to_owned(), "b".to_owned())].into());
    let pass = case.pass(changed.clone());
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(
        said(&call.body),
        [("Reconciling", "True"), (status::PROGRAMMED, "True")]
    );
    assert_eq!(
        call.body["status"]["loadBalancer"]["ingress"][0]["hostname"],
        "lb.example"
    );
    answer_status(call, changed.clone(), "8");
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(said(&call.body), [(status::PROGRAMMED, "True")]);
    answer_status(call, changed, "9");
    pass.await.unwrap().unwrap();
    assert_eq!(case.told(), ["UpdatedLoadBalancer", "UpdatedLoadBalancer"]);
    case.nothing_more().await;
}

#[tokio::test]
async fn a_wrong_service_says_so_once_and_is_not_tried_again_until_it_changes() {
    let mut case = Case::new(Err(invalid("a")));
    let pass = case.pass(served());
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(said(&call.body), [("Stalled", "True"), (status::PROGRAMMED, "False")]);
    assert_eq!(
        call.body["status"]["loadBalancer"]["ingress"][0]["hostname"],
        "lb.example"
    );
    let failed = answer_status(call, served(), "8");
    let error = pass.await.unwrap().unwrap_err();
    assert_eq!((error.reason(), error.retry()), ("InvalidAnnotation", Retry::Slowly));
    case.context.memory.failed("u-1", error.retry());

    // The watch delivers our own patch; the next message would differ, and so wake the watch again.
    case.answer_next(Err(invalid("b")));
    let action = case.pass(failed.clone()).await.unwrap().unwrap();
    assert_ne!(action, Action::await_change());
    assert_eq!(case.asked(), ["ensure shop/web"]);

    let mut mended = failed;
    mended.metadata.annotations = Some([("a".to_owned(), "good".to_owned())].into());
    case.answer_next(Ok(ensured()));
    let pass = case.pass(mended.clone());
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(
        said(&call.body),
        [("Reconciling", "True"), (status::PROGRAMMED, "False")]
    );
    answer_status(call, mended.clone(), "9");
    answer_status(case.server.expect(Method::PATCH, STATUS).await, mended, "10");
    pass.await.unwrap().unwrap();
    case.nothing_more().await;
}

#[tokio::test]
async fn a_failure_that_says_the_same_again_is_not_patched_again() {
    let mut case = Case::new(Err(ProviderError::Throttled {
        action: "a".into(),
        message: "m".into(),
    }));
    let pass = case.pass(served());
    let failed = answer_status(case.server.expect(Method::PATCH, STATUS).await, served(), "8");
    pass.await.unwrap().unwrap_err();
    case.pass(failed).await.unwrap().unwrap_err();
    assert_eq!(case.asked(), ["ensure shop/web", "ensure shop/web"]);
    case.nothing_more().await;
}

#[tokio::test]
async fn a_deletion_that_waits_for_its_turn_says_nothing_and_comes_back_when_it_is_due() {
    let wait = Duration::from_secs(7);
    let mut case = Case::new(Ok(ensured()));
    *case.context.provider.delete.lock().unwrap() = Some(ProviderError::Paced {
        action: "elasticloadbalancing:DeleteLoadBalancer".into(),
        wait,
    });
    let going = service(json!({"metadata": {
        "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": [finalizer::NAME]
    }}));
    let error = case.pass(going).await.unwrap().unwrap_err();
    assert!(error.is_expected());
    for _ in 0..3 {
        assert_eq!(case.context.memory.failed("u-1", error.retry()), Some(wait));
    }
    assert_eq!(case.told(), ["DeletingLoadBalancer"]);
    case.nothing_more().await;
}

#[rstest]
#[case::another_class(json!({"spec": {"loadBalancerClass": "service.k8s.aws/nlb"}}))]
#[case::no_class(json!({"spec": {"loadBalancerClass": null}}))]
#[case::another_type(json!({"spec": {"type": "NodePort", "loadBalancerClass": null}}))]
#[case::another_class_deleted(json!({
    "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}, "spec": {"loadBalancerClass": "service.k8s.aws/nlb"}
}))]
#[tokio::test]
async fn a_foreign_service_causes_no_request_and_no_call(#[case] change: Value) {
    let mut case = Case::new(Ok(ensured()));
    case.pass(service(change)).await.unwrap().unwrap();
    assert!(case.asked().is_empty());
    assert!(case.told().is_empty());
    case.nothing_more().await;
}

#[tokio::test]
async fn a_standby_does_nothing() {
    let case = Case::new(Ok(ensured()));
    case.context.fence.revoke();
    let error = case.pass(service(json!({}))).await.unwrap().unwrap_err();
    assert_eq!((error.retry(), error.is_expected()), (Retry::Never, true));
    assert!(case.asked().is_empty());
    case.nothing_more().await;
}

#[tokio::test]
async fn a_pass_that_loses_the_lease_on_its_way_writes_no_status() {
    let case = Case::new(Err(ProviderError::Closed(Closed::NotLeader)));
    let error = case.pass(served()).await.unwrap().unwrap_err();
    assert_eq!(error.retry(), Retry::Never);
    case.nothing_more().await;
}

#[rstest]
#[case::deleted(json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}))]
#[case::another_type(json!({"spec": {"type": "ClusterIP", "loadBalancerClass": null}}))]
#[tokio::test]
async fn a_service_that_goes_is_cleared_then_released_and_its_echoes_are_ignored(#[case] change: Value) {
    let mut case = Case::new(Ok(ensured()));
    let mut going = served();
    let changed = service(change);
    going.metadata.deletion_timestamp = changed.metadata.deletion_timestamp;
    going.spec = changed.spec;
    let pass = case.pass(going.clone());

    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(case.asked(), ["delete shop/web"]);
    assert_eq!(call.body["status"], json!({}));
    let mut cleared = going.clone();
    (cleared.status, cleared.metadata.resource_version) = (None, Some("8".to_owned()));
    call.answer(&cleared);

    let call = case.server.expect(Method::PATCH, SERVICE).await;
    let metadata = json!({"uid": "u-1", "resourceVersion": "8", "finalizers": ["other"]});
    assert_eq!(call.body, json!({"metadata": metadata}));
    call.answer(&cleared);
    pass.await.unwrap().unwrap();
    assert_eq!(case.told(), ["DeletingLoadBalancer", "DeletedLoadBalancer"]);

    for echo in [going, cleared] {
        case.pass(echo).await.unwrap().unwrap();
    }
    assert_eq!(case.asked(), ["delete shop/web"]);
    case.nothing_more().await;
}

#[tokio::test]
async fn a_service_of_another_class_with_our_finalizer_is_untouched_where_it_has_nothing_from_us() {
    let mut case = Case::new(Ok(ensured()));
    *case.context.provider.resources.lock().unwrap() = 0;
    let mut anothers = served();
    anothers.spec = service(json!({"spec": {"loadBalancerClass": "service.k8s.aws/nlb"}})).spec;
    case.pass(anothers).await.unwrap().unwrap();
    assert_eq!(case.asked(), ["delete shop/web"]);
    assert!(case.told().is_empty());
    case.nothing_more().await;
}

#[tokio::test]
async fn a_service_that_changed_its_class_unseen_is_released_where_it_has_something_from_us() {
    let mut case = Case::new(Ok(ensured()));
    let mut changed = served();
    changed.spec = service(json!({"spec": {"loadBalancerClass": "service.k8s.aws/nlb"}})).spec;
    let pass = case.pass(changed.clone());
    let call = case.server.expect(Method::PATCH, STATUS).await;
    assert_eq!(call.body["status"], json!({}));
    (changed.status, changed.metadata.resource_version) = (None, Some("8".to_owned()));
    call.answer(&changed);
    let call = case.server.expect(Method::PATCH, SERVICE).await;
    assert_eq!(call.body["metadata"]["finalizers"], json!(["other"]));
    call.answer(&changed);
    pass.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_finalizer_stays_while_the_cloud_still_holds_something() {
    let mut case = Case::new(Ok(ensured()));
    *case.context.provider.delete.lock().unwrap() = Some(ProviderError::Conflict {
        action: "ec2:DeleteSecurityGroup".into(),
        message: "in use".into(),
    });
    let mut going = served();
    going.metadata.deletion_timestamp = from_value(json!("2026-01-01T00:00:00Z")).unwrap();
    for _ in 0..2 {
        let error = case.pass(going.clone()).await.unwrap().unwrap_err();
        assert!(
            error.is_expected() && matches!(error.retry(), Retry::After(_)),
            "{error}"
        );
    }
    assert_eq!(case.told(), ["DeletingLoadBalancer"]);
    case.nothing_more().await;
}

#[tokio::test]
async fn a_service_that_may_not_go_says_why_and_is_tried_again_as_soon_as_its_annotations_change() {
    let mut case = Case::new(Ok(ensured()));
    *case.context.provider.delete.lock().unwrap() = Some(invalid("protected"));
    let mut going = served();
    (going.metadata.deletion_timestamp, going.status) = (from_value(json!("2026-01-01T00:00:00Z")).unwrap(), None);
    let pass = case.pass(going.clone());
    let call = case.server.expect(Method::PATCH, STATUS).await;
    let stalled = &call.body["status"]["conditions"][0];
    assert_eq!(
        (&stalled["type"], &stalled["status"]),
        (&json!("Stalled"), &json!("True"))
    );
    assert!(stalled["message"].as_str().unwrap().contains("protected"), "{stalled}");
    going.metadata.resource_version = Some("8".to_owned());
    call.answer(&going);
    let error = pass.await.unwrap().unwrap_err();
    case.context.memory.failed("u-1", error.retry());
    let action = case.pass(going.clone()).await.unwrap().unwrap();
    assert_ne!(action, Action::await_change());
    assert_eq!(case.asked(), ["delete shop/web"]);

    going.metadata.annotations = Some([(MAY_GO.to_owned(), String::new())].into());
    let pass = case.pass(going.clone());
    case.server.expect(Method::PATCH, SERVICE).await.answer(&going);
    pass.await.unwrap().unwrap();
    assert_eq!(case.asked(), ["delete shop/web", "delete shop/web"]);
    case.nothing_more().await;
}

#[tokio::test]
async fn a_service_that_vanished_meanwhile_is_released() {
    let mut case = Case::new(Ok(ensured()));
    let mut going = served();
    going.metadata.deletion_timestamp = from_value(json!("2026-01-01T00:00:00Z")).unwrap();
    going.status = None;
    let pass = case.pass(going);
    case.server.expect(Method::PATCH, SERVICE).await.refuse(404, "NotFound");
    pass.await.unwrap().unwrap();
    case.nothing_more().await;
}

#[tokio::test]
async fn a_service_that_changed_since_it_was_read_is_left_alone_and_tried_again() {
    let mut case = Case::new(Ok(ensured()));
    let pass = case.pass(service(json!({})));
    case.server.expect(Method::PATCH, SERVICE).await.refuse(409, "Conflict");
    let error = pass.await.unwrap().unwrap_err();
    assert!(
        error.is_expected() && matches!(error.retry(), Retry::After(_)),
        "{error}"
    );
    assert!(case.asked().is_empty());
    case.nothing_more().await;
}

#[tokio::test]
async fn what_the_watch_delivers_late_is_not_acted_upon() {
    let mut case = Case::new(Ok(ensured()));
    let pass = case.pass(service(json!({})));
    let held = service(json!({"metadata": {"resourceVersion": "6", "finalizers": [finalizer::NAME]}}));
    case.server.expect(Method::PATCH, SERVICE).await.answer(&held);
    answer_status(case.server.expect(Method::PATCH, STATUS).await, held.clone(), "7");
    answer_status(case.server.expect(Method::PATCH, STATUS).await, held.clone(), "8");
    pass.await.unwrap().unwrap();
    case.pass(held).await.unwrap().unwrap();
    assert_eq!(case.asked(), ["ensure shop/web"]);
    assert_eq!(case.told(), ["EnsuringLoadBalancer", "EnsuredLoadBalancer"]);
    case.nothing_more().await;
}

#[tokio::test]
async fn a_service_is_ensured_with_its_companions_as_the_watch_delivers_them() {
    let mut case = Case::new(Ok(Ensured { writes: 0, ..ensured() }));
    let other = |namespace: &str, name: &str, port: u16| {
        let metadata = json!({"namespace": namespace, "name": name, "uid": name});
        service(json!({"metadata": metadata, "spec": {"type": "NodePort", "ports": [{"port": port}]}}))
    };
    let mut web = served();
    web.metadata.annotations = Some([(COMPANIONS.to_owned(), "api,web,missing".to_owned())].into());
    for object in [web.clone(), other("shop", "api", 8080), other("farm", "missing", 1)] {
        case.deliver(object);
    }
    case.pass(web.clone()).await.unwrap().unwrap();

    case.deliver(other("shop", "api", 9090));
    let pass = case.pass(web.clone());
    answer_status(case.server.expect(Method::PATCH, STATUS).await, web.clone(), "8");
    answer_status(case.server.expect(Method::PATCH, STATUS).await, web, "9");
    pass.await.unwrap().unwrap();
    assert_eq!(
        case.asked(),
        ["ensure shop/web with api [8080]", "ensure shop/web with api [9090]"]
    );
    case.nothing_more().await;
}

#[tokio::test]
async fn a_warning_is_told_once() {
    let warning = crate::provider::Warning {
        reason: "UnAvailableLoadBalancer",
        message: "no targets".into(),
    };
    let mut case = Case::new(Ok(Ensured {
        writes: 0,
        warnings: vec![warning],
        ..ensured()
    }));
    let pass = case.pass(served());
    let warned = answer_status(case.server.expect(Method::PATCH, STATUS).await, served(), "8");
    pass.await.unwrap().unwrap();
    case.pass(warned).await.unwrap().unwrap();
    assert_eq!(case.told(), ["UnAvailableLoadBalancer"]);
    case.nothing_more().await;
}

//! TLS listeners and their certificates.

use rstest::rstest;

use super::fixture::{build, operations, port, run_and_settle, settled, stack, tcp};
use crate::aws::observed::Observed;
use crate::aws::plan::{Replaced, plan};
use crate::aws::stack::{ListenerProtocol, Scheme, Stack};

fn tls(certificates: &[&'static str]) -> Stack {
    let mut ports = tcp(&[80]);
    ports[0].protocol = ListenerProtocol::Tls;
    ports[0].certificates = certificates.to_vec();
    build("lb", Scheme::Internal, &ports, &["i-1", "i-2"])
}

#[rstest]
#[case::one_more(&["a"], &["a", "b"], "AddListenerCertificates")]
#[case::one_less(&["a", "b"], &["a"], "RemoveListenerCertificates")]
#[case::their_order_does_not_matter(&["a", "b", "c"], &["a", "c", "b"], "")]
#[case::another_default(&["a"], &["b"], "ModifyListener")]
#[case::the_default_goes_second(&["a", "b"], &["b", "a"],
    "AddListenerCertificates > ModifyListener")]
#[case::all_others(&["a", "b"], &["c", "d"],
    "AddListenerCertificates > ModifyListener > RemoveListenerCertificates")]
fn certificates_are_added_before_any_goes(
    #[case] before: &[&'static str],
    #[case] after: &[&'static str],
    #[case] expected: &str,
) {
    let (wanted, observed) = (tls(after), settled(&tls(before)));
    assert_eq!(operations(&plan(&wanted, &observed, Replaced::Keep)), expected);
    let observed = run_and_settle(&wanted, &observed, Replaced::Keep);
    let listener = observed.load_balancers[0].listeners[0].spec.as_ref().unwrap();
    let default = listener.certificates.first().map(|c| c.as_str().to_owned());
    assert_eq!(default.as_deref(), after.first().copied());
}

#[test]
fn a_new_listener_gets_its_further_certificates_after_it_exists() {
    let calls = operations(&plan(&tls(&["a", "b"]), &Observed::default(), Replaced::Keep));
    assert!(
        calls.ends_with(" > CreateListener > AddListenerCertificates"),
        "{calls}"
    );
}

#[rstest]
#[case::to_tls(stack(&[80]), tls(&["a", "b"]), "ModifyListener > AddListenerCertificates")]
#[case::from_tls(tls(&["a", "b"]), stack(&[80]), "ModifyListener")]
fn a_listener_is_changed_in_place(#[case] before: Stack, #[case] after: Stack, #[case] expected: &str) {
    let observed = settled(&before);
    assert_eq!(operations(&plan(&after, &observed, Replaced::Keep)), expected);
    run_and_settle(&after, &observed, Replaced::Keep);
}

#[test]
fn another_policy_modifies_the_listener_and_no_policy_leaves_it() {
    let mut wanted = tls(&["a"]);
    let observed = settled(&wanted);
    let listener = wanted.listeners.get_mut(&port(80)).unwrap();
    listener.ssl_policy = None;
    assert!(plan(&wanted, &observed, Replaced::Keep).is_empty());
    let listener = wanted.listeners.get_mut(&port(80)).unwrap();
    listener.ssl_policy = Some("ELBSecurityPolicy-TLS13-1-2-2021-06".into());
    assert_eq!(operations(&plan(&wanted, &observed, Replaced::Keep)), "ModifyListener");
    run_and_settle(&wanted, &observed, Replaced::Keep);
}

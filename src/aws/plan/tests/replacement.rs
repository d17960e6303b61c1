//! Changes that need another load balancer.

use super::fixture::{build, operations, port, run_and_settle, settled, tcp};
use crate::aws::observed::{Observed, ObservedListener};
use crate::aws::plan::{Replaced, plan};
use crate::aws::stack::{Scheme, Stack};

fn stack(name: &str, scheme: Scheme) -> Stack {
    build(name, scheme, &tcp(&[80]), &["i-1"])
}

fn flipped() -> (Stack, Observed) {
    let observed = settled(&stack("old", Scheme::Internal));
    (stack("new", Scheme::InternetFacing), observed)
}

#[test]
fn the_new_one_is_made_beside_the_old_one_which_stays_at_first() {
    let (wanted, observed) = flipped();
    let calls = operations(&plan(&wanted, &observed, Replaced::Keep));
    let expected = "CreateTargetGroup > CreateLoadBalancer + RegisterTargets > CreateListener";
    assert_eq!(calls, expected);
    let after = run_and_settle(&wanted, &observed, Replaced::Keep);
    assert_eq!(after.load_balancers[0], observed.load_balancers[0]);
    assert_eq!(after.target_groups[0], observed.target_groups[0]);
}

#[test]
fn the_old_one_goes_with_its_target_groups_in_the_end() {
    let (wanted, observed) = flipped();
    let both = run_and_settle(&wanted, &observed, Replaced::Keep);
    let calls = operations(&plan(&wanted, &both, Replaced::Remove));
    assert_eq!(calls, "DeleteLoadBalancer > DeleteTargetGroup");
    let after = run_and_settle(&wanted, &both, Replaced::Remove);
    assert_eq!((after.load_balancers.len(), after.target_groups.len()), (1, 1));
}

#[test]
fn a_fixed_name_with_another_scheme_is_deleted_before_it_is_made_again() {
    let observed = settled(&stack("fixed", Scheme::Internal));
    let wanted = stack("fixed", Scheme::InternetFacing);
    let calls = operations(&plan(&wanted, &observed, Replaced::Keep));
    assert_eq!(calls, "DeleteLoadBalancer > CreateLoadBalancer > CreateListener");
    run_and_settle(&wanted, &observed, Replaced::Keep);
}

#[test]
fn a_fixed_name_frees_its_target_groups_before_they_are_made_anew() {
    let mut observed = settled(&stack("fixed", Scheme::Internal));
    observed.target_groups[0].spec.protocol = crate::aws::stack::TargetProtocol::Udp;
    let wanted = stack("fixed", Scheme::InternetFacing);
    let calls = operations(&plan(&wanted, &observed, Replaced::Keep));
    let expected = "DeleteLoadBalancer > DeleteTargetGroup > CreateTargetGroup > \
                    CreateLoadBalancer + RegisterTargets > CreateListener";
    assert_eq!(calls, expected);
    run_and_settle(&wanted, &observed, Replaced::Keep);
}

#[test]
fn nodes_that_come_during_a_replacement_join_the_new_one_only() {
    let (_, observed) = flipped();
    let wanted = build("new", Scheme::InternetFacing, &tcp(&[80]), &["i-1", "i-2"]);
    let after = run_and_settle(&wanted, &observed, Replaced::Keep);
    assert_eq!(after.target_groups[0], observed.target_groups[0]);
}

#[test]
fn an_unknown_listener_of_the_old_one_protects_all_target_groups_until_it_goes() {
    let (wanted, mut observed) = flipped();
    observed.load_balancers[0].listeners.push(ObservedListener {
        arn: crate::aws::ids::ListenerArn::new("arn:listener/weighted"),
        spec: None,
        port: port(9000),
    });
    observed.load_balancers[0].listeners.remove(0);
    let after = run_and_settle(&wanted, &observed, Replaced::Keep);
    assert_eq!(after.target_groups.len(), 2);
    let after = run_and_settle(&wanted, &after, Replaced::Remove);
    assert_eq!(after.target_groups.len(), 1);
}

#[test]
fn a_frontend_group_that_the_old_one_uses_stays_as_long_as_it() {
    let (mut wanted, observed) = flipped();
    wanted.frontend_group = None;
    wanted.load_balancer.security_groups = [super::fixture::user_group("mine")].into();
    let after = run_and_settle(&wanted, &observed, Replaced::Keep);
    assert_eq!(after.security_groups, observed.security_groups);
    let after = run_and_settle(&wanted, &after, Replaced::Remove);
    assert!(after.security_groups.is_empty());
}

#[test]
fn a_target_group_that_cannot_become_ours_goes_first_with_the_listener_that_uses_it() {
    let wanted = stack("lb", Scheme::Internal);
    let mut observed = settled(&wanted);
    observed.target_groups[0].spec.protocol = crate::aws::stack::TargetProtocol::Udp;
    let calls = operations(&plan(&wanted, &observed, Replaced::Keep));
    let expected = "DeleteListener > DeleteTargetGroup > CreateTargetGroup > RegisterTargets > CreateListener";
    assert_eq!(calls, expected);
    run_and_settle(&wanted, &observed, Replaced::Keep);
}

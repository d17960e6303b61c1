use std::sync::Arc;

use super::*;
use crate::provider::{Occasion, ProviderError};

const READ: &str = "wafv2:GetWebACLForResource";
const WRITE: &str = "wafv2:AssociateWebACL";

fn service(name: &str) -> Keeper {
    Keeper::Service(name.to_owned())
}

#[tokio::test(start_paused = true)]
async fn reads_wait_where_they_are_until_their_turn() {
    let pace = Pace::new(Rates::default());
    let start = Instant::now();
    for expected in [0, 1, 2] {
        pace.admit(READ).await;
        assert_eq!(start.elapsed().as_secs(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_read_leaves_no_place_behind() {
    let pace = Pace::new(Rates::default());
    pace.admit(READ).await;
    let cancelled = tokio::time::timeout(Duration::from_millis(10), pace.admit(READ)).await;
    assert!(cancelled.is_err());
    assert_eq!(pace.figures()[0].waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_change_is_read_before_the_audit_that_waited_first() {
    let pace = Arc::new(Pace::new(Rates::default()));
    pace.admit(READ).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let read = |priority: Priority| {
        let (pace, order) = (pace.clone(), order.clone());
        scoped(priority, async move {
            pace.admit(READ).await;
            order.lock().unwrap().push(priority);
        })
    };
    tokio::join!(
        read(Priority::Audit),
        read(Priority::Upkeep),
        scoped(Occasion::Upkeep, read(Priority::Change)),
    );
    assert_eq!(
        *order.lock().unwrap(),
        [Priority::Change, Priority::Upkeep, Priority::Audit]
    );
}

#[tokio::test(start_paused = true)]
async fn a_write_does_not_wait_but_keeps_its_place() {
    let pace = Pace::new(Rates::default());
    let (first, second, keeper) = (service("first"), service("second"), service("third"));
    Turns::new(&pace, &first).take(WRITE).unwrap();
    let held = Turns::new(&pace, &second).take(WRITE).unwrap_err();
    assert_eq!((held.action, held.wait, held.ahead), (WRITE, Duration::from_secs(2), 0));
    let error = ProviderError::from(held);
    assert_eq!(error.to_string(), "wafv2:AssociateWebACL waits its turn");
    let behind = Turns::new(&pace, &keeper).take(WRITE).unwrap_err();
    assert_eq!(
        behind.describe(),
        "waiting for AWS's rate of AssociateWebACL: 1 call is before it"
    );
    tokio::time::advance(held.wait).await;
    assert!(Turns::new(&pace, &keeper).take(WRITE).is_err());
    assert!(Turns::new(&pace, &second).take(WRITE).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_keeper_that_is_finished_keeps_nobody_waiting() {
    let pace = Pace::new(Rates::default());
    let (gone, stays) = (service("gone"), service("stays"));
    assert!(Turns::new(&pace, &gone).take(WRITE).is_ok());
    assert!(Turns::new(&pace, &gone).take(WRITE).is_err());
    assert_eq!(Turns::new(&pace, &stays).take(WRITE).unwrap_err().ahead, 1);
    pace.finished(&gone);
    assert_eq!(Turns::new(&pace, &stays).take(WRITE).unwrap_err().ahead, 0);
}

#[tokio::test(start_paused = true)]
async fn one_that_began_earlier_goes_first_in_every_class() {
    let pace = Pace::new(Rates::default());
    let (old, new, other) = (service("old"), service("new"), service("other"));
    Turns::new(&pace, &old).take("ec2:CreateSecurityGroup").unwrap();
    Turns::new(&pace, &other).take(WRITE).unwrap();
    assert!(Turns::new(&pace, &new).take(WRITE).is_err());
    assert_eq!(Turns::new(&pace, &old).take(WRITE).unwrap_err().ahead, 0);
    assert_eq!(Turns::new(&pace, &new).take(WRITE).unwrap_err().ahead, 1);
}

#[tokio::test(start_paused = true)]
async fn without_limits_nothing_waits_and_throttles_change_nothing() {
    let pace = Pace::new(Rates::Unlimited);
    for _ in 0..100 {
        pace.admit(READ).await;
        pace.throttled(READ, Instant::now());
        Turns::new(&pace, &service("web")).take(WRITE).unwrap();
    }
    assert_eq!(pace.figures(), []);
}

#[tokio::test(start_paused = true)]
async fn the_figures_tell_what_waits_and_how_fast_a_class_is() {
    let pace = Pace::new(Rates::default());
    let class = "elasticloadbalancing:RegisterTargets";
    pace.spend(class, 19);
    Turns::new(&pace, &service("a")).take(class).unwrap();
    Turns::new(&pace, &service("b")).take(class).unwrap_err();
    let sent = Instant::now();
    tokio::time::advance(Duration::from_millis(10)).await;
    pace.throttled(class, sent);
    let figures = pace.figures();
    assert_eq!(
        (figures[0].class, figures[0].waiting, figures[0].throttled),
        ("elbv2-registration", 1, 1)
    );
    assert!((1.9..2.1).contains(&figures[0].per_second));
    assert_eq!(figures[0].tokens, 0.0);
}

//! What becomes of each owner, whatever AWS and the API server answer.

use std::collections::VecDeque;
use std::sync::Mutex;

use rstest::rstest;

use super::*;
use crate::aws::preview::changes::Kind;
use crate::aws::provider::Resource;
use crate::cli::gc::report::Outcome;

const MINUTE: Duration = Duration::from_secs(60);

/// Hands that answer what the test has laid out, and remember what they did.
#[derive(Default)]
struct Fake {
    alive: Vec<&'static str>,
    served: bool,
    answers: Mutex<Vec<(&'static str, VecDeque<ProviderError>)>>,
    done: Mutex<Vec<String>>,
}

impl Fake {
    fn answering(self, name: &'static str, errors: impl IntoIterator<Item = ProviderError>) -> Self {
        self.answers.lock().unwrap().push((name, errors.into_iter().collect()));
        self
    }

    fn act(&self, name: &str) -> Result<Deleted, ProviderError> {
        self.done.lock().unwrap().push(name.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let laid_out = answers.iter_mut().find(|(of, _)| *of == name);
        match laid_out.and_then(|(_, errors)| errors.pop_front()) {
            Some(error) => Err(error),
            None => Ok(Deleted { resources: 3 }),
        }
    }

    fn done(&self) -> Vec<String> {
        self.done.lock().unwrap().clone()
    }
}

impl Hands for Fake {
    async fn cause(&self, owner: &Owner) -> Result<Option<Cause>, CallError> {
        let alive = self.alive.contains(&owner.name.as_str());
        Ok((!alive).then_some(Cause::ServiceGone))
    }

    async fn delete(&self, owner: &Owner) -> Result<Deleted, ProviderError> {
        self.act(&owner.name)
    }

    async fn is_any_served(&self) -> Result<bool, CallError> {
        Ok(self.served)
    }

    async fn delete_shared(&self) -> Result<Deleted, ProviderError> {
        self.act("shared")
    }
}

fn found(names: &[&str]) -> Report {
    let resource = |kind| Resource {
        kind,
        name: "k8s-shop".to_owned(),
        id: "arn".to_owned(),
        protected: false,
        rules: Vec::new(),
    };
    let orphan = |name: &&str| Orphan {
        owner: Owner {
            namespace: "shop".to_owned(),
            name: (*name).to_owned(),
            uid: format!("uid-{name}"),
        },
        reason: Cause::ServiceGone,
        resources: vec![resource(Kind::LoadBalancer)],
        fate: Fate::Found,
        error: None,
    };
    Report {
        cluster: "prod".to_owned(),
        vpc: "vpc-1".to_owned(),
        outcome: Outcome::Orphans,
        living: 1,
        orphans: names.iter().map(orphan).collect(),
        shared: Shared {
            resources: vec![resource(Kind::BackendSecurityGroup)],
            ..Shared::default()
        },
    }
}

fn conflict() -> ProviderError {
    ProviderError::Conflict {
        action: "ec2:DeleteSecurityGroup".to_owned(),
        message: "in use".to_owned(),
    }
}

fn protected() -> ProviderError {
    ProviderError::Invalid {
        reason: DELETION_PROTECTED,
        message: "set the annotation".to_owned(),
    }
}

fn denied() -> ProviderError {
    ProviderError::Denied {
        action: "elasticloadbalancing:DeleteLoadBalancer".to_owned(),
        message: "no".to_owned(),
    }
}

async fn run(hands: &Fake, report: &mut Report) -> Vec<String> {
    let mut told = Vec::new();
    delete(hands, report, 20 * MINUTE, |line| told.push(line)).await;
    told
}

fn fates(report: &Report) -> Vec<Fate> {
    let orphans = report.orphans.iter().map(|orphan| orphan.fate);
    orphans.chain([report.shared.fate]).collect()
}

#[tokio::test(start_paused = true)]
async fn owners_go_one_after_the_other_and_what_they_shared_last() {
    let (hands, mut report) = (Fake::default(), found(&["a", "b"]));
    let told = run(&hands, &mut report).await;
    assert_eq!(hands.done(), ["a", "b", "shared"]);
    assert_eq!(
        told,
        ["shop/a: deleted", "shop/b: deleted", "what Services share: deleted"]
    );
    assert_eq!(fates(&report), [Fate::Deleted; 3]);
    assert_eq!(report.outcome, Outcome::Clean);
}

#[tokio::test(start_paused = true)]
async fn what_aws_still_uses_is_tried_again_and_holds_up_nobody() {
    let hands = Fake::default().answering("a", [conflict(), conflict()]);
    let mut report = found(&["a", "b"]);
    run(&hands, &mut report).await;
    assert_eq!(hands.done(), ["a", "b", "a", "a", "shared"]);
    assert_eq!(report.outcome, Outcome::Clean);
}

#[rstest]
#[case::protected(protected(), "switch that off in AWS")]
#[case::denied(denied(), "was denied")]
#[tokio::test(start_paused = true)]
async fn what_only_a_person_can_help_fails_at_once_and_stops_no_other(
    #[case] error: ProviderError,
    #[case] said: &str,
) {
    let hands = Fake::default().answering("a", [error]);
    let mut report = found(&["a", "b"]);
    run(&hands, &mut report).await;
    assert_eq!(hands.done(), ["a", "b", "shared"]);
    assert_eq!(fates(&report), [Fate::Failed, Fate::Deleted, Fate::Deleted]);
    let error = report.orphans[0].error.clone().unwrap();
    assert!(error.contains(said), "{error}");
    assert_eq!(report.outcome, Outcome::Error);
}

#[tokio::test(start_paused = true)]
async fn at_the_end_of_its_time_it_gives_up_and_says_on_what() {
    let hands = Fake::default().answering("a", std::iter::repeat_n(conflict(), 10_000));
    let mut report = found(&["a"]);
    let started = Instant::now();
    run(&hands, &mut report).await;
    assert!(started.elapsed() <= 20 * MINUTE);
    assert!(!hands.done().contains(&"shared".to_owned()));
    assert_eq!(fates(&report), [Fate::Failed, Fate::Found]);
    assert!(report.orphans[0].error.as_ref().unwrap().contains("in use"));
    assert_eq!(report.outcome, Outcome::Error);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_there_after_all_is_left_alone_and_so_is_what_it_may_share() {
    let hands = Fake {
        alive: vec!["a"],
        served: true,
        ..Fake::default()
    };
    let mut report = found(&["a", "b"]);
    run(&hands, &mut report).await;
    assert_eq!(hands.done(), ["b"]);
    assert_eq!(fates(&report), [Fate::Needed, Fate::Deleted, Fate::Needed]);
    assert_eq!(report.outcome, Outcome::Clean);
}

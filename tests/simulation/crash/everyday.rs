//! The nine things that happen to every Service some day, each with everything that can go wrong at each call.

use elbow::aws::stack::LoadBalancerKind;
use elbow::service::{Port, Service, TrafficPolicy};
use rstest::rstest;

use super::fault_kinds::faults_of;
use super::{Action, Sequence};
use crate::seed::is_long;
use crate::world::{alb, annotate, service};

/// Of application load balancers, one fault in so many is tried at each call, another one at the next; all in the long form.
const SAMPLE: usize = 7;

/// What happens to a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Create,
    PortAddedAndRemoved,
    SchemeFlip,
    PolicyFlip,
    OwnGroupsOnAndOff,
    NodeJoinsAndLeaves,
    TypeFlip,
    Delete,
    DeleteAndRecreate,
}

pub(super) const EVENTS: [Event; 9] = [
    Event::Create,
    Event::PortAddedAndRemoved,
    Event::SchemeFlip,
    Event::PolicyFlip,
    Event::OwnGroupsOnAndOff,
    Event::NodeJoinsAndLeaves,
    Event::TypeFlip,
    Event::Delete,
    Event::DeleteAndRecreate,
];

/// A Service with these ports, each with its nodePort.
fn web(kind: LoadBalancerKind, ports: &[(u16, u16)]) -> Service {
    let web = service("web", ports);
    match kind {
        LoadBalancerKind::Network => web,
        LoadBalancerKind::Application => alb(web),
    }
}

fn successor(mut web: Service) -> Service {
    web.owner.uid.push_str("-2");
    web
}

fn local(mut web: Service) -> Service {
    web.traffic_policy = TrafficPolicy::Local;
    web.health_check_node_port = Port::new(32000);
    web
}

fn with(mut web: Service, key: &str, value: &str) -> Service {
    annotate(&mut web, key, value);
    web
}

impl Event {
    pub(super) fn sequence(self, kind: LoadBalancerKind) -> Sequence {
        let one = || web(kind, &[(80, 30080)]);
        let two = || web(kind, &[(80, 30080), (443, 30443)]);
        let (before, actions) = match self {
            Self::Create => (vec![], vec![Action::Serve(two())]),
            Self::PortAddedAndRemoved => (vec![one()], vec![Action::Serve(two()), Action::Serve(one())]),
            Self::SchemeFlip => {
                let facing = with(one(), "scheme", "internet-facing");
                (vec![one()], vec![Action::Serve(facing)])
            }
            Self::PolicyFlip => (vec![one()], vec![Action::Serve(local(one()))]),
            Self::OwnGroupsOnAndOff => {
                let own = with(one(), "security-groups", "sg-0f0f0f0f0f0f0f0f0");
                (vec![one()], vec![Action::Serve(own), Action::Serve(one())])
            }
            Self::NodeJoinsAndLeaves => (
                vec![one()],
                vec![Action::Follow(1..=4, one()), Action::Follow(2..=4, one())],
            ),
            Self::TypeFlip => (vec![one()], vec![Action::Remove(one()), Action::Serve(one())]),
            Self::Delete => (vec![two()], vec![Action::Remove(two())]),
            Self::DeleteAndRecreate => {
                let actions = vec![Action::Remove(one()), Action::Serve(successor(one()))];
                (vec![one()], actions)
            }
        };
        Sequence::new(before, actions)
    }
}

/// A test for each event and each kind of load balancer.
macro_rules! for_each_event {
    (async fn $name:ident($event:ident, $kind:ident) $body:block) => {
        #[rstest]
        #[tokio::test(start_paused = true)]
        async fn $name(
            #[values(
                Event::Create,
                Event::PortAddedAndRemoved,
                Event::SchemeFlip,
                Event::PolicyFlip,
                Event::OwnGroupsOnAndOff,
                Event::NodeJoinsAndLeaves,
                Event::TypeFlip,
                Event::Delete,
                Event::DeleteAndRecreate
            )]
            $event: Event,
            #[values(LoadBalancerKind::Network, LoadBalancerKind::Application)] $kind: LoadBalancerKind,
        ) $body
    };
}
pub(super) use for_each_event;

for_each_event! {
    async fn every_fault_at_every_call_ends_as_if_nothing_had_happened(event, kind) {
        let sequence = event.sequence(kind);
        let clean = sequence.clean().await;
        let mut runs = 0;
        for (call, action) in clean.calls.iter().enumerate() {
            let all = faults_of(action);
            // What is the same for both kinds is looked at once.
            let sampled = kind == LoadBalancerKind::Application && !is_long();
            let step = if sampled { SAMPLE } else { 1 };
            for fault in all.into_iter().skip(call % step).step_by(step) {
                let misleads = fault.misleads();
                sequence.holds_with(&[(call, fault)], &clean, misleads).await;
                runs += 1;
            }
        }
        println!("{runs} runs, {} calls", clean.calls.len());
    }
}

//! The status of a Pod with one container, as a kubelet writes it.

use k8s_openapi::api::core::v1::{
    ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus, HostIP,
    Pod, PodCondition, PodIP, PodStatus,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;

use super::environment::Addresses;

/// Where the container stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not running, and why: `ContainerCreating`, `CrashLoopBackOff`, `CreateContainerConfigError`.
    Waiting {
        /// One word.
        reason: &'static str,
        /// A sentence.
        message: String,
    },
    /// Running since then.
    Running(Timestamp),
}

/// A run that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The exit code; 128 and more: ended by signal number code - 128.
    pub exit_code: i32,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
}

/// What is known about the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Where it stands.
    pub state: State,
    /// The run before.
    pub last: Option<Ended>,
    /// How often it was started again.
    pub restarts: i32,
    /// Whether the startup probe has succeeded, or there is none.
    pub started: bool,
    /// Whether the readiness probe says so; without one, whether it runs.
    pub ready: bool,
}

/// Builds the status of `pod`; `before` is the one that it replaces, from which unchanged conditions keep their time.
#[must_use]
pub fn pod_status(
    pod: &Pod,
    addresses: Addresses,
    progress: &Progress,
    before: &PodStatus,
    now: Timestamp,
) -> PodStatus {
    let phase = if before.phase.as_deref() == Some("Running") || matches!(progress.state, State::Running(_)) {
        "Running"
    } else {
        "Pending"
    };
    let (pod_ip, host_ip) = (addresses.pod.to_string(), addresses.host.to_string());
    PodStatus {
        phase: Some(phase.to_owned()),
        conditions: Some(conditions(progress, before, now)),
        container_statuses: Some(vec![container_status(pod, progress)]),
        host_ips: Some(vec![HostIP { ip: host_ip.clone() }]),
        host_ip: Some(host_ip),
        pod_ips: Some(vec![PodIP { ip: pod_ip.clone() }]),
        pod_ip: Some(pod_ip),
        start_time: before.start_time.clone().or(Some(Time(now))),
        ..PodStatus::default()
    }
}

fn conditions(progress: &Progress, before: &PodStatus, now: Timestamp) -> Vec<PodCondition> {
    let unready = (!progress.ready).then_some("ContainersNotReady");
    let wanted = [
        ("PodScheduled", true, None),
        ("PodReadyToStartContainers", true, None),
        ("Initialized", true, None),
        ("ContainersReady", progress.ready, unready),
        ("Ready", progress.ready, unready),
    ];
    wanted
        .into_iter()
        .map(|(kind, holds, reason)| condition(kind, holds, reason, before, now))
        .collect()
}

fn condition(kind: &str, holds: bool, reason: Option<&str>, before: &PodStatus, now: Timestamp) -> PodCondition {
    let status = if holds { "True" } else { "False" };
    let mut known = before.conditions.iter().flatten();
    let unchanged = known.find(|condition| condition.type_ == kind && condition.status == status);
    PodCondition {
        type_: kind.to_owned(),
        status: status.to_owned(),
        reason: reason.map(str::to_owned),
        last_transition_time: unchanged
            .and_then(|before| before.last_transition_time.clone())
            .or(Some(Time(now))),
        ..PodCondition::default()
    }
}

fn container_status(pod: &Pod, progress: &Progress) -> ContainerStatus {
    let container = pod.spec.as_ref().and_then(|spec| spec.containers.first());
    ContainerStatus {
        name: container.map(|container| container.name.clone()).unwrap_or_default(),
        image: container
            .and_then(|container| container.image.clone())
            .unwrap_or_default(),
        ready: progress.ready,
        started: Some(progress.started),
        restart_count: progress.restarts,
        state: Some(container_state(&progress.state)),
        last_state: progress.last.as_ref().map(ended_state),
        ..ContainerStatus::default()
    }
}

fn container_state(state: &State) -> ContainerState {
    match state {
        State::Waiting { reason, message } => ContainerState {
            waiting: Some(ContainerStateWaiting {
                reason: Some((*reason).to_owned()),
                message: Some(message.clone()),
            }),
            ..ContainerState::default()
        },
        State::Running(since) => ContainerState {
            running: Some(ContainerStateRunning {
                started_at: Some(Time(*since)),
            }),
            ..ContainerState::default()
        },
    }
}

fn ended_state(ended: &Ended) -> ContainerState {
    let terminated = ContainerStateTerminated {
        exit_code: ended.exit_code,
        reason: Some(if ended.exit_code == 0 { "Completed" } else { "Error" }.to_owned()),
        started_at: Some(Time(ended.started)),
        finished_at: Some(Time(ended.finished)),
        ..ContainerStateTerminated::default()
    };
    ContainerState {
        terminated: Some(terminated),
        ..ContainerState::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    const ADDRESSES: Addresses = Addresses {
        pod: IpAddr::V4(Ipv4Addr::new(127, 77, 0, 2)),
        host: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 4)),
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn build(progress: &Progress, before: &PodStatus, now: i64) -> PodStatus {
        let pod = serde_json::json!({"spec": {"containers": [{"name": "elbow", "image": "i"}]}});
        pod_status(
            &serde_json::from_value(pod).unwrap(),
            ADDRESSES,
            progress,
            before,
            at(now),
        )
    }

    fn running(ready: bool) -> Progress {
        Progress {
            state: State::Running(at(5)),
            last: None,
            restarts: 0,
            started: true,
            ready,
        }
    }

    fn creating() -> Progress {
        let state = State::Waiting {
            reason: "ContainerCreating",
            message: String::new(),
        };
        Progress {
            state,
            started: false,
            ..running(false)
        }
    }

    fn condition_of<'a>(status: &'a PodStatus, kind: &str) -> (&'a str, i64) {
        let condition = status
            .conditions
            .iter()
            .flatten()
            .find(|condition| condition.type_ == kind)
            .unwrap();
        (
            &condition.status,
            condition.last_transition_time.as_ref().unwrap().0.as_second(),
        )
    }

    #[test]
    fn a_pod_is_pending_then_running_then_ready() {
        let pending = build(&creating(), &PodStatus::default(), 1);
        assert_eq!(pending.phase.as_deref(), Some("Pending"));
        assert_eq!(
            (pending.pod_ip.as_deref(), pending.host_ip.as_deref()),
            (Some("127.77.0.2"), Some("10.0.0.4"))
        );
        assert_eq!(condition_of(&pending, "Ready"), ("False", 1));

        let unready = build(&running(false), &pending, 6);
        assert_eq!(unready.phase.as_deref(), Some("Running"));
        assert_eq!(condition_of(&unready, "Ready"), ("False", 1));

        let ready = build(&running(true), &unready, 7);
        assert_eq!(condition_of(&ready, "Ready"), ("True", 7));
        assert_eq!(condition_of(&ready, "Initialized"), ("True", 1));
        assert_eq!(ready.start_time, pending.start_time);
        assert!(ready.container_statuses.unwrap()[0].ready);
    }

    #[test]
    fn a_crashed_container_keeps_its_pod_running_and_tells_its_last_run() {
        let before = build(&running(true), &PodStatus::default(), 6);
        let crashed = Progress {
            state: State::Waiting {
                reason: "CrashLoopBackOff",
                message: "in 1 s".to_owned(),
            },
            last: Some(Ended {
                exit_code: 137,
                started: at(5),
                finished: at(8),
            }),
            restarts: 2,
            ..running(false)
        };
        let status = build(&crashed, &before, 8);
        assert_eq!(status.phase.as_deref(), Some("Running"));
        assert_eq!(condition_of(&status, "ContainersReady"), ("False", 8));
        let container = &status.container_statuses.unwrap()[0];
        assert_eq!(container.restart_count, 2);
        assert_eq!(
            container
                .state
                .as_ref()
                .unwrap()
                .waiting
                .as_ref()
                .unwrap()
                .reason
                .as_deref(),
            Some("CrashLoopBackOff")
        );
        let last = container.last_state.as_ref().unwrap().terminated.as_ref().unwrap();
        assert_eq!((last.exit_code, last.reason.as_deref()), (137, Some("Error")));
    }
}

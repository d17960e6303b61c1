//! PURE. Which of the Services are planned, and with which declaration.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1 as k8s;

use super::report::Skipped;
use super::stand_ins::{NodePorts, StandIn, complete};
use crate::aws::settings::AwsSettings;
use crate::controller::claim::{Claim, Claims};
use crate::controller::companions;
use crate::service::Service;

/// A Service that is planned.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) service: Service,
    pub(super) stand_ins: Vec<StandIn>,
}

/// Parts Services from those that are not ours, and fills what Kubernetes has not yet given them. `all` are the Services
/// whose ports others may forward to.
pub(super) fn subjects(
    services: Vec<k8s::Service>,
    all: &[k8s::Service],
    claims: &Claims,
    settings: &AwsSettings,
    named: impl Fn(&BTreeMap<String, String>) -> BTreeSet<String>,
) -> (Vec<Subject>, Vec<Skipped>) {
    let mut free = NodePorts::new(&settings.node_ports, services.iter().chain(all));
    let mut skipped = Vec::new();
    let mut completed = Vec::new();
    for mut object in services {
        if claims.of(&object) == Claim::Held {
            let stand_ins = complete(&mut object, &mut free);
            completed.push((object, stand_ins));
        } else {
            skipped.push(Skipped::new(&object));
        }
    }
    let planned: Vec<k8s::Service> = completed.iter().map(|(object, _)| object.clone()).collect();
    let subjects = completed.into_iter().map(|(object, stand_ins)| {
        let ports = |name: &str| {
            let companion = planned.iter().chain(all).find(|other| {
                other.metadata.namespace == object.metadata.namespace && other.metadata.name.as_deref() == Some(name)
            })?;
            Some(Service::from(companion).ports)
        };
        let names = companions::names(&object, &named);
        Subject {
            service: companions::accompanied(&object, names, ports),
            stand_ins,
        }
    });
    (subjects.collect(), skipped)
}

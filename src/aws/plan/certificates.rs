//! Certificates of a listener besides its default one, which is part of the listener itself.

use std::collections::BTreeSet;

use super::stages::{Stage, Stages};
use super::step::Step;
use crate::aws::ids::CertificateArn;
use crate::aws::stack::{Listener, ResourceName};

/// Steps that give a listener its further certificates; `known` is the listener before the plan.
///
/// A TLS listener gets new ones before its default one changes, so that a certificate which is no longer the default
/// but still wanted is served all the time. Any other has to become a TLS listener first.
pub(super) fn add_steps(
    load_balancer: &ResourceName,
    wanted: &Listener,
    known: Option<&Listener>,
    stages: &mut Stages,
) {
    if !wanted.protocol.is_secure() {
        return;
    }
    let known = known.filter(|known| known.protocol.is_secure());
    let present = known.map_or_else(BTreeSet::new, |known| further(known, wanted));
    let wished = further(wanted, wanted);
    let added: Vec<CertificateArn> = wished.difference(&present).map(|c| (*c).clone()).collect();
    let removed: Vec<CertificateArn> = present.difference(&wished).map(|c| (*c).clone()).collect();
    let (load_balancer, port) = (load_balancer.clone(), wanted.port);
    if !added.is_empty() {
        let stage = if known.is_some() { Stage::Shape } else { Stage::Complete };
        let load_balancer = load_balancer.clone();
        stages.add(
            stage,
            Step::AddListenerCertificates {
                load_balancer,
                port,
                certificates: added,
            },
        );
    }
    if !removed.is_empty() {
        let certificates = removed;
        stages.add(
            Stage::Unlisten,
            Step::RemoveListenerCertificates {
                load_balancer,
                port,
                certificates,
            },
        );
    }
}

/// All but the default one. The one that is to be the default may also be listed here; AWS allows that.
fn further<'a>(listener: &'a Listener, wanted: &Listener) -> BTreeSet<&'a CertificateArn> {
    let default = wanted.certificates.first();
    let listed = listener.certificates.iter().skip(1);
    listed.filter(|certificate| Some(*certificate) != default).collect()
}

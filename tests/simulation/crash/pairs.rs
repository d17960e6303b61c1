//! Two faults in one sequence, drawn by chance: in any climate, at any calls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use elbow::aws::stack::LoadBalancerKind;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::climate::Climate;
use super::everyday::{EVENTS, Event};
use super::fault_kinds::faults_of;
use super::{Clean, Sequence};
use crate::aws::Fault;
use crate::seed::{block_on, seeded};

const CLIMATES: [Climate; 5] = [
    Climate::Mild,
    Climate::Slow,
    Climate::Lagging(1),
    Climate::Lagging(10),
    Climate::DeniedAtFirst,
];
const KINDS: [LoadBalancerKind; 2] = [LoadBalancerKind::Network, LoadBalancerKind::Application];

type Setting = (Event, LoadBalancerKind, Climate);

/// The undisturbed runs so far: each is needed many times.
static CLEAN: Mutex<BTreeMap<String, Arc<Clean>>> = Mutex::new(BTreeMap::new());

async fn clean(setting: Setting, sequence: &Sequence) -> Arc<Clean> {
    let key = format!("{setting:?}");
    if let Some(known) = CLEAN.lock().unwrap().get(&key) {
        return Arc::clone(known);
    }
    let (event, kind, _) = setting;
    let mild = event.sequence(kind).clean().await;
    let calls = sequence.calls().await;
    let clean = Arc::new(Clean { calls, ..mild });
    CLEAN.lock().unwrap().insert(key, Arc::clone(&clean));
    clean
}

/// A fault that fits the call which has this place when nothing goes wrong.
fn fault(clean: &Clean, place: Index, which: Index) -> (usize, Fault) {
    let call = place.index(clean.calls.len());
    let faults = faults_of(clean.calls[call]);
    (call, faults[which.index(faults.len())].clone())
}

proptest! {
    #![proptest_config(seeded(300))]

    #[test]
    fn any_two_faults_end_as_if_nothing_had_happened(
        setting in (select(&EVENTS[..]), select(&KINDS[..]), select(&CLIMATES[..])),
        faults in any::<[(Index, Index); 2]>(),
    ) {
        let (event, kind, climate) = setting;
        let sequence = event.sequence(kind).in_climate(climate);
        block_on(async {
            let clean = clean(setting, &sequence).await;
            let faults = faults.map(|(place, which)| fault(&clean, place, which));
            let misleads = climate.misleads() || faults.iter().any(|(_, fault)| fault.misleads());
            sequence.holds_with(&faults, &clean, misleads).await;
        });
    }
}

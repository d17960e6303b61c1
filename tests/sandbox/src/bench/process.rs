//! The process itself: memory, CPU while nothing happens, and how fast another replica takes over.

use std::time::Duration;

use tokio::time::sleep;

use super::Result;
use super::bed::{Bed, names};
use super::elbow::{Elbow, Settings};
use super::figure::{Line, Quantity, Rates, number};
use super::sheet::Sheet;
use super::usage::Memory;
use super::watch::Seen;
use crate::error::Error;

/// After the last work: what it needed is given back to the system by then, as far as it ever is.
const REST: Duration = Duration::from_secs(10);
/// How often the leader is killed; the longest time counts.
const KILLS: usize = 3;
/// A standby has read the lease within so long.
const STANDS_BY: Duration = Duration::from_secs(5);
/// Longest wait for the next leader.
const WITHIN: Duration = Duration::from_secs(120);

/// Measures memory after the work is done.
///
/// # Errors
/// When elbow has ended.
pub(super) async fn memory(elbow: &Elbow, line: Line, rates: Rates, sheet: &mut Sheet) -> Result<()> {
    sleep(REST).await;
    let Memory {
        resident,
        anonymous,
        peak,
    } = elbow.memory()?;
    sheet
        .line(line, rates)
        .figure(Quantity::Resident, resident)
        .figure(Quantity::Anonymous, anonymous)
        .figure(Quantity::Peak, peak);
    Ok(())
}

/// Measures calls and CPU while nothing changes for `period`.
///
/// # Errors
/// When elbow has ended.
pub(super) async fn idle(bed: &Bed, elbow: &Elbow, services: usize, period: Duration, sheet: &mut Sheet) -> Result<()> {
    let span = bed.span().await?;
    let before = elbow.cpu()?;
    sleep(period).await;
    let used = elbow.cpu()?.saturating_sub(before).as_secs_f64();
    let calls = span.calls().await?;
    let seconds = period.as_secs_f64();
    sheet
        .line(Line::Idle(services), Rates::Aws)
        .figure(Quantity::CallsAMinute, number(calls.count()) * 60.0 / seconds)
        .figure(Quantity::Cpu, used * 100.0 / seconds)
        .behind(&calls);
    Ok(())
}

/// Measures the time from SIGKILL of the leader to the next one's first write, with the chart's default lease.
///
/// # Errors
/// When nobody takes over in time.
pub(super) async fn failover(bed: &Bed, settings: &Settings, leader: &mut Elbow, sheet: &mut Sheet) -> Result<()> {
    let mut longest = Duration::ZERO;
    for name in names("after-kill", KILLS) {
        let standby = bed.elbow(settings, &format!("standby-{name}")).await?;
        sleep(STANDS_BY).await;
        leader.kill().await?;
        let span = bed.span().await?;
        let own = [name.clone()];
        bed.create(&own).await?;
        let served = |seen: &Seen| seen.get(&name).is_some_and(|state| state.hostname.is_some());
        bed.watch.until("the next leader to serve", WITHIN, served).await?;
        let first = span.calls().await?.first_write();
        longest = longest.max(first.ok_or_else(|| Error::Deadline {
            what: "a write of the next leader".to_owned(),
            after: WITHIN,
        })?);
        *leader = standby;
        bed.remove(&own, WITHIN).await?;
    }
    sheet
        .line(Line::Failover, Rates::Aws)
        .time(Quantity::ToFirstWrite, longest);
    Ok(())
}

//! One Service through its life: created, labelled, given a port, deleted. Several times, one after the other.

use std::time::{Duration, Instant};

use serde_json::json;

use super::Result;
use super::bed::{Bed, names};
use super::figure::{Line, Quantity, Rates, number};
use super::sheet::Sheet;
use super::span::Calls;

/// How often: a time is the median, a number of calls the largest.
const TURNS: usize = 5;
/// Longest wait for one Service.
const WITHIN: Duration = Duration::from_secs(60);

/// Measures the lines of one Service; an elbow runs, and what Services share is there.
///
/// # Errors
/// When a step is not done in time.
pub(super) async fn measure(bed: &Bed, sheet: &mut Sheet, rates: Rates) -> Result<()> {
    let mut turns = Vec::new();
    for name in names("one", TURNS) {
        turns.push(Turn::play(bed, &name).await?);
    }
    let largest = |calls: fn(&Turn) -> &Calls| turns.iter().map(calls).max_by_key(|calls| calls.count());
    let lines = [
        (Line::CreateOne, largest(|turn| &turn.create)),
        (Line::UnrelatedChange, largest(|turn| &turn.label)),
        (Line::AddPort, largest(|turn| &turn.port)),
        (Line::DeleteOne, largest(|turn| &turn.delete)),
    ];
    for (line, calls) in lines {
        let Some(calls) = calls else { continue };
        let mut entry = sheet.line(line, rates);
        entry.figure(Quantity::Calls, number(calls.count())).behind(calls);
        match line {
            Line::CreateOne => drop(entry.time(Quantity::ToHostname, median(turns.iter().map(|turn| turn.hostname)))),
            Line::AddPort => {
                let ends = turns.iter().map(|turn| turn.port.last_answer());
                entry.time(Quantity::ToLastCall, median(ends));
            }
            Line::DeleteOne => drop(entry.time(Quantity::ToGone, median(turns.iter().map(|turn| turn.gone)))),
            _ => {}
        }
    }
    Ok(())
}

/// One life.
struct Turn {
    create: Calls,
    hostname: Duration,
    label: Calls,
    port: Calls,
    delete: Calls,
    gone: Duration,
}

impl Turn {
    async fn play(bed: &Bed, name: &str) -> Result<Self> {
        let own = [name.to_owned()];
        let span = bed.span().await?;
        let started = Instant::now();
        bed.create(&own).await?;
        let programmed = |seen: &super::watch::Seen| seen.get(name).is_some_and(|state| state.programmed.is_some());
        let seen = bed
            .watch
            .until("a Service to be programmed", WITHIN, programmed)
            .await?;
        let hostname = seen.get(name).and_then(|state| state.hostname).unwrap_or(started);
        let create = span.settle().await?;

        let span = bed.span().await?;
        bed.patch(name, json!({"metadata": {"labels": {"team": "blue"}}}))
            .await?;
        let label = span.settle().await?;

        let span = bed.span().await?;
        let ports = json!([{"name": "http", "port": 80}, {"name": "https", "port": 443}]);
        bed.patch(name, json!({"spec": {"ports": ports}})).await?;
        let port = span.settle().await?;

        let span = bed.span().await?;
        // The Service of the line has one port; the second goes before it.
        bed.patch(name, json!({"spec": {"ports": [{"name": "http", "port": 80}]}}))
            .await?;
        span.settle().await?;
        let span = bed.span().await?;
        let deleted = Instant::now();
        bed.remove(&own, WITHIN).await?;
        let gone = deleted.elapsed();
        Ok(Self {
            create,
            hostname: hostname.duration_since(started),
            label,
            port,
            delete: span.settle().await?,
            gone,
        })
    }
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_not_moved_by_one_slow_turn() {
        let times = [900, 20, 30, 10, 25].map(Duration::from_millis);
        assert_eq!(median(times.into_iter()), Duration::from_millis(25));
    }
}

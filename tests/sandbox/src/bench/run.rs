//! The parts of one run, in their order.

use std::time::Duration;

use super::about::About;
use super::arguments::{Args, Part};
use super::bed::{self, Bed};
use super::elbow::{self, Elbow, Settings};
use super::figure::{Line, Rates};
use super::many::Many;
use super::report::Report;
use super::sheet::Sheet;
use super::watch::Seen;
use super::{Result, build, growth, one, process};
use crate::progress::Progress;

/// Switches elbow's own rates off, which follow AWS's; LocalStack has none.
const RATES_OFF: &str = "--aws-api-rates";
/// Services of the line that only measures memory, and nodes of its cluster.
const LARGE: (usize, usize) = (1000, 200);
/// A Service that stands all the time: what Services share stays with it.
const PRIMER: &str = "primer";
/// Longest wait for one Service.
const WITHIN: Duration = Duration::from_secs(60);
/// Longest wait for the Services of the large line.
const LARGE_WITHIN: Duration = Duration::from_secs(3600);

/// One run of the bench.
pub(super) struct Run<'a> {
    pub(super) args: &'a Args,
    pub(super) progress: &'a Progress,
    pub(super) bed: Bed,
}

impl Run<'_> {
    /// Measures every part that is wanted.
    pub(super) async fn all(&self) -> Result<Report> {
        let layout = self.bed.sandbox.layout()?;
        let program = match &self.args.elbow {
            Some(program) => program.clone(),
            None => build::measured(&layout, self.progress).await?,
        };
        let about = About::gather(&self.bed, &program, self.args.latency, self.args.flags.clone()).await?;
        let mut sheet = Sheet {
            traced: self.traced(),
            ..Sheet::default()
        };
        let as_asked = self.bed.settings(program.clone(), self.args.flags.clone());
        self.bed.set_latency(self.args.latency).await?;
        self.few(&as_asked, &mut sheet).await?;
        // What follows AWS's rates waits most of the time; what does not wants a quiet machine, so it comes first.
        let fastest = if elbow::knows(&program, RATES_OFF).await {
            let unlimited = unlimited(&as_asked);
            self.many(&unlimited, Rates::Off, Part::Unlimited, &mut sheet).await?;
            unlimited
        } else {
            as_asked.clone()
        };
        self.many(&as_asked, Rates::Aws, Part::Many, &mut sheet).await?;
        self.large(&fastest, &mut sheet).await?;
        let growth = if self.wants(Part::Growth) {
            Some(growth::table(&layout, self.progress).await?)
        } else {
            None
        };
        Ok(Report { about, sheet, growth })
    }

    fn wants(&self, part: Part) -> bool {
        self.args.only.is_empty() || self.args.only.contains(&part)
    }

    /// The document shows the critical path of a create.
    fn traced(&self) -> Vec<String> {
        let mut traced = self.args.trace.clone();
        if self.args.write_docs {
            traced.push(Line::CreateOne.to_string());
        }
        traced
    }

    /// What takes few Services.
    async fn few(&self, settings: &Settings, sheet: &mut Sheet) -> Result<()> {
        if !self.wants(Part::One) && !self.wants(Part::Failover) {
            return Ok(());
        }
        let mut elbow = self.warm_elbow(settings, "few").await?;
        if self.wants(Part::One) {
            let lives = one::measure(&self.bed, sheet, Rates::Aws);
            self.step("one Service: create, label, port, delete", lives).await?;
        }
        if self.wants(Part::Failover) {
            let kills = process::failover(&self.bed, settings, &mut elbow, sheet);
            self.step("failover: SIGKILL of the leader", kills).await?;
        }
        elbow.stop().await
    }

    /// What takes many Services.
    async fn many(&self, settings: &Settings, rates: Rates, part: Part, sheet: &mut Sheet) -> Result<()> {
        if !self.wants(part) {
            return Ok(());
        }
        for &services in &self.args.services {
            let many = Many {
                bed: &self.bed,
                settings,
                rates,
                services,
            };
            let mut elbow = self.warm_elbow(settings, &format!("many-{services}")).await?;
            self.step(&format!("creating {services} Services"), many.create(sheet))
                .await?;
            if rates == Rates::Aws {
                self.rest(&elbow, services, sheet).await?;
            }
            let nodes = self.step("nodes join", many.nodes(sheet)).await?;
            self.step("restart", many.restart(&mut elbow, sheet)).await?;
            self.step(&format!("deleting {services} Services"), many.delete(sheet))
                .await?;
            // Nodes that leave it would be a change that the next line does not ask for.
            self.bed.remove(&[PRIMER.to_owned()], WITHIN).await?;
            elbow.stop().await?;
            self.bed.leave(&nodes).await?;
        }
        Ok(())
    }

    /// Memory after the work, and then nothing happens.
    async fn rest(&self, elbow: &Elbow, services: usize, sheet: &mut Sheet) -> Result<()> {
        let nodes = self.bed.sandbox.infrastructure.instances.len();
        process::memory(elbow, Line::Memory { services, nodes }, Rates::Aws, sheet).await?;
        let idle = process::idle(&self.bed, elbow, services, self.args.idle, sheet);
        self.step("idling", idle).await
    }

    /// Memory with many more Services and nodes; they go with the sandbox.
    async fn large(&self, settings: &Settings, sheet: &mut Sheet) -> Result<()> {
        if !self.wants(Part::Large) {
            return Ok(());
        }
        let (services, nodes) = LARGE;
        // How long it takes is not measured.
        self.bed.set_latency(Duration::ZERO).await?;
        let present = self.bed.sandbox.infrastructure.instances.len();
        let more = self.bed.launch(nodes.saturating_sub(present)).await?;
        for instance in &more {
            self.bed.join(instance).await?;
        }
        let elbow = self.warm_elbow(settings, "large").await?;
        let names = bed::names("large", services);
        let served = async {
            self.bed.create(&names).await?;
            let all = |seen: &Seen| {
                names
                    .iter()
                    .all(|name| seen.get(name).is_some_and(|state| state.programmed.is_some()))
            };
            self.bed
                .watch
                .until("all Services to be programmed", LARGE_WITHIN, all)
                .await
        };
        self.step(&format!("{services} Services on {nodes} nodes"), served)
            .await?;
        process::memory(&elbow, Line::Memory { services, nodes }, Rates::Off, sheet).await?;
        self.bed.set_latency(self.args.latency).await
    }

    /// A fresh elbow that has read what all Services share.
    async fn warm_elbow(&self, settings: &Settings, name: &str) -> Result<Elbow> {
        let elbow = self.bed.elbow(settings, name).await?;
        let left = self.bed.leftovers().await?;
        if !left.iter().any(|name| name == PRIMER) {
            self.serve(PRIMER).await?;
        }
        let left: Vec<_> = left.into_iter().filter(|name| name != PRIMER).collect();
        self.bed.remove(&left, WITHIN).await?;
        self.serve("warm").await?;
        self.bed.remove(&["warm".to_owned()], WITHIN).await?;
        self.bed.span().await?.settle().await?;
        Ok(elbow)
    }

    async fn serve(&self, name: &str) -> Result<()> {
        self.bed.create(&[name.to_owned()]).await?;
        let served = |seen: &Seen| seen.get(name).is_some_and(|state| state.programmed.is_some());
        self.bed
            .watch
            .until("the first Service to be served", WITHIN, served)
            .await?;
        Ok(())
    }

    async fn step<T>(&self, name: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.progress.step(name, None, work).await
    }
}

fn unlimited(settings: &Settings) -> Settings {
    let mut unlimited = settings.clone();
    unlimited.flags.push(format!("{RATES_OFF}=off"));
    unlimited
}

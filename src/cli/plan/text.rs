//! PURE. The plan as people read it: what is made, changed and destroyed, in signs and colours.

mod values;

use crate::aws::preview::changes::{Action, Change, FieldChange};
use crate::cli::terminal::{self, BOLD, GREEN, RED, YELLOW};

use super::report::{Entry, Fault, Report, Skipped};
use super::stand_ins::StandIn;

/// The plan, in colours if wanted.
#[must_use]
pub fn report(report: &Report, colors: bool) -> String {
    let mut page = Page {
        text: String::new(),
        colors,
    };
    for entry in &report.services {
        page.entry(entry);
    }
    if report.shared.error.is_some() || !report.shared.changes.is_empty() {
        page.line(
            0,
            BOLD,
            &format!("Shared by all Services of cluster {}", report.cluster),
        );
        page.fault(report.shared.error.as_ref());
        page.changes(&report.shared.changes, &[]);
    }
    page.skipped(&report.skipped);
    page.passed_over(report);
    page.summary(report);
    page.text
}

struct Page {
    text: String,
    colors: bool,
}

impl Page {
    fn entry(&mut self, entry: &Entry) {
        let state = match (&entry.error, entry.changes.is_empty()) {
            (Some(_), _) => ": cannot be planned",
            (None, true) => ": no changes",
            (None, false) => "",
        };
        self.line(0, BOLD, &format!("Service {}{state}", entry.owner));
        self.fault(entry.error.as_ref());
        for warning in &entry.warnings {
            self.line(2, YELLOW, &format!("! {}: {}", warning.reason, warning.message));
        }
        if !entry.changes.is_empty() {
            for filled in &entry.known_after_apply {
                let text = format!(
                    "{} is known after apply; here {}",
                    filled.field,
                    values::inline(&filled.value)
                );
                self.line(2, "", &text);
            }
        }
        self.changes(&entry.changes, &entry.known_after_apply);
    }

    fn fault(&mut self, fault: Option<&Fault>) {
        let Some(fault) = fault else { return };
        self.line(2, RED, &format!("✗ {}", fault.reason));
        let message = fault
            .message
            .replace("; annotation ", "\nannotation ")
            .replace("; spec.", "\nspec.");
        for part in message.lines() {
            self.line(4, RED, part);
        }
    }

    fn changes(&mut self, changes: &[Change], stand_ins: &[StandIn]) {
        for change in changes {
            let (sign, color) = sign(change.action);
            self.line(
                2,
                color,
                &format!("{sign} {} {}{}", change.kind, change.name, note(change)),
            );
            for field in &change.fields {
                self.field(change.action, field, stand_ins);
            }
        }
        self.text.push('\n');
    }

    fn field(&mut self, action: Action, field: &FieldChange, stand_ins: &[StandIn]) {
        let name = field.path.join(".");
        match values::difference(&field.old, &field.new, stand_ins) {
            values::Difference::Whole(new) if action != Action::Update => self.line(6, "", &format!("{name}: {new}")),
            values::Difference::Whole(new) => self.line(6, GREEN, &format!("{name}: (none) -> {new}")),
            values::Difference::Scalar(old, new) => self.line(6, YELLOW, &format!("{name}: {old} -> {new}")),
            values::Difference::Members(gone, made) => {
                self.line(6, "", &format!("{name}:"));
                gone.iter().for_each(|member| self.line(8, RED, &format!("- {member}")));
                made.iter()
                    .for_each(|member| self.line(8, GREEN, &format!("+ {member}")));
            }
        }
    }

    fn skipped(&mut self, skipped: &[Skipped]) {
        for service in skipped {
            let class = service.class.as_deref().map(|class| format!(", class {class}"));
            let Skipped {
                namespace, name, kind, ..
            } = service;
            let text = format!(
                "Skipped {namespace}/{name}: not elbow's (type {kind}{})",
                class.unwrap_or_default()
            );
            self.line(0, "", &text);
        }
    }

    fn passed_over(&mut self, report: &Report) {
        let kinds = report.passed_over.iter().map(|(kind, count)| format!("{count} {kind}"));
        let kinds: Vec<_> = kinds.collect();
        if !kinds.is_empty() {
            self.line(0, "", &format!("Passed over: {}", kinds.join(", ")));
        }
    }

    fn summary(&mut self, report: &Report) {
        let failed = report.services.iter().filter(|entry| entry.error.is_some()).count();
        if failed > 0 {
            let plural = if failed == 1 { "" } else { "s" };
            self.line(0, RED, &format!("{failed} Service{plural} cannot be planned."));
        }
        let sum = report.summary;
        let text = match (sum.create, sum.change, sum.destroy) {
            (0, 0, 0) => "No changes.".to_owned(),
            (create, change, destroy) => {
                format!("Plan: {create} to create, {change} to change, {destroy} to destroy.")
            }
        };
        self.line(0, BOLD, &text);
    }

    fn line(&mut self, indent: usize, color: &str, text: &str) {
        let (indent, text) = (" ".repeat(indent), terminal::painted(color, text, self.colors));
        self.text.push_str(&format!("{indent}{text}\n"));
    }
}

fn sign(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::Create => ("+", GREEN),
        Action::Update => ("~", YELLOW),
        Action::Replace => ("-/+", YELLOW),
        Action::Delete => ("-", RED),
    }
}

fn note(change: &Change) -> String {
    match &change.replaces {
        Some(old) if old.create_first => format!(" replaces {} (create first)", old.name),
        Some(_) => " replaces its namesake (destroy first)".to_owned(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;

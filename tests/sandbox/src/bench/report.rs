//! The results as JSON and as the generated part of `docs/performance.md`.

use serde_json::{Value, json};

use super::about::About;
use super::figure::{Figure, Rates};
use super::sheet::{LineCalls, Sheet};
use super::table;

/// Everything that was found out.
#[derive(Debug)]
pub(super) struct Report {
    /// On what.
    pub(super) about: About,
    /// The figures.
    pub(super) sheet: Sheet,
    /// How cost grows with the number of Services: a table, if it was made.
    pub(super) growth: Option<String>,
}

impl Report {
    /// As JSON: `about`, `figures`, `calls` and `growth`.
    #[must_use]
    pub(super) fn json(&self) -> Value {
        json!({
            "about": self.about,
            "figures": self.sheet.figures.iter().map(figure).collect::<Vec<_>>(),
            "calls": self.sheet.calls.iter().map(calls).collect::<Vec<_>>(),
            "growth": self.growth,
        })
    }

    /// The table, and below it the calls that were asked for one by one.
    #[must_use]
    pub(super) fn text(&self) -> String {
        let mut text = table::render(&self.sheet.figures);
        for line in &self.sheet.calls {
            if let Some(trace) = &line.trace {
                text.push_str(&format!("\n{}:\n{}\n", title(line), trace.join("\n")));
            }
        }
        if let Some(growth) = &self.growth {
            text.push_str(&format!("\n{growth}"));
        }
        text
    }

    /// The generated part of the document.
    #[must_use]
    pub(super) fn markdown(&self) -> String {
        let mut text = format!(
            "{}\n```text\n{}```\n",
            self.about.markdown(),
            table::render(&self.sheet.figures)
        );
        text.push_str("\n## What the figures consist of\n\n");
        text.push_str("Times are seconds from the start of the line; a call's median holds the added latency.\n\n");
        text.push_str("| line | action | calls | first | last answer | median |\n|---|---|--:|--:|--:|--:|\n");
        for line in &self.sheet.calls {
            text.push_str(&actions(line));
        }
        for line in &self.sheet.calls {
            if let Some(trace) = &line.trace {
                text.push_str(&format!(
                    "\n{}, call by call:\n\n```text\n{}\n```\n",
                    title(line),
                    trace.join("\n")
                ));
            }
        }
        if let Some(growth) = &self.growth {
            text.push_str(&format!("\n## How the calls grow\n\n{growth}"));
        }
        text
    }
}

fn actions(line: &LineCalls) -> String {
    let title = title(line);
    let row = |(index, action): (usize, &super::span::Action)| {
        let name = if index == 0 { title.as_str() } else { "" };
        format!(
            "| {name} | {} | {} | {:.2} | {:.2} | {} ms |\n",
            action.name, action.calls, action.first_s, action.last_s, action.median_ms
        )
    };
    line.actions.iter().enumerate().map(row).collect()
}

fn title(line: &LineCalls) -> String {
    match line.rates {
        Rates::Aws => line.line.to_string(),
        Rates::Off => format!("{}, without AWS's rates", line.line),
    }
}

fn figure(figure: &Figure) -> Value {
    let reference = figure.reference();
    json!({
        "line": figure.line.to_string(),
        "quantity": figure.quantity.words(),
        "rates": figure.rates,
        "elbow": figure.value,
        "target": reference.target,
        "peer": reference.peer,
        "reached": figure.reaches_target(),
    })
}

fn calls(line: &LineCalls) -> Value {
    json!({
        "line": line.line.to_string(),
        "rates": line.rates,
        "actions": line.actions,
        "trace": line.trace,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::figure::{Line, Quantity};
    use crate::bench::span::Calls;

    fn report() -> Report {
        let mut sheet = Sheet::default();
        let mut line = sheet.line(Line::UnrelatedChange, Rates::Aws);
        line.figure(Quantity::Calls, 1.0).behind(&Calls::default());
        Report {
            about: About {
                latency: Duration::from_millis(30),
                ..About::default()
            },
            sheet,
            growth: None,
        }
    }

    #[test]
    fn the_document_has_the_figures_and_the_calls_behind_them() {
        let page = report().markdown();
        assert!(
            page.contains("unrelated change  calls      1       0     0  over\n"),
            "{page}"
        );
        assert!(page.contains("\n## What the figures consist of\n"), "{page}");
    }

    #[test]
    fn json_says_of_each_figure_whether_its_target_is_reached() {
        let json = report().json();
        assert_eq!(json["figures"][0]["reached"], false);
        assert_eq!(json["figures"][0]["target"], 0.0);
        assert_eq!(json["about"]["latency_ms"], 30);
    }
}

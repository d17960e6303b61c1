//! Where the figures and the calls behind them are written down.

use std::time::Duration;

use super::figure::{Figure, Line, Quantity, Rates, number};
use super::span::{Action, Calls};

/// All that was measured so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    /// The figures, in the order of their measurement.
    pub(super) figures: Vec<Figure>,
    /// The calls of each line.
    pub(super) calls: Vec<LineCalls>,
    /// Whose calls are traced one by one.
    pub(super) traced: Vec<String>,
}

/// The AWS calls behind a line.
#[derive(Clone, Debug)]
pub(super) struct LineCalls {
    /// The line.
    pub(super) line: Line,
    /// Under which rates.
    pub(super) rates: Rates,
    /// By action.
    pub(super) actions: Vec<Action>,
    /// One by one, where asked for.
    pub(super) trace: Option<Vec<String>>,
}

/// Writes the figures of one line.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    sheet: &'a mut Sheet,
    line: Line,
    rates: Rates,
}

impl Sheet {
    /// A line under the given rates.
    pub(super) fn line(&mut self, line: Line, rates: Rates) -> Entry<'_> {
        Entry {
            sheet: self,
            line,
            rates,
        }
    }
}

impl Entry<'_> {
    /// Writes a number down.
    pub(super) fn figure(&mut self, quantity: Quantity, value: f64) -> &mut Self {
        self.sheet.figures.push(Figure {
            line: self.line,
            quantity,
            rates: self.rates,
            value,
        });
        self
    }

    /// Writes a number of seconds down.
    pub(super) fn time(&mut self, quantity: Quantity, time: Duration) -> &mut Self {
        self.figure(quantity, time.as_secs_f64())
    }

    /// Writes a number of calls down, divided by that of Services.
    pub(super) fn calls_a_service(&mut self, quantity: Quantity, calls: usize, services: usize) -> &mut Self {
        self.figure(quantity, number(calls) / number(services.max(1)))
    }

    /// Keeps the calls behind the line.
    pub(super) fn behind(&mut self, calls: &Calls) -> &mut Self {
        let name = self.line.to_string();
        let traced = self.sheet.traced.iter().any(|part| name.contains(part.as_str()));
        self.sheet.calls.push(LineCalls {
            line: self.line,
            rates: self.rates,
            actions: calls.by_action(),
            trace: traced.then(|| calls.trace()),
        });
        self
    }
}

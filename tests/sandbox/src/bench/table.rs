//! The table: elbow's figures beside their targets and the peer's.

use super::figure::{Figure, Rates};

const HEAD: [&str; 6] = ["", "", "elbow", "target", "peer", ""];

/// All figures in aligned columns, those under AWS's rates first.
#[must_use]
pub(super) fn render(figures: &[Figure]) -> String {
    let of = |rates| figures.iter().filter(move |figure| figure.rates == rates);
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(lines(of(Rates::Aws)));
    if of(Rates::Off).next().is_some() {
        rows.push(Default::default());
        rows.push(["without AWS's rates", "", "", "", "", ""].map(str::to_owned));
        rows.extend(lines(of(Rates::Off)));
    }
    aligned(&rows)
}

/// A line's name stands before the first of its figures only.
fn lines<'a>(figures: impl Iterator<Item = &'a Figure>) -> Vec<[String; 6]> {
    let mut rows = Vec::new();
    let mut before = None;
    for figure in figures {
        let name = if before == Some(figure.line) {
            String::new()
        } else {
            figure.line.to_string()
        };
        before = Some(figure.line);
        let reference = figure.reference();
        let reached = figure
            .reaches_target()
            .map_or("", |reached| if reached { "" } else { "over" });
        rows.push([
            name,
            figure.quantity.words().to_owned(),
            shown(figure.value),
            reference.target.map_or("-".to_owned(), shown),
            reference.peer.map_or("-".to_owned(), shown),
            reached.to_owned(),
        ]);
    }
    rows
}

/// Two decimals, and none where they say nothing.
#[must_use]
pub(super) fn shown(value: f64) -> String {
    let text = format!("{value:.2}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    short.to_owned()
}

/// Words to the left, numbers to the right.
fn aligned(rows: &[[String; 6]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, &width))| match column {
            0 | 1 | 5 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(|row| line(row) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figure::{Line, Quantity};

    fn figure(line: Line, quantity: Quantity, rates: Rates, value: f64) -> Figure {
        Figure {
            line,
            quantity,
            rates,
            value,
        }
    }

    #[test]
    fn figures_stand_beside_target_and_peer() {
        let figures = [
            figure(Line::CreateOne, Quantity::Calls, Rates::Aws, 6.0),
            figure(Line::CreateOne, Quantity::ToHostname, Rates::Aws, 0.2567),
            figure(Line::CreateMany(200), Quantity::ToAllHostnames, Rates::Off, 9.0),
            figure(Line::Idle(50), Quantity::CallsAMinute, Rates::Aws, 0.0),
        ];
        let expected = [
            "                                         elbow  target  peer",
            "create one Service   calls                   6       6    29",
            "                     s to the hostname    0.26    0.25  0.95  over",
            "idle with 50         calls a minute          0      60     -",
            "",
            "without AWS's rates",
            "create 200 at once   s to all hostnames      9     9.9  98.6",
            "",
        ];
        assert_eq!(render(&figures), expected.join("\n"));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([6.0, 6.1, 0.129, 120.0].map(shown), ["6", "6.1", "0.13", "120"]);
    }
}

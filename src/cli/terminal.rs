//! How a command prints: with colours where a person looks, and without complaint where nobody reads on.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;

/// Red of ECMA-48, for [`painted`].
pub(super) const RED: &str = "31";
/// Green of ECMA-48.
pub(super) const GREEN: &str = "32";
/// Yellow of ECMA-48.
pub(super) const YELLOW: &str = "33";
/// Bold of ECMA-48.
pub(super) const BOLD: &str = "1";

/// When there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal where `NO_COLOR` is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Are there colours on standard output?
    #[must_use]
    pub fn is_on(self) -> bool {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        self.is_on_for(io::stdout().is_terminal(), no_color)
    }

    /// `NO_COLOR` counts when it is not empty (no-color.org).
    fn is_on_for(self, terminal: bool, no_color: bool) -> bool {
        match self {
            Self::Auto => terminal && !no_color,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// The text in a colour, if there are colours; in none where `color` is empty.
pub(super) fn painted(color: &str, text: &str, on: bool) -> String {
    if on && !color.is_empty() {
        format!("\x1b[{color}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// On one line and without what a terminal would obey: for what others have written.
pub(super) fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let escaped = |one: char| {
        if one.is_control() {
            one.escape_default().collect()
        } else {
            one.to_string()
        }
    };
    words.join(" ").chars().map(escaped).collect()
}

/// Writes `text` to standard output.
///
/// # Errors
/// When it cannot be written, such as on a full disk. A reader that has seen enough, such as `head`, is none.
pub fn print(text: &str) -> io::Result<()> {
    write(&mut io::stdout().lock(), text)
}

fn write(out: &mut impl Write, text: &str) -> io::Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::terminal(Color::Auto, true, false, true)]
    #[case::pipe(Color::Auto, false, false, false)]
    #[case::no_color(Color::Auto, true, true, false)]
    #[case::asked_for(Color::Always, false, true, true)]
    #[case::refused(Color::Never, true, false, false)]
    fn colours_are_for_people_who_want_them(
        #[case] color: Color,
        #[case] terminal: bool,
        #[case] no_color: bool,
        #[case] expected: bool,
    ) {
        assert_eq!(color.is_on_for(terminal, no_color), expected);
    }

    #[rstest]
    #[case(io::ErrorKind::BrokenPipe, None)]
    #[case(io::ErrorKind::StorageFull, Some(io::ErrorKind::StorageFull))]
    fn a_reader_that_has_gone_is_no_failure(#[case] met: io::ErrorKind, #[case] told: Option<io::ErrorKind>) {
        let outcome = write(&mut Failing(met), "text");
        assert_eq!(outcome.err().map(|error| error.kind()), told);
    }

    struct Failing(io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}

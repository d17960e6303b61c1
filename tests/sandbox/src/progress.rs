//! What the sandbox is doing, for the person who waits: one line a finished step, and on a terminal a live line for the
//! steps under way.

use std::future::Future;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::files;

/// How often the live line is drawn again.
const REDRAW: Duration = Duration::from_millis(500);

/// How often a step that goes on is mentioned again where there is no terminal (in CI a silent minute looks dead).
const REMIND: Duration = Duration::from_secs(30);

/// How many characters of a log line are shown.
const DETAIL: usize = 100;

/// Reports steps on standard error; clones report to the same place.
#[derive(Debug, Clone)]
pub struct Progress {
    board: Arc<Board>,
}

#[derive(Debug)]
struct Board {
    terminal: bool,
    steps: Mutex<Vec<Step>>,
}

#[derive(Debug, Clone)]
struct Step {
    name: String,
    log: Option<PathBuf>,
    started: Instant,
    mentioned: Instant,
}

impl Progress {
    /// A report on standard error; must be called within a tokio runtime, which draws the live line.
    #[must_use]
    pub fn on_standard_error() -> Self {
        let board = Arc::new(Board {
            terminal: std::io::stderr().is_terminal(),
            steps: Mutex::default(),
        });
        tokio::spawn(redraw(Arc::downgrade(&board)));
        Self { board }
    }

    /// Runs one step and reports how long it took; the live line shows the last line of `log`.
    pub async fn step<T, E>(
        &self,
        name: &str,
        log: Option<&Path>,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let now = Instant::now();
        let step = Step {
            name: name.to_owned(),
            log: log.map(Path::to_owned),
            started: now,
            mentioned: now,
        };
        let _on_the_board = self.board.begin(step);
        let outcome = work.await;
        let mark = if outcome.is_ok() { "ok" } else { "FAILED" };
        self.board
            .print(&format!("{mark:<6} {name} ({})", in_words(now.elapsed())));
        outcome
    }

    /// Prints one line above the live line.
    pub fn say(&self, line: &str) {
        self.board.print(line);
    }
}

impl Board {
    fn steps(&self) -> MutexGuard<'_, Vec<Step>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(self: &Arc<Self>, step: Step) -> Begun {
        let name = step.name.clone();
        self.steps().push(step);
        Begun {
            board: Arc::clone(self),
            name,
        }
    }

    fn print(&self, line: &str) {
        let clear = if self.terminal { "\r\x1b[2K" } else { "" };
        // Nobody is served by a failure to report progress.
        let _ = writeln!(std::io::stderr(), "{clear}{line}");
    }

    fn draw(&self) {
        let now = Instant::now();
        let mut steps = self.steps();
        if self.terminal {
            let line = live_line(&steps, now, terminal_width());
            let _ = write!(std::io::stderr(), "\r\x1b[2K{line}");
            return;
        }
        for step in steps
            .iter_mut()
            .filter(|step| now.duration_since(step.mentioned) >= REMIND)
        {
            step.mentioned = now;
            self.print(&format!("...    {}", describe(step, now)));
        }
    }
}

/// Takes the step off the board when it ends, also when it is dropped half-way.
struct Begun {
    board: Arc<Board>,
    name: String,
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.board.steps().retain(|step| step.name != self.name);
        if self.board.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}

async fn redraw(board: Weak<Board>) {
    let mut clock = tokio::time::interval(REDRAW);
    loop {
        clock.tick().await;
        let Some(board) = board.upgrade() else { return };
        board.draw();
    }
}

fn terminal_width() -> usize {
    rustix::termios::tcgetwinsize(std::io::stderr()).map_or(80, |size| usize::from(size.ws_col.max(20)))
}

/// All steps under way in one line that is shorter than the terminal is wide, else it could not be cleared.
fn live_line(steps: &[Step], now: Instant, width: usize) -> String {
    let texts: Vec<String> = steps.iter().map(|step| describe(step, now)).collect();
    texts.join(" | ").chars().take(width.saturating_sub(1)).collect()
}

fn describe(step: &Step, now: Instant) -> String {
    let elapsed = in_words(now.duration_since(step.started));
    let doing = step.log.as_deref().and_then(|log| files::last_lines(log, 1).pop());
    match doing {
        Some(line) => format!("{} {elapsed}: {}", step.name, shortened(line.trim())),
        None => format!("{} {elapsed}", step.name),
    }
}

fn shortened(line: &str) -> String {
    line.chars().take(DETAIL).collect()
}

/// A duration as a person says it: "0.4 s", "1 min 05 s".
#[must_use]
pub fn in_words(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    if seconds >= 60 {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    } else {
        format!("{:.1} s", elapsed.as_secs_f32())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn step(name: &str, log: Option<PathBuf>, started: Instant) -> Step {
        Step {
            name: name.to_owned(),
            log,
            started,
            mentioned: started,
        }
    }

    #[test]
    fn the_live_line_shows_each_step_with_its_time_and_the_last_line_of_its_log() {
        let scratch = Scratch::new();
        let log = scratch.path().join("log");
        files::write(&log, "first\n  compiling\n").unwrap();
        let start = Instant::now();
        let steps = [
            step("building helm", Some(log), start),
            step("terraform apply", None, start),
        ];
        let line = live_line(&steps, start + Duration::from_secs(65), 80);
        assert_eq!(line, "building helm 1 min 05 s: compiling | terraform apply 1 min 05 s");
    }

    #[test]
    fn the_live_line_is_cut_to_the_width_of_the_terminal() {
        let start = Instant::now();
        let line = live_line(&[step("a name that is long", None, start)], start, 10);
        assert_eq!(line, "a name th");
    }

    #[tokio::test]
    async fn a_step_leaves_the_board_when_it_is_dropped_half_way() {
        let progress = Progress::on_standard_error();
        let endless = progress.step("endless", None, std::future::pending::<crate::error::Result<()>>());
        let outcome = tokio::time::timeout(Duration::from_millis(1), endless).await;
        assert!(outcome.is_err());
        assert!(progress.board.steps().is_empty());
    }
}

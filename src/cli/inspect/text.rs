//! The report for people: a tree of layers, and below it the first one that is broken and what to do.

use crate::cli::terminal::{self, GREEN, RED, YELLOW, plain};
use crate::inspect::report::{Finding, Layer, Report, Severity, Verdict};

/// So many sound parts are shown, and the rest counted: a big cluster has hundreds of healthy targets.
const SOUND_SHOWN: usize = 10;

/// The report, with or without colours.
#[must_use]
pub fn report(report: &Report, color: bool) -> String {
    let mut page = Page {
        text: String::new(),
        color,
    };
    page.line("", &format!("Service {}/{}", report.namespace, report.name));
    for (index, layer) in report.layers.iter().enumerate() {
        page.layer(layer, index + 1 == report.layers.len());
    }
    page.line("", "");
    page.end(report);
    page.text
}

struct Page {
    text: String,
    color: bool,
}

impl Page {
    /// A layer with a single finding takes one line.
    fn layer(&mut self, layer: &Layer, last: bool) {
        let (fork, margin) = branch(last);
        let title = layer.kind.title();
        match layer.findings.as_slice() {
            [only] => {
                let line = format!("{} {title}: {}", self.mark(only.worst()), plain(&only.message));
                self.line(fork, &line);
                self.findings(margin, &only.details);
            }
            several => {
                let line = format!("{} {title}", self.mark(layer.worst()));
                self.line(fork, &line);
                self.findings(margin, several);
            }
        }
    }

    fn findings(&mut self, margin: &str, findings: &[Finding]) {
        let sound = findings.iter().filter(|found| found.worst() == Severity::Sound).count();
        let hidden = sound.saturating_sub(SOUND_SHOWN);
        let mut room = SOUND_SHOWN;
        let shown: Vec<&Finding> = findings
            .iter()
            .filter(|found| {
                let is_sound = found.worst() == Severity::Sound;
                let fits = !is_sound || room > 0;
                room -= usize::from(is_sound && fits);
                fits
            })
            .collect();
        for (index, found) in shown.iter().enumerate() {
            let (fork, below) = branch(index + 1 == shown.len() && hidden == 0);
            let line = format!("{} {}", self.mark(found.severity), plain(&found.message));
            self.line(&format!("{margin}{fork}"), &line);
            self.findings(&format!("{margin}{below}"), &found.details);
        }
        if hidden > 0 {
            let line = format!("{} and {hidden} more that are sound", self.mark(Severity::Sound));
            self.line(&format!("{margin}└─ "), &line);
        }
    }

    fn end(&mut self, report: &Report) {
        match (report.verdict(), report.first_broken()) {
            (_, Some((kind, found))) => {
                let title = self.painted(RED, &format!("First broken layer: {}", kind.title()));
                self.line("", &title);
                self.advise(found);
            }
            (Verdict::Unknown, None) => {
                let title = self.painted(YELLOW, "Nothing broken was seen, but not everything could be looked at");
                self.line("", &title);
                for found in report.unseen() {
                    self.advise(found);
                }
            }
            _ => {
                let line = self.painted(GREEN, "Every layer is sound");
                self.line("", &line);
            }
        }
    }

    fn advise(&mut self, found: &Finding) {
        self.line("  ", &plain(&found.message));
        self.line("  To do: ", &plain(found.action.as_deref().unwrap_or_default()));
    }

    fn line(&mut self, margin: &str, text: &str) {
        self.text.extend([margin, text, "\n"]);
    }

    fn mark(&self, severity: Severity) -> String {
        match severity {
            Severity::Sound => self.painted(GREEN, "✓"),
            Severity::Notice => self.painted(YELLOW, "!"),
            Severity::Unknown => self.painted(YELLOW, "?"),
            Severity::Symptom | Severity::Degraded | Severity::Broken => self.painted(RED, "✗"),
        }
    }

    fn painted(&self, color: &str, text: &str) -> String {
        terminal::painted(color, text, self.color)
    }
}

fn branch(last: bool) -> (&'static str, &'static str) {
    if last { ("└─ ", "   ") } else { ("├─ ", "│  ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::report::LayerKind;

    fn found(layers: Vec<(LayerKind, Vec<Finding>)>) -> Report {
        let layer = |(kind, findings)| Layer { kind, findings };
        Report {
            namespace: "shop".to_owned(),
            name: "web".to_owned(),
            layers: layers.into_iter().map(layer).collect(),
        }
    }

    #[test]
    fn the_tree_ends_with_the_first_broken_layer_and_what_to_do() {
        let targets = vec![
            Finding::sound("a healthy"),
            Finding::symptom("Unhealthy", "b unhealthy", "-"),
        ];
        let shown = report(
            &found(vec![
                (LayerKind::Hostname, vec![Finding::sound("example.com")]),
                (LayerKind::TargetGroups, vec![Finding::sound("k8s-a").with(targets)]),
                (
                    LayerKind::Pods,
                    vec![Finding::notice("x", "p1"), Finding::broken("PodNotReady", "p2", "look")],
                ),
            ]),
            false,
        );
        let expected = "\
Service shop/web
├─ ✓ hostname: example.com
├─ ✗ target groups: k8s-a
│  ├─ ✓ a healthy
│  └─ ✗ b unhealthy
└─ ✗ pods
   ├─ ! p1
   └─ ✗ p2

First broken layer: pods
  p2
  To do: look
";
        assert_eq!(shown, expected);
    }

    #[test]
    fn of_many_sound_parts_the_most_are_counted() {
        let mut parts: Vec<Finding> = (0..30).map(|number| Finding::sound(format!("t{number}"))).collect();
        parts.push(Finding::symptom("Unhealthy", "the bad one", "-"));
        let shown = report(
            &found(vec![(LayerKind::TargetGroups, vec![Finding::sound("g").with(parts)])]),
            false,
        );
        assert!(
            shown.contains("the bad one") && shown.contains("t9\n") && !shown.contains("t10\n"),
            "{shown}"
        );
        assert!(shown.contains("   └─ ✓ and 20 more that are sound\n"), "{shown}");
    }

    #[test]
    fn what_was_not_seen_ends_it_with_what_to_do() {
        let unseen = Finding::fault(Severity::Unknown, "NotSeen", "no credentials", "set AWS_PROFILE");
        let shown = report(&found(vec![(LayerKind::LoadBalancer, vec![unseen])]), false);
        assert!(
            shown.contains("├─") || shown.contains("└─ ? load balancer: no credentials\n"),
            "{shown}"
        );
        assert!(
            shown.ends_with("  no credentials\n  To do: set AWS_PROFILE\n"),
            "{shown}"
        );
    }

    #[test]
    fn what_others_wrote_cannot_command_the_terminal() {
        let foreign = Finding::broken("x", "a\x1b[2Jb\nc", "do\x07");
        let shown = report(&found(vec![(LayerKind::Service, vec![foreign])]), false);
        assert!(
            shown.contains("a\\u{1b}[2Jb c\n") && shown.ends_with("do\\u{7}\n"),
            "{shown}"
        );
    }

    #[test]
    fn colours_are_only_there_when_asked_for() {
        let sound = found(vec![(LayerKind::Hostname, vec![Finding::sound("x")])]);
        assert!(report(&sound, true).contains("\x1b[32m✓\x1b[0m"));
        assert!(!report(&sound, false).contains('\x1b'));
    }
}

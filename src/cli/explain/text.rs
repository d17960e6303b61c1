//! For people at a terminal.

use super::find::Topic;
use super::words;
use crate::aws::desired::annotations::keys::{Key, PREFIX};

/// Longest default in the list, in characters; the whole stands in the details.
const DEFAULT_WIDTH: usize = 36;

/// One line for each topic, in columns.
#[must_use]
pub fn list(topics: &[Topic], color: bool) -> String {
    let rows: Vec<[String; 4]> = topics.iter().copied().map(row).collect();
    let heading = ["KEY", "FOR", "DEFAULT", "WHAT IT DOES"].map(str::to_owned);
    let width = |column: usize| {
        let cells = rows.iter().chain([&heading]).map(|row| row[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2)];
    let line = |row: &[String; 4]| {
        let [key, kinds, default, help] = row;
        let [first, second, third] = widths;
        format!("{key:first$}  {kinds:second$}  {default:third$}  {help}")
    };
    let mut lines = vec![emphasized(&line(&heading), color)];
    lines.extend(rows.iter().map(line));
    lines.push(String::new());
    lines.push(format!(
        "Each key stands after {PREFIX}; elbow explain KEY tells all about one."
    ));
    lines.join("\n") + "\n"
}

fn row(topic: Topic) -> [String; 4] {
    match topic {
        Topic::Key(key) => [
            words::pattern(key),
            words::kinds(key.kinds).to_owned(),
            shortened(key.default),
            key.help.to_owned(),
        ],
        Topic::Refused(refused) => [
            refused.name.to_owned(),
            "none".to_owned(),
            String::new(),
            format!("Refused: {}.", refused.why),
        ],
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= DEFAULT_WIDTH {
        return text.to_owned();
    }
    let start: String = text.chars().take(DEFAULT_WIDTH - 3).collect();
    format!("{}...", start.trim_end())
}

/// All that the table says of each topic.
#[must_use]
pub fn details(topics: &[Topic], color: bool) -> String {
    let detail = |topic: &Topic| match topic {
        Topic::Key(key) => of_key(key, color),
        Topic::Refused(refused) => {
            let title = emphasized(&format!("{PREFIX}{}", refused.name), color);
            format!("{title}\n\n  Refused: {}.\n", refused.why)
        }
    };
    topics.iter().map(detail).collect::<Vec<_>>().join("\n")
}

fn of_key(key: &Key, color: bool) -> String {
    let mut lines = vec![
        emphasized(&format!("{PREFIX}{}", words::pattern(key)), color),
        String::new(),
        format!("  {}", key.help),
        String::new(),
    ];
    let fields = [
        ("For", Some(words::kinds(key.kinds))),
        ("Suffix", words::suffix(key.suffix)),
        ("Value", Some(words::form(key.form))),
        ("Allowed", Some(key.allowed)),
        ("Default", Some(key.default)),
    ];
    for (name, value) in fields {
        lines.extend(value.map(|value| format!("  {name:8} {value}")));
    }
    lines.extend(["", "  metadata:", "    annotations:"].map(str::to_owned));
    lines.push(format!("      {}", words::example(key)));
    lines.join("\n") + "\n"
}

/// In bold (ECMA-48, "Select Graphic Rendition").
fn emphasized(text: &str, color: bool) -> String {
    if color {
        format!("\u{1b}[1m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::find::topics;
    use super::*;
    use crate::aws::desired::annotations::keys::{KEYS, REFUSED};

    #[test]
    fn the_list_has_a_line_for_each_key_with_kinds_default_and_help() {
        let list = list(&Topic::all(), false);
        for key in KEYS {
            let start = format!("{} ", words::pattern(key));
            let line = list.lines().find(|line| line.starts_with(&start)).unwrap();
            assert!(
                line.contains(words::kinds(key.kinds)) && line.ends_with(key.help),
                "{line}"
            );
            assert!(line.contains(&shortened(key.default)), "{line}");
        }
        assert!(REFUSED.iter().all(|refused| list.contains(refused.why)));
    }

    #[test]
    fn the_details_of_a_key_say_all_that_the_table_says() {
        for key in KEYS {
            let details = details(&[Topic::Key(key)], false);
            for said in [
                key.help,
                key.allowed,
                key.default,
                words::kinds(key.kinds),
                words::form(key.form),
            ] {
                assert!(details.contains(said), "{details}");
            }
            assert!(details.contains(&words::example(key)), "{details}");
            assert!(
                words::suffix(key.suffix).is_none_or(|suffix| details.contains(suffix)),
                "{details}"
            );
        }
    }

    #[test]
    fn the_details_look_so() {
        let details = details(&topics("healthcheck-interval").unwrap(), false);
        let expected = "\
service.beta.kubernetes.io/aws-load-balancer-healthcheck-interval

  Seconds between two probes.

  For      NLB, ALB
  Value    a decimal number
  Allowed  5 to 300
  Default  10; 15 of an application load balancer

  metadata:
    annotations:
      service.beta.kubernetes.io/aws-load-balancer-healthcheck-interval: \"30\"
";
        assert_eq!(details, expected);
    }

    #[test]
    fn colours_change_nothing_but_colours() {
        let plain = details(&Topic::all(), false) + &list(&Topic::all(), false);
        let coloured = details(&Topic::all(), true) + &list(&Topic::all(), true);
        assert!(!plain.contains('\u{1b}'));
        assert!(coloured.contains('\u{1b}'));
        assert_eq!(coloured.replace("\u{1b}[1m", "").replace("\u{1b}[0m", ""), plain);
    }
}

//! The page docs/annotations.md.

use super::find::Topic;
use super::words;
use crate::aws::desired::annotations::keys::{KEYS, Key, REFUSED};

/// What stands above the table.
const INTRODUCTION: &str = include_str!("introduction.md");

/// The whole page.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    page.push_str("\n| Key | For | What it does |\n| --- | --- | --- |\n");
    for key in KEYS {
        let pattern = words::pattern(key);
        let (kinds, help) = (words::kinds(key.kinds), escaped(key.help));
        page.push_str(&format!(
            "| [`{pattern}`](#{}) | {kinds} | {help} |\n",
            anchor(&pattern)
        ));
    }
    page.push_str("\n## Refused\n\n| Key | Why |\n| --- | --- |\n");
    for refused in REFUSED {
        page.push_str(&format!("| `{}` | {} |\n", refused.name, escaped(refused.why)));
    }
    page.push_str("\n## Each key\n\n");
    let keys: Vec<Topic> = KEYS.iter().copied().map(Topic::Key).collect();
    page + &sections(&keys)
}

/// A section for each topic.
#[must_use]
pub fn sections(topics: &[Topic]) -> String {
    let section = |topic: &Topic| match topic {
        Topic::Key(key) => of_key(key),
        Topic::Refused(refused) => format!("### {}\n\nRefused: {}.\n", refused.name, escaped(refused.why)),
    };
    topics.iter().map(section).collect::<Vec<_>>().join("\n")
}

fn of_key(key: &Key) -> String {
    let suffix = words::suffix(key.suffix).map(|suffix| format!("- Suffix: {}\n", escaped(suffix)));
    format!(
        "### {}\n\n{}\n\n- For: {}\n{}- Value: {}\n- Allowed: {}\n- Default: {}\n\n```yaml\n{}\n```\n",
        words::pattern(key),
        escaped(key.help),
        words::kinds(key.kinds),
        suffix.unwrap_or_default(),
        escaped(words::form(key.form)),
        escaped(key.allowed),
        escaped(key.default),
        words::example(key),
    )
}

/// The fragment that GitHub gives to a heading: lower case, without anything but letters, digits, hyphens and underscores.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|one| one.is_alphanumeric() || "-_".contains(*one));
    kept.flat_map(char::to_lowercase).collect()
}

/// Text that Markdown shows as it is.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for one in text.chars() {
        if matches!(one, '*' | '|' | '<' | '\\') {
            escaped.push('\\');
        }
        escaped.push(one);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_says_what_the_table_says() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/annotations.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(file, page()).unwrap();
        }
        let (page, kept) = (page(), std::fs::read_to_string(file).unwrap());
        let differs = page.lines().zip(kept.lines()).find(|(one, other)| one != other);
        assert!(
            page == kept,
            "UPDATE_DOCS=1 mends it; the first difference: {differs:?}"
        );
    }

    #[test]
    fn every_link_of_the_table_leads_to_a_section() {
        let page = page();
        let headings: Vec<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix("### "))
            .map(anchor)
            .collect();
        assert_eq!(headings.len(), KEYS.len());
        for (index, heading) in headings.iter().enumerate() {
            assert!(!headings[..index].contains(heading), "{heading} stands twice");
            assert!(page.contains(&format!("(#{heading})")), "{heading}");
        }
    }
}

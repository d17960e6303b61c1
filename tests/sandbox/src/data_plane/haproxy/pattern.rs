//! The patterns of rule conditions: `*` stands for any text, `?` for one character, a backslash before them for themselves
//! (Application Load Balancer guide, "Condition types for listener rules").

/// A regular expression for the pattern, without anchors; `any` is the class of characters that wildcards stand for.
pub(super) fn regex(pattern: &str, any: &str) -> String {
    let mut regex = String::new();
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '*' => regex.push_str(&format!("{any}*")),
            '?' => regex.push_str(any),
            '\\' => {
                let escaped = characters.next_if(|next| matches!(next, '*' | '?'));
                regex.push_str(&quoted(escaped.unwrap_or('\\')));
            }
            other => regex.push_str(&quoted(other)),
        }
    }
    regex
}

/// The whole text must match.
pub(super) fn whole(pattern: &str) -> String {
    format!("^{}$", regex(pattern, "."))
}

fn quoted(character: char) -> String {
    if character.is_ascii() && !character.is_ascii_alphanumeric() {
        format!("\\{character}")
    } else {
        character.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_text_and_all_else_for_itself() {
        assert_eq!(whole("/img/*.p?g"), r"^\/img\/.*\.p.g$");
        assert_eq!(whole("*.example.com"), r"^.*\.example\.com$");
        assert_eq!(whole(r"a\*b\\?"), r"^a\*b\\\?$");
        assert_eq!(regex("a*", "[^&]"), "a[^&]*");
    }
}

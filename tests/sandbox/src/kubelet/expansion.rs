//! `$(NAME)` in a container's args and environment, as Kubernetes expands it.
//!
//! Rules: Kubernetes documentation, "Define Dependent Environment Variables". An unknown name stays as it is, `$$` is an
//! escaped `$`, so that `$$(NAME)` comes out as `$(NAME)`; a `$` before anything else stays.

/// Expands all references in `text`; `value_of` knows the variables.
#[must_use]
pub fn expand<'a>(text: &str, value_of: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            expanded.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|reference| reference.split_once(')')) {
            match value_of(name) {
                Some(value) => expanded.push_str(value),
                None => expanded.extend(["$(", name, ")"]),
            }
            rest = after;
        } else {
            expanded.push('$');
        }
    }
    expanded.push_str(rest);
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_expand_as_kubernetes_documents() {
        let table = [
            ("plain", "plain"),
            ("$(A)", "1"),
            ("--bind=$(A):80,$(B)", "--bind=1:80,two"),
            ("$(UNKNOWN)", "$(UNKNOWN)"),
            ("$$(A)", "$(A)"),
            ("$$$(A)", "$1"),
            ("$$$$", "$$"),
            ("$A ${A} $", "$A ${A} $"),
            ("$(A", "$(A"),
            ("$()", "$()"),
            ("$(LOOP)", "$(A)"),
        ];
        for (text, expected) in table {
            let value_of = |name: &str| match name {
                "A" => Some("1"),
                "B" => Some("two"),
                "LOOP" => Some("$(A)"),
                _ => None,
            };
            assert_eq!(expand(text, value_of), expected, "{text}");
        }
    }
}

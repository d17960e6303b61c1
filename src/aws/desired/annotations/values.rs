//! The forms in which annotations are written. Each function takes a trimmed value; an error is the rest of the sentence
//! "`value` ...".

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::super::invalid::quoted;

/// Why a value is refused, besides not being among the allowed ones; may be empty.
pub(super) type Refusal = String;

/// `true` or `false`.
pub(super) fn boolean(value: &str) -> Result<bool, Refusal> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Refusal::new()),
    }
}

/// `on` or `off`.
pub(super) fn switch(value: &str) -> Result<bool, Refusal> {
    match value {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(Refusal::new()),
    }
}

/// An identifier of AWS: a prefix and hexadecimal digits.
pub(super) fn id<'a>(value: &'a str, prefix: &str) -> Option<&'a str> {
    let digits = value.strip_prefix(prefix)?;
    let sound = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    sound.then_some(value)
}

/// A decimal number without sign.
pub(super) fn number(value: &str, range: RangeInclusive<u16>) -> Result<u16, Refusal> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|number| digits && range.contains(number));
    number.ok_or_else(Refusal::new)
}

/// The elements between commas, trimmed; empty ones are left out.
pub(super) fn list(value: &str) -> Vec<&str> {
    value
        .split(',')
        .map(str::trim)
        .filter(|element| !element.is_empty())
        .collect()
}

/// The elements between commas, each of which must have a meaning; at least one.
pub(super) fn several<T>(value: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Refusal> {
    let refused = |element: &str| format!("holds {}, which is not allowed", quoted(element));
    let elements = list(value).into_iter();
    let parsed: Vec<_> = elements
        .map(|element| parse(element).ok_or_else(|| refused(element)))
        .collect::<Result<_, _>>()?;
    if parsed.is_empty() {
        Err("is empty".into())
    } else {
        Ok(parsed)
    }
}

/// As [`several`], and none twice.
pub(super) fn distinct<T: Ord>(value: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Refusal> {
    let elements = several(value, parse)?;
    if elements.iter().collect::<BTreeSet<_>>().len() < elements.len() {
        return Err("names one twice".into());
    }
    Ok(elements)
}

/// `key=value,key=value` with `\,` for a comma that does not separate. Keys and values are trimmed; a value may be empty
/// and may hold further `=`.
pub(super) fn map(value: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let mut map = BTreeMap::new();
    for pair in split_unescaped(value) {
        let pair = pair.trim();
        if pair.is_empty() {
            continue;
        }
        let (key, value) = pair.split_once('=').ok_or("has an element without `=`")?;
        if key.trim().is_empty() {
            return Err("has an element without a key".to_owned());
        }
        if map.insert(key.trim().to_owned(), value.trim().to_owned()).is_some() {
            return Err("names a key twice".to_owned());
        }
    }
    Ok(map)
}

fn split_unescaped(value: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = (character == '\\').then(|| characters.next_if_eq(&',')).flatten();
        match (character, escaped, parts.last_mut()) {
            (',', _, _) | (_, _, None) => parts.push(String::new()),
            (_, Some(comma), Some(part)) => part.push(comma),
            (_, None, Some(part)) => part.push(character),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", &[])]
    #[case(" a , b,,", &["a", "b"])]
    fn a_list_is_split_at_commas(#[case] value: &str, #[case] expected: &[&str]) {
        assert_eq!(list(value), expected);
    }

    #[rstest]
    #[case("", &[])]
    #[case("a=1, b = 2 ,", &[("a", "1"), ("b", "2")])]
    #[case(r"a=1\,2,b=x=y", &[("a", "1,2"), ("b", "x=y")])]
    #[case(r"a=,b=\\,c=3", &[("a", ""), ("b", r"\,c=3")])]
    #[case(r"a=\d\", &[("a", r"\d\")])]
    fn a_map_is_split_at_commas_that_are_not_escaped(#[case] value: &str, #[case] expected: &[(&str, &str)]) {
        let expected = expected
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(map(value), Ok(expected));
    }

    #[rstest]
    #[case("a")]
    #[case("=1")]
    #[case("a=1,a=2")]
    fn a_map_with_an_ambiguous_element_is_refused(#[case] value: &str) {
        assert!(map(value).is_err());
    }

    #[rstest]
    #[case("5", Some(5))]
    #[case("4", None)]
    #[case("11", None)]
    #[case("+5", None)]
    #[case("-5", None)]
    #[case("5.0", None)]
    #[case("NaN", None)]
    #[case("99999999999999999999", None)]
    #[case("", None)]
    fn a_number_is_taken_within_its_range(#[case] value: &str, #[case] expected: Option<u16>) {
        assert_eq!(number(value, 5..=10).ok(), expected);
    }

    proptest! {
        #[test]
        fn a_map_that_was_written_with_escapes_is_read_back(
            pairs in proptest::collection::btree_map("[a-z./]{1,9}", "[a-z,=:]{0,9}", 0..6)
        ) {
            let pair = |(key, value): (&String, &String)| format!("{key}={}", value.replace(',', r"\,"));
            let written = pairs.iter().map(pair).collect::<Vec<_>>().join(",");
            prop_assert_eq!(map(&written), Ok(pairs));
        }
    }
}

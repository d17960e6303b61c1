//! Words of HAProxy's configuration language (configuration manual, section 2.2, "Quoting and escaping").

/// One word, whatever the text holds: what could mean something to the parser is written by its code.
pub(super) fn word(text: &str) -> String {
    let mut word = String::with_capacity(text.len());
    for byte in text.bytes() {
        let character = char::from(byte);
        if character.is_ascii_alphanumeric() || "^$*+?.()[]|/_-:;,=<>&@!~{}%".contains(character) {
            word.push(character);
        } else {
            word.push_str(&format!("\\x{byte:02x}"));
        }
    }
    word
}

/// One word that is a log format, in which `%` begins a variable, so that the text itself comes out.
pub(super) fn literal(text: &str) -> String {
    word(text).replace('%', "%%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_parser_would_take_for_its_own_is_written_by_its_code() {
        assert_eq!(word("a b\n\"'#\\"), r"a\x20b\x0a\x22\x27\x23\x5c");
        assert_eq!(word("/shop/*?a=1"), "/shop/*?a=1");
        assert_eq!(word("ü"), r"\xc3\xbc");
        assert_eq!(literal("/a%20b"), "/a%%20b");
    }
}

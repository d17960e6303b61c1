//! Words for what the table holds, the same in every format.

use crate::aws::desired::annotations::keys::{Form, Key, Kinds, PREFIX, Suffix};

/// Name and placeholder of the suffix, as in `actions.PROTOCOL-PORT`.
pub(super) fn pattern(key: &Key) -> String {
    format!("{}{}", key.name, placeholder(key.suffix))
}

/// What stands for a suffix.
pub(super) fn placeholder(suffix: Suffix) -> &'static str {
    match suffix {
        Suffix::None => "",
        Suffix::Port => ".PORT",
        Suffix::Listener => ".PROTOCOL-PORT",
    }
}

/// How a suffix is written; none where there is none.
pub(super) fn suffix(suffix: Suffix) -> Option<&'static str> {
    match suffix {
        Suffix::None => None,
        Suffix::Port => Some(".PORT, the number of a port of the Service, such as .443"),
        Suffix::Listener => Some(
            ".PROTOCOL-PORT, the protocol of a listener as AWS writes it and its port, such as .TCP-80, .TLS-443 or .HTTPS-443",
        ),
    }
}

/// For which load balancers a key is.
pub(super) fn kinds(kinds: Kinds) -> &'static str {
    match kinds {
        Kinds::Network => "NLB",
        Kinds::Application => "ALB",
        Kinds::Both => "NLB, ALB",
    }
}

/// How a value is written.
pub(super) fn form(form: Form) -> &'static str {
    match form {
        Form::Word => "one word",
        Form::Switch => "on or off",
        Form::Json => "a JSON object",
        Form::Boolean => "true or false",
        Form::Number => "a decimal number",
        Form::List => "words with commas between",
        Form::Map => r"key=value with commas between; \, is a comma that does not separate",
    }
}

/// A line of YAML under `annotations`. The value is quoted always: YAML would read `on` and `10` as something else than
/// text, which Kubernetes refuses in an annotation.
pub(super) fn example(key: &Key) -> String {
    let suffix = match key.suffix {
        Suffix::None => "",
        Suffix::Port => ".443",
        Suffix::Listener => ".TCP-80",
    };
    let value = if key.example.contains(['"', '\\']) {
        format!("'{}'", key.example.replace('\'', "''"))
    } else {
        format!("\"{}\"", key.example)
    };
    format!("{PREFIX}{}{suffix}: {value}", key.name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::aws::desired::annotations::keys::KEYS;

    #[test]
    fn every_example_is_yaml_that_says_what_the_table_says() {
        for key in KEYS {
            let yaml = example(key);
            let read: BTreeMap<String, String> = serde_saphyr::from_str(&yaml).unwrap();
            let (name, value) = read.first_key_value().unwrap();
            assert!(name.starts_with(&key.to_string()), "{yaml}");
            assert_eq!(value, key.example, "{yaml}");
        }
    }
}

//! For programs. Its shape is stable: fields are added, never renamed or taken away.
//!
//! ```json
//! [
//!   {
//!     "key": "service.beta.kubernetes.io/actions", "suffix": ".PROTOCOL-PORT", "supported": true, "kinds": ["network",
//!     "application"], "form": "json", "default": "...", "allowed": "...", "example": "...", "help": "..."
//!   },
//!   {"key": "service.beta.kubernetes.io/aws-load-balancer-quic-enabled-ports", "supported": false, "help": "..."}
//! ]
//! ```
//!
//! `suffix` is null where nothing may follow the key. `form` is `word`, `switch`, `json`, `boolean`, `number`, `list` or
//! `map`. Of a key that is not supported `help` says why.

use serde_json::{Value, json};

use super::find::Topic;
use super::words::placeholder;
use crate::aws::desired::annotations::keys::{Form, Key, Kinds, PREFIX, Suffix};

/// The topics as a JSON array.
#[must_use]
pub fn topics(topics: &[Topic]) -> String {
    let topics: Value = topics.iter().copied().map(topic).collect();
    format!("{topics:#}\n")
}

fn topic(topic: Topic) -> Value {
    match topic {
        Topic::Key(key) => of_key(key),
        Topic::Refused(refused) => json!({
            "key": format!("{PREFIX}{}", refused.name),
            "supported": false,
            "help": refused.why,
        }),
    }
}

fn of_key(key: &Key) -> Value {
    let suffix = match key.suffix {
        Suffix::None => None,
        suffix @ (Suffix::Port | Suffix::Listener) => Some(placeholder(suffix)),
    };
    let kinds: &[&str] = match key.kinds {
        Kinds::Network => &["network"],
        Kinds::Application => &["application"],
        Kinds::Both => &["network", "application"],
    };
    let form = match key.form {
        Form::Word => "word",
        Form::Switch => "switch",
        Form::Json => "json",
        Form::Boolean => "boolean",
        Form::Number => "number",
        Form::List => "list",
        Form::Map => "map",
    };
    json!({
        "key": format!("{PREFIX}{}", key.name),
        "suffix": suffix,
        "supported": true,
        "kinds": kinds,
        "form": form,
        "default": key.default,
        "allowed": key.allowed,
        "example": key.example,
        "help": key.help,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_is_there_with_all_that_the_table_says() {
        let all = Topic::all();
        let printed: Vec<Value> = serde_json::from_str(&topics(&all)).unwrap();
        assert_eq!(printed.len(), all.len());
        for (value, topic) in printed.iter().zip(&all) {
            match topic {
                Topic::Key(key) => {
                    assert_eq!(value["key"], key.to_string());
                    assert_eq!(value["suffix"].is_null(), key.suffix == Suffix::None);
                    assert_eq!(value["supported"], true);
                    for (field, said) in [
                        ("default", key.default),
                        ("allowed", key.allowed),
                        ("example", key.example),
                        ("help", key.help),
                    ] {
                        assert_eq!(value[field], said, "{}", key.name);
                    }
                }
                Topic::Refused(refused) => {
                    assert_eq!(
                        (&value["supported"], &value["help"]),
                        (&json!(false), &json!(refused.why))
                    );
                }
            }
        }
    }
}

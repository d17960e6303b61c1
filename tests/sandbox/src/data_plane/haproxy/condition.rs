//! Conditions of rules as HAProxy's access control lists: within one any value may match, and all lists of a line must.

use super::pattern;
use super::word::word;
use crate::data_plane::model::{Condition, Query};

/// The variable that holds the host name asked for, in lower case and without a port.
pub(super) const HOST: &str = "txn.host";

/// The list for a condition.
pub(super) fn list(condition: &Condition) -> String {
    match condition {
        Condition::Host(values) => matching(&format!("var({HOST})"), "-i", values),
        Condition::Path(values) => matching("path", "", values),
        Condition::Header { name, values } => matching(&format!("req.fhdr({})", word(name)), "-i", values),
        Condition::Method(values) => braces("method -m str --", values.iter().map(|value| word(value))),
        Condition::Query(parts) => braces("query -m reg -i --", parts.iter().map(part)),
        Condition::Source(ranges) => braces("src", ranges.iter().map(ToString::to_string)),
    }
}

fn matching(what: &str, flags: &str, values: &[String]) -> String {
    let patterns = values.iter().map(|value| word(&pattern::whole(value)));
    braces(&format!("{what} -m reg {flags} --"), patterns)
}

/// Somewhere in the query, between its separators.
fn part(query: &Query) -> String {
    let any = "[^&]";
    let value = pattern::regex(&query.value, any);
    let key = match &query.key {
        Some(key) => format!("{}=", pattern::regex(key, any)),
        None => "([^&=]*=)?".to_owned(),
    };
    word(&format!("(^|&){key}{value}(&|$)"))
}

fn braces(test: &str, values: impl Iterator<Item = String>) -> String {
    let values: Vec<String> = values.collect();
    format!("{{ {test} {} }}", values.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    #[test]
    fn each_kind_of_condition_has_its_list() {
        let host = Condition::Host(texts(&["a.example", "*.b.example"]));
        let path = Condition::Path(texts(&["/x y"]));
        let header = Condition::Header {
            name: "X-Tier".to_owned(),
            values: texts(&["go?d"]),
        };
        let method = Condition::Method(texts(&["GET", "HEAD"]));
        let source = Condition::Source(vec!["10.0.0.0/8".parse().unwrap(), "192.0.2.1/32".parse().unwrap()]);
        assert_eq!(
            list(&host),
            r"{ var(txn.host) -m reg -i -- ^a\x5c.example$ ^.*\x5c.b\x5c.example$ }"
        );
        assert_eq!(list(&path), r"{ path -m reg  -- ^\x5c/x\x5c\x20y$ }");
        assert_eq!(list(&header), "{ req.fhdr(X-Tier) -m reg -i -- ^go.d$ }");
        assert_eq!(list(&method), "{ method -m str -- GET HEAD }");
        assert_eq!(list(&source), "{ src 10.0.0.0/8 192.0.2.1/32 }");
        let query = Condition::Query(vec![
            Query {
                key: Some("v".to_owned()),
                value: "1*".to_owned(),
            },
            Query {
                key: None,
                value: "beta".to_owned(),
            },
        ]);
        assert_eq!(
            list(&query),
            "{ query -m reg -i -- (^|&)v=1[^&]*(&|$) (^|&)([^&=]*=)?beta(&|$) }"
        );
    }
}

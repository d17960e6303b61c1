//! Annotations of all kinds.

use proptest::prelude::*;

use crate::aws::desired::annotations::keys::{Form, KEYS, Key, Suffix};

/// What many keys need beside them to have a meaning.
fn context() -> impl Strategy<Value = Vec<(String, String)>> {
    let public = proptest::option::of(Just(("aws-load-balancer-scheme", "internet-facing")));
    let dualstack = proptest::option::of(Just(("aws-load-balancer-ip-address-type", "dualstack")));
    let source_nat = proptest::option::of(Just(("aws-load-balancer-enable-prefix-for-ipv6-source-nat", "on")));
    let certificate = "arn:aws:acm:us-east-1:123456789012:certificate/0a";
    let certificate = proptest::option::of(Just(("aws-load-balancer-ssl-cert", certificate)));
    let groups = proptest::option::weighted(0.2, Just(("aws-load-balancer-disable-nlb-sg", "true")));
    (public, dualstack, source_nat, certificate, groups).prop_map(
        |(public, dualstack, source_nat, certificate, groups)| {
            let source_nat = source_nat.filter(|_| dualstack.is_some());
            let chosen = [public, dualstack, source_nat, certificate, groups]
                .into_iter()
                .flatten();
            chosen.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
        },
    )
}

/// Values of a key, of which some make sense.
fn value_of(key: &'static Key) -> BoxedStrategy<String> {
    let words: &[&str] = match key.form {
        Form::Boolean => &["true", "false"],
        Form::Switch => &["on", "off"],
        Form::Number => &["2", "5", "10", "300"],
        Form::List => &[
            "subnet-1a,subnet-2a",
            "subnet-3b,subnet-1b",
            "eipalloc-1,eipalloc-2",
            "80",
            "tcp-80",
            "auto_assigned",
        ],
        Form::Map => &[
            "a=b",
            "deletion_protection.enabled=true",
            "stickiness.enabled=true",
            "CapacityUnits=9",
        ],
        Form::Word => &[
            "internal",
            "internet-facing",
            "ipv4",
            "dualstack",
            "ssl",
            "80",
            "443",
            "HTTP2Only",
            "http",
            "*",
        ],
        Form::Json => &["{}", r#"{"type":"forward","forwardConfig":{"baseServiceWeight":1}}"#],
    };
    prop_oneof![
        4 => Just(key.example.to_owned()),
        3 => proptest::sample::select(words).prop_map(str::to_owned),
        1 => "[-a-z0-9=,./:{}\"]{0,30}",
    ]
    .boxed()
}

/// Annotations over the whole table, with suffixes where they belong.
pub(super) fn annotations() -> impl Strategy<Value = Vec<(String, String)>> {
    let annotation = proptest::sample::select(KEYS).prop_flat_map(|key| {
        let suffix = match key.suffix {
            Suffix::None => Just("").boxed(),
            Suffix::Port => proptest::sample::select(&[".80", ".53", ".1"][..]).boxed(),
            Suffix::Listener => proptest::sample::select(&[".TCP-80", ".UDP-53", ".HTTP-80", ".TLS-80"][..]).boxed(),
        };
        (suffix, value_of(key)).prop_map(|(suffix, value)| (format!("{}{suffix}", key.name), value))
    });
    let some = proptest::collection::vec(annotation, 0..4);
    (context(), some).prop_map(|(mut context, some)| {
        context.extend(some);
        context
    })
}

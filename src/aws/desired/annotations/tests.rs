use proptest::prelude::*;
use rstest::rstest;

use super::keys::{FAMILY, Form, KEYS, Key, Kinds, REFUSED, Suffix};
use super::reader::MAX_VALUE;
use super::*;
use crate::aws::desired::fixtures::{Case, tcp};

/// A Service on which the example of every key makes sense.
fn case() -> Case {
    let mut https = tcp(443, 30443);
    https.name = Some("https".into());
    let mut case = Case::new().ports([tcp(80, 30080), https]);
    let mut backend = tcp(8080, 30090);
    backend.name = Some("http".into());
    case.service.companions.insert("canary".into(), vec![backend]);
    case.facts.subnets[0].id = crate::aws::ids::SubnetId::new(keys::SUBNETS.example);
    case
}

/// The case as far as it must be for this key to be allowed.
fn case_for(key: &Key) -> Case {
    let case = if key.kinds == Kinds::Application {
        case().alb()
    } else {
        case()
    };
    let dualstack = (keys::ADDRESS_TYPE.name, "dualstack");
    let certificate = (keys::SSL_CERT.name, keys::SSL_CERT.example);
    let context: &[_] = match key {
        _ if *key == keys::EIP_ALLOCATIONS => &[(keys::SCHEME.name, "internet-facing")],
        _ if [&keys::IPV6_ADDRESSES, &keys::IPV6_SOURCE_NAT].contains(&key) => &[dualstack],
        _ if *key == keys::SOURCE_NAT_PREFIXES => &[dualstack, (keys::IPV6_SOURCE_NAT.name, "on")],
        _ if [
            &keys::SSL_PORTS,
            &keys::SSL_POLICY,
            &keys::SSL_REDIRECT,
            &keys::ALPN_POLICY,
        ]
        .contains(&key) =>
        {
            &[certificate]
        }
        _ if *key == keys::BACKEND_PROTOCOL => &[certificate],
        _ if *key == keys::ACCESS_LOG_ENABLED => &[(keys::ACCESS_LOG_BUCKET.name, "logs")],
        // Two subnets at least, in zones of their own.
        _ => &[],
    };
    case.annotate_all(context)
}

/// The name with a suffix that fits the case.
fn full(key: &Key) -> String {
    match key.suffix {
        Suffix::None => key.name.to_owned(),
        Suffix::Port => format!("{}.80", key.name),
        Suffix::Listener => format!("{}.TCP-80", key.name),
    }
}

#[test]
fn the_example_of_every_key_is_accepted() {
    for key in KEYS {
        let case = case_for(key).annotate(&full(key), key.example);
        assert!(case.result().is_ok(), "{key}={}: {:?}", key.example, case.result());
    }
}

/// A key that nobody reads would pass this value.
#[test]
fn a_bad_value_of_any_key_is_refused_by_naming_key_value_and_what_is_allowed() {
    for key in KEYS.iter().filter(|key| !names_things_in_aws(key)) {
        let invalid = case_for(key).annotate(&full(key), "\u{7}no,=such").invalid();
        let message = &invalid.message;
        assert!(
            message.contains(&full(key)) && message.contains("no"),
            "{key}: {message}"
        );
        assert!(!message.contains('\u{7}'), "{key}: {message}");
        assert!(
            invalid.reason == "InvalidSourceRange" || message.contains(&key.allowed[..key.allowed.len().min(200)]),
            "{key}: {message}"
        );
    }
}

/// Any text may be a tag `Name`, so that only AWS knows.
fn names_things_in_aws(key: &Key) -> bool {
    [keys::SUBNETS.name, keys::SECURITY_GROUPS.name].contains(&key.name)
}

#[test]
fn a_value_of_any_size_is_refused_without_being_repeated() {
    for key in KEYS {
        let invalid = case_for(key).annotate(&full(key), &"9".repeat(MAX_VALUE + 1)).invalid();
        assert!(
            invalid.message.contains("is longer than 32768 bytes"),
            "{key}: {invalid}"
        );
        assert!(invalid.message.len() <= Invalid::MAX_MESSAGE);
    }
}

#[test]
fn a_key_for_the_other_kind_of_load_balancer_is_refused_by_saying_for_which_it_is() {
    for key in KEYS.iter().filter(|key| key.kinds != Kinds::Both) {
        let (case, meant) = match key.kinds {
            Kinds::Network => (case().alb(), "is for network load balancers only"),
            _ => (case(), "is for application load balancers only"),
        };
        let invalid = case.annotate(&full(key), key.example).invalid();
        assert_eq!(invalid.reason, "UnsupportedAnnotation", "{key}");
        assert!(
            invalid.message.contains(&full(key)) && invalid.message.contains(meant),
            "{invalid}"
        );
    }
}

#[test]
fn a_key_that_would_serve_something_else_is_refused_with_the_reason() {
    for refused in REFUSED {
        let invalid = case().annotate(refused.name, "443").invalid();
        assert_eq!(invalid.reason, "UnsupportedAnnotation");
        assert!(
            invalid.message.contains(refused.name) && invalid.message.contains(refused.why),
            "{invalid}"
        );
    }
}

#[rstest]
#[case("aws-load-balancer-target-group-attributes.http")]
#[case("aws-load-balancer-target-group-attributes.0")]
#[case("aws-load-balancer-target-group-attributes.70000")]
#[case("aws-load-balancer-target-group-attributes.")]
#[case("aws-load-balancer-listener-attributes.TCP")]
#[case("aws-load-balancer-listener-attributes.80")]
#[case("aws-load-balancer-listener-attributes.SCTP-80")]
#[case("aws-load-balancer-listener-attributes.TCP-080")]
#[case("actions.TCP")]
#[case("actions.weighted")]
fn a_suffix_that_names_no_port_or_listener_is_refused_by_saying_what_it_must_be(#[case] name: &str) {
    let invalid = case().annotate(name, "a=b").invalid();
    assert_eq!(invalid.reason, "UnsupportedAnnotation");
    assert!(
        invalid.message.contains(name) && invalid.message.contains("must end with"),
        "{invalid}"
    );
}

#[rstest]
#[case("aws-load-balancer-listener-attributes")]
#[case("aws-load-balancer-attributes.80")]
fn a_suffix_that_is_missing_or_too_much_makes_another_key(#[case] name: &str) {
    let invalid = case().annotate(name, "a=b").invalid();
    assert!(
        invalid
            .message
            .contains(&format!("{name}` (value `a=b`) is not supported")),
        "{invalid}"
    );
}

use crate::aws::desired::Invalid;

#[test]
fn all_faults_are_named_at_once() {
    let case = case()
        .annotate("aws-load-balancer-scheme", "public")
        .annotate("aws-load-balancer-name", "-x")
        .annotate("aws-load-balancer-healthcheck-interval", "1");
    let message = case.invalid().message;
    for part in [
        "scheme: `public`",
        "name: `-x`",
        "interval: `1` is not allowed; allowed: 5 to 300",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[rstest]
#[case("aws-load-balancer-extra-security-groups")]
#[case("aws-load-balancer-Scheme")]
#[case("aws-load-balancer-")]
fn a_key_of_the_family_that_is_not_handled_is_refused(#[case] name: &str) {
    let invalid = Case::new().annotate(name, "x").invalid();
    assert_eq!(invalid.reason, "UnsupportedAnnotation");
    assert!(invalid.message.contains(&format!("{name}` (value `x`)")), "{invalid}");
    assert!(invalid.message.contains("elbow explain"), "{invalid}");
}

#[test]
fn keys_of_other_families_are_not_looked_at() {
    let mut case = Case::new();
    case.service
        .annotations
        .insert("external-dns.alpha.kubernetes.io/hostname".into(), "\u{0}".into());
    case.service.annotations.insert(
        "service.beta.kubernetes.io/azure-load-balancer-internal".into(),
        "x".into(),
    );
    assert_eq!(case.stack(), Case::new().stack());
}

#[rstest]
#[case("aws-load-balancer-type", "nlb-ip")]
#[case("aws-load-balancer-type", "nlb")]
#[case("aws-load-balancer-nlb-target-type", "ip")]
#[case("aws-load-balancer-internal", "0.0.0.0/0")]
#[case("aws-load-balancer-name", "internal-x")]
#[case("aws-load-balancer-name", "a_b")]
#[case("aws-load-balancer-name", "a23456789012345678901234567890123")]
#[case("aws-load-balancer-name", "")]
#[case("aws-load-balancer-scheme", "")]
#[case("aws-load-balancer-ssl-cert", "arn:aws:s3:::bucket/x")]
#[case("aws-load-balancer-ssl-cert", "my-certificate")]
#[case("aws-load-balancer-ssl-ports", "0")]
#[case("aws-load-balancer-ssl-ports", "70000")]
#[case("aws-load-balancer-ssl-ports", "*,80")]
#[case("aws-load-balancer-ssl-negotiation-policy", "TLS13-1-2-2021-06")]
#[case("aws-load-balancer-ssl-negotiation-policy", "ELBSecurityPolicy-")]
#[case("aws-load-balancer-ssl-negotiation-policy", "ELBSecurityPolicy-a b")]
#[case("aws-load-balancer-backend-protocol", "udp")]
#[case("aws-load-balancer-alpn-policy", "http2preferred")]
#[case("aws-load-balancer-proxy-protocol", "true")]
#[case("aws-load-balancer-proxy-protocol-per-target-group", "8080")]
#[case("aws-load-balancer-proxy-protocol-per-target-group", "*")]
#[case("aws-load-balancer-target-group-attributes.80", "stickiness.enabled=maybe")]
#[case("aws-load-balancer-target-group-attributes.81", "stickiness.enabled=true")]
#[case("aws-load-balancer-listener-attributes.TCP-80", "tcp.idle_timeout.seconds=59")]
#[case("aws-load-balancer-listener-attributes.TCP-80", "idle=1")]
#[case("aws-load-balancer-listener-attributes.TCP-81", "tcp.idle_timeout.seconds=60")]
#[case("aws-load-balancer-listener-attributes.TLS-80", "tcp.idle_timeout.seconds=60")]
#[case("aws-load-balancer-multi-cluster-target-group", "yes")]
#[case("aws-load-balancer-enable-tcp-udp-listener", "false")]
#[case("aws-load-balancer-healthcheck-success-codes", "12")]
#[case("aws-load-balancer-healthcheck-success-codes", "50-250")]
#[case("aws-load-balancer-healthcheck-port", "70000")]
#[case("aws-load-balancer-healthcheck-port", "0")]
#[case("aws-load-balancer-healthcheck-protocol", "udp")]
#[case("aws-load-balancer-healthcheck-path", "healthz")]
#[case("aws-load-balancer-healthcheck-path", "/a b")]
#[case("aws-load-balancer-healthcheck-success-codes", "")]
#[case("aws-load-balancer-healthcheck-success-codes", "199")]
#[case("aws-load-balancer-healthcheck-success-codes", "300-200")]
#[case("aws-load-balancer-healthcheck-success-codes", "200-600")]
#[case("aws-load-balancer-healthcheck-timeout", "121")]
#[case("aws-load-balancer-healthcheck-healthy-threshold", "1")]
#[case("aws-load-balancer-healthcheck-unhealthy-threshold", "11")]
#[case("aws-load-balancer-target-node-labels", "pool")]
fn a_value_that_aws_or_the_reference_would_refuse_is_refused(#[case] name: &str, #[case] value: &str) {
    let invalid = Case::new().annotate(name, value).invalid();
    assert_eq!(invalid.reason, "InvalidAnnotation");
    assert!(invalid.message.contains(name), "{invalid}");
}

#[rstest]
#[case(&[("aws-load-balancer-scheme", "internet-facing")], Scheme::InternetFacing)]
#[case(&[("aws-load-balancer-internal", "false")], Scheme::InternetFacing)]
#[case(&[("aws-load-balancer-internal", "true")], Scheme::Internal)]
#[case(&[("aws-load-balancer-internal", "true"), ("aws-load-balancer-scheme", "internet-facing")], Scheme::InternetFacing)]
#[case(&[], Scheme::Internal)]
fn the_scheme_is_read_in_both_forms_and_the_newer_wins(#[case] values: &[(&str, &str)], #[case] expected: Scheme) {
    let case = values
        .iter()
        .fold(Case::new(), |case, (name, value)| case.annotate(name, value));
    assert_eq!(case.stack().load_balancer.scheme, expected);
}

#[test]
fn a_name_of_the_users_is_taken_and_marked() {
    let load_balancer = Case::new()
        .annotate("aws-load-balancer-name", " shop-front ")
        .stack()
        .load_balancer;
    assert_eq!(
        (load_balancer.name.as_str(), load_balancer.explicit_name),
        ("shop-front", true)
    );
    assert!(!Case::new().stack().load_balancer.explicit_name);
}

/// Text with many of the characters that mean something in some form.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-a-z0-9=,\\\\:/._ ]{0,60}",
        "\\PC{0,40}",
        ".{0,40}",
        "(arn:aws:acm:|subnet-|sg-|10\\.)[0-9a-f./,-]{0,20}"
    ]
}

proptest! {
    #[test]
    fn no_value_of_any_key_makes_a_panic_or_a_long_message(
        values in proptest::collection::vec((0..KEYS.len(), text()), 0..6), alb in any::<bool>(),
        odd_key in "[a-z-]{0,20}", odd_value in text(),
    ) {
        let mut case = case().annotate(&format!("{FAMILY}{odd_key}"), &odd_value);
        if odd_value.len() % 2 == 0 {
            case.service.annotations.clear();
        }
        let case = if alb { case.alb() } else { case };
        let case = values.iter().fold(case, |case, (index, value)| case.annotate(&full(KEYS[*index]), value));
        if let Err(invalid) = case.result() {
            prop_assert!(invalid.message.len() <= Invalid::MAX_MESSAGE);
            prop_assert!(!invalid.message.chars().any(char::is_control));
        }
    }
}

#[test]
fn forms_in_the_table_are_those_of_the_examples() {
    for key in KEYS {
        let sound = match key.form {
            Form::Boolean => values::boolean(key.example).is_ok(),
            Form::Number => values::number(key.example, 0..=u16::MAX).is_ok(),
            Form::Map => values::map(key.example).is_ok_and(|map| !map.is_empty()),
            Form::List => !values::list(key.example).is_empty(),
            Form::Word => values::list(key.example).len() == 1,
            Form::Switch => ["on", "off"].contains(&key.example),
            Form::Json => serde_json::from_str::<serde_json::Value>(key.example).is_ok(),
        };
        assert!(sound, "{key}");
    }
}

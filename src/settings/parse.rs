//! From text to narrow types. Each function returns what is allowed if the text is not; it completes "must be ...".

use std::collections::BTreeSet;
use std::num::{NonZeroU16, NonZeroU32};
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::aws::desired::tags::fault as tag_fault;
use crate::aws::ids::VpcId;
use crate::aws::stack::{Scheme, Tags};
use crate::telemetry::logs::Format;

type Parsed<T> = Result<T, String>;

/// EKS' rule for names of clusters (EKS API reference, `CreateCluster`), and dots, which other ways to make one allow.
pub(super) fn cluster_name(text: &str) -> Parsed<String> {
    let valid = text.len() <= 100
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || "-_.".contains(one));
    let allowed = "up to 100 letters, digits, hyphens, underscores and dots, the first a letter or digit";
    valid.then(|| text.to_owned()).ok_or_else(|| allowed.to_owned())
}

pub(super) fn region(text: &str) -> Parsed<String> {
    let parts: Vec<&str> = text.split('-').collect();
    let valid = parts.len() >= 3
        && parts.iter().all(|part| !part.is_empty())
        && text
            .chars()
            .all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-')
        && text.ends_with(|last: char| last.is_ascii_digit());
    valid
        .then(|| text.to_owned())
        .ok_or_else(|| "a region such as us-east-1".to_owned())
}

pub(super) fn vpc(text: &str) -> Parsed<VpcId> {
    let valid = text
        .strip_prefix("vpc-")
        .is_some_and(|id| !id.is_empty() && id.chars().all(|digit| matches!(digit, '0'..='9' | 'a'..='f')));
    valid
        .then(|| VpcId::new(text))
        .ok_or_else(|| "a VPC's id such as vpc-0123456789abcdef0".to_owned())
}

pub(super) fn boolean(text: &str) -> Parsed<bool> {
    text.to_ascii_lowercase()
        .parse()
        .map_err(|_| "true or false".to_owned())
}

pub(super) fn count_u16(text: &str) -> Parsed<NonZeroU16> {
    text.parse().map_err(|_| format!("a number from 1 to {}", u16::MAX))
}

pub(super) fn count_u32(text: &str) -> Parsed<NonZeroU32> {
    text.parse().map_err(|_| format!("a number from 1 to {}", u32::MAX))
}

/// As [`duration`], or nothing.
pub(super) fn duration_or_zero(text: &str) -> Parsed<Duration> {
    let mut rest = text;
    let mut total = Some(Duration::ZERO).filter(|_| !text.is_empty());
    while !rest.is_empty() {
        let (number, tail) = rest.split_at(rest.find(|one: char| !one.is_ascii_digit()).unwrap_or(rest.len()));
        let (unit, tail) = tail.split_at(tail.find(|one: char| one.is_ascii_digit()).unwrap_or(tail.len()));
        let part = number.parse().ok().and_then(|number| of_unit(number, unit));
        total = total.zip(part).and_then(|(total, part)| total.checked_add(part));
        rest = tail;
    }
    total.ok_or_else(|| "a duration such as 500ms, 90s, 5m or 1h30m".to_owned())
}

fn of_unit(number: u64, unit: &str) -> Option<Duration> {
    let seconds = match unit {
        "ms" => return Some(Duration::from_millis(number)),
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

/// As in `500ms`, `90s`, `5m`, `1h30m`, longer than nothing.
///
/// # Errors
/// What is allowed.
pub fn duration(text: &str) -> Result<Duration, String> {
    match duration_or_zero(text)? {
        Duration::ZERO => Err("longer than nothing".to_owned()),
        duration => Ok(duration),
    }
}

/// A Lease counts in whole seconds.
pub(super) fn whole_seconds(text: &str) -> Parsed<Duration> {
    let duration = duration(text)?;
    let whole = duration.subsec_nanos() == 0 && i32::try_from(duration.as_secs()).is_ok();
    whole
        .then_some(duration)
        .ok_or_else(|| "a duration in whole seconds such as 15s".to_owned())
}

pub(super) fn port_range(text: &str) -> Parsed<RangeInclusive<u16>> {
    let range = text
        .split_once('-')
        .and_then(|(first, last)| Some(first.parse().ok()?..=last.parse().ok()?));
    range
        .filter(|range: &RangeInclusive<u16>| *range.start() > 0 && !range.is_empty())
        .ok_or_else(|| "two ports, the lower first, such as 30000-32767".to_owned())
}

/// Values of `spec.loadBalancerClass`: names with an optional domain before them (Kubernetes API reference).
pub(super) fn classes(text: &str) -> Parsed<BTreeSet<String>> {
    let valid = |class: &&str| {
        !class.is_empty()
            && class
                .chars()
                .all(|one| one.is_ascii_alphanumeric() || "-_./".contains(one))
    };
    let classes = text.split(',').map(str::trim);
    if classes.clone().all(|class| valid(&class)) {
        Ok(classes.map(str::to_owned).collect())
    } else {
        Err("names such as elbow.dev/nlb, separated by commas".to_owned())
    }
}

/// [`classes`], or none at all.
pub(super) fn classes_or_none(text: &str) -> Parsed<BTreeSet<String>> {
    if text.is_empty() {
        Ok(BTreeSet::new())
    } else {
        classes(text)
    }
}

pub(super) fn scheme(text: &str) -> Parsed<Scheme> {
    match text {
        "internal" => Ok(Scheme::Internal),
        "internet-facing" => Ok(Scheme::InternetFacing),
        _ => Err("internal or internet-facing".to_owned()),
    }
}

/// Tags that elbow shall write.
pub(super) fn tags(text: &str) -> Parsed<Tags> {
    let tags = pairs(text)?;
    let wrong = tags
        .iter()
        .find_map(|(key, value)| Some(format!("{key}={value} {}", tag_fault(key, value)?)));
    match wrong {
        Some(wrong) => Err(format!("tags that AWS and elbow allow: {wrong}")),
        None => Ok(tags),
    }
}

/// Tags as others may have written them.
pub(super) fn pairs(text: &str) -> Parsed<Tags> {
    let mut tags = Tags::new();
    for pair in text.split(',').filter(|_| !text.is_empty()) {
        let Some((key, value)) = pair.split_once('=') else {
            return Err("pairs KEY=VALUE, separated by commas".to_owned());
        };
        let key = key.trim().to_owned();
        if tags.insert(key.clone(), value.trim().to_owned()).is_some() {
            return Err(format!("pairs KEY=VALUE, each key once, which {key} is not"));
        }
    }
    Ok(tags)
}

pub(super) fn tag_keys(text: &str) -> Parsed<BTreeSet<String>> {
    let keys: BTreeSet<String> = text
        .split(',')
        .filter(|_| !text.is_empty())
        .map(|key| key.trim().to_owned())
        .collect();
    if keys.contains("") {
        Err("keys of tags, separated by commas".to_owned())
    } else {
        Ok(keys)
    }
}

pub(super) fn ssl_policy(text: &str) -> Parsed<String> {
    let valid = text.starts_with("ELBSecurityPolicy-");
    valid
        .then(|| text.to_owned())
        .ok_or_else(|| "a policy of ELB such as ELBSecurityPolicy-TLS13-1-2-2021-06".to_owned())
}

/// Names of namespaces, Pods and Leases (RFC 1123 subdomains).
pub(super) fn object_name(text: &str) -> Parsed<String> {
    let edge = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit();
    let valid = text.len() <= 253
        && text.starts_with(edge)
        && text.ends_with(edge)
        && text.chars().all(|one| edge(one) || "-.".contains(one));
    valid
        .then(|| text.to_owned())
        .ok_or_else(|| "lower case letters, digits, hyphens and dots".to_owned())
}

pub(super) fn log_format(text: &str) -> Parsed<Format> {
    match text {
        "json" => Ok(Format::Json),
        "text" => Ok(Format::Text),
        _ => Err("json or text".to_owned()),
    }
}

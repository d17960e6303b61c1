//! What annotations say of how a listener shares its traffic: a JSON object, read field by field so that a fault is told
//! with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::aws::ids::TargetGroupArn;
use crate::aws::quotas::TARGET_GROUPS_OF_ACTION;
use crate::service::Port;

use super::ports::{PortRef, port_ref};
use super::values::Refusal;
use super::{ListenerRef, Reader, keys};

/// Shares of one listener's traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::aws::desired) struct Shares {
    /// Weight of the Service itself.
    pub(in crate::aws::desired) base: u16,
    /// At most four, in the order of the annotation.
    pub(in crate::aws::desired) others: Vec<Share>,
    /// Does a client keep its target group?
    pub(in crate::aws::desired) sticky: bool,
    /// For how many seconds, where that is said.
    pub(in crate::aws::desired) sticky_seconds: Option<u32>,
}

/// One target group's share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::aws::desired) struct Share {
    pub(in crate::aws::desired) weight: u16,
    pub(in crate::aws::desired) to: Destination,
}

/// Where a share goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::aws::desired) enum Destination {
    /// A port of a Service of the same namespace.
    Service {
        name: String,
        port: PortRef,
        /// Of a TLS listener: are targets sent what the load balancer decrypted, as it is?
        decrypt: Option<bool>,
    },
    /// A target group that somebody else keeps.
    TargetGroup(TargetGroupArn),
}

/// The actions of all listeners.
pub(super) fn read(reader: &mut Reader<'_>) -> BTreeMap<ListenerRef, Shares> {
    reader.read_by_listener(&keys::ACTIONS, shares)
}

/// Names of the Services that these annotations forward to, which may include the Service that has them. Actions that are
/// not sound name none: they are told when the load balancer is decided on.
#[must_use]
pub fn companions(annotations: &BTreeMap<String, String>) -> BTreeSet<String> {
    let prefix = format!("{}.", keys::ACTIONS);
    let actions = annotations.iter().filter(|(key, _)| key.starts_with(&prefix));
    let others = actions
        .filter_map(|(_, value)| shares(value).ok())
        .flat_map(|shares| shares.others);
    let names = others.filter_map(|share| match share.to {
        Destination::Service { name, .. } => Some(name),
        Destination::TargetGroup(_) => None,
    });
    names.collect()
}

/// Names are also taken in the capitals of the AWS API.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    #[serde(alias = "Type")]
    r#type: String,
    #[serde(alias = "ForwardConfig", rename = "forwardConfig")]
    forward: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ForwardConfig {
    #[serde(alias = "BaseServiceWeight")]
    base_service_weight: Option<Value>,
    #[serde(alias = "TargetGroups", default)]
    target_groups: Vec<Value>,
    #[serde(alias = "TargetGroupStickinessConfig")]
    target_group_stickiness_config: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Tuple {
    #[serde(alias = "ServiceName")]
    service_name: Option<String>,
    #[serde(alias = "ServicePort")]
    service_port: Option<Value>,
    #[serde(alias = "TargetGroupARN", alias = "targetGroupArn", rename = "targetGroupARN")]
    target_group_arn: Option<String>,
    #[serde(alias = "Weight")]
    weight: Option<Value>,
    #[serde(alias = "Decrypt")]
    decrypt: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Stickiness {
    #[serde(alias = "Enabled")]
    enabled: Option<bool>,
    #[serde(alias = "DurationSeconds")]
    duration_seconds: Option<Value>,
}

/// Most target groups of one action beside the Service's own (ELBv2 API reference, `ForwardActionConfig`: five in all, of
/// network load balancers too).
const MAX_OTHERS: usize = TARGET_GROUPS_OF_ACTION.default - 1;
/// Largest weight (ELBv2 API reference, `TargetGroupTuple`).
const MAX_WEIGHT: u32 = 999;
/// Longest stickiness in seconds, a week (ELBv2 API reference, `TargetGroupStickinessConfig`).
const MAX_STICKINESS: u32 = 604_800;
/// Weight of what is not said.
const DEFAULT_WEIGHT: u16 = 1;

fn shares(value: &str) -> Result<Shares, Refusal> {
    let json = serde_json::from_str(value).map_err(|error| format!("is not JSON: {}", told(&error)))?;
    let action: Action = at("action", json)?;
    if action.r#type != "forward" {
        return Err(refused("type", "must be forward"));
    }
    let path = "forwardConfig";
    let config: ForwardConfig = at(path, action.forward)?;
    if config.target_groups.len() > MAX_OTHERS {
        let why = format!(
            "holds {}, but at most {MAX_OTHERS} fit beside the Service",
            config.target_groups.len()
        );
        return Err(refused(&format!("{path}.targetGroups"), &why));
    }
    let sole = config.target_groups.len() == 1;
    let tuples = config.target_groups.into_iter().enumerate();
    let (sticky, sticky_seconds) = stickiness(config.target_group_stickiness_config)?;
    Ok(Shares {
        base: weight(&format!("{path}.baseServiceWeight"), config.base_service_weight)?.unwrap_or(DEFAULT_WEIGHT),
        others: tuples
            .map(|(index, tuple)| share(&format!("{path}.targetGroups[{index}]"), tuple, sole))
            .collect::<Result<_, _>>()?,
        sticky,
        sticky_seconds,
    })
}

fn share(path: &str, tuple: Value, sole: bool) -> Result<Share, Refusal> {
    let tuple: Tuple = at(path, tuple)?;
    let weight = weight(&format!("{path}.weight"), tuple.weight)?;
    let weight = weight.or(sole.then_some(DEFAULT_WEIGHT));
    let to = match (tuple.service_name, tuple.target_group_arn) {
        (Some(name), None) => Destination::Service {
            port: service_port(&format!("{path}.servicePort"), tuple.service_port)?,
            decrypt: tuple.decrypt,
            name,
        },
        (None, Some(arn)) => Destination::TargetGroup(target_group(&format!("{path}.targetGroupARN"), &arn)?),
        _ => return Err(refused(path, "must hold one of serviceName and targetGroupARN")),
    };
    Ok(Share {
        weight: weight.ok_or_else(|| refused(&format!("{path}.weight"), "is missing"))?,
        to,
    })
}

fn stickiness(value: Option<Value>) -> Result<(bool, Option<u32>), Refusal> {
    let Some(value) = value else { return Ok((false, None)) };
    let path = "forwardConfig.targetGroupStickinessConfig";
    let stickiness: Stickiness = at(path, value)?;
    let path = format!("{path}.durationSeconds");
    let seconds = number(&path, stickiness.duration_seconds, 1, MAX_STICKINESS)?;
    Ok((stickiness.enabled == Some(true), seconds))
}

fn service_port(path: &str, value: Option<Value>) -> Result<PortRef, Refusal> {
    let port = match value {
        Some(Value::Number(number)) => number
            .as_u64()
            .and_then(|number| u16::try_from(number).ok())
            .and_then(Port::new),
        Some(Value::String(text)) if !text.is_empty() => {
            return port_ref(&text).map_err(|why| refused(path, &why));
        }
        None => return Err(refused(path, "is missing")),
        Some(_) => None,
    };
    port.map(PortRef::Number)
        .ok_or_else(|| refused(path, "must be a port by number (1 to 65535) or name"))
}

fn weight(path: &str, value: Option<Value>) -> Result<Option<u16>, Refusal> {
    let weight = number(path, value, 0, MAX_WEIGHT)?;
    Ok(weight.and_then(|weight| u16::try_from(weight).ok()))
}

fn number(path: &str, value: Option<Value>, least: u32, most: u32) -> Result<Option<u32>, Refusal> {
    let Some(value) = value else { return Ok(None) };
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    let number = number.filter(|number| (least..=most).contains(number));
    number
        .map(Some)
        .ok_or_else(|| refused(path, &format!("must be a number from {least} to {most}")))
}

/// `arn:PARTITION:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID`.
fn target_group(path: &str, arn: &str) -> Result<TargetGroupArn, Refusal> {
    let fields: Vec<_> = arn.split(':').collect();
    let parts: Vec<_> = fields
        .last()
        .map(|resource| resource.split('/').collect())
        .unwrap_or_default();
    let sound = matches!(fields[..], ["arn", partition, "elasticloadbalancing", region, account, _]
        if !partition.is_empty() && !region.is_empty() && !account.is_empty())
        && matches!(parts[..], ["targetgroup", name, id] if !name.is_empty() && !id.is_empty());
    let clean = arn.bytes().all(|byte| byte.is_ascii_graphic());
    if sound && clean {
        Ok(TargetGroupArn::new(arn))
    } else {
        Err(refused(path, "must be the ARN of a target group"))
    }
}

fn at<T: DeserializeOwned>(path: &str, value: Value) -> Result<T, Refusal> {
    serde_json::from_value(value).map_err(|error| refused(path, &told(&error)))
}

fn refused(path: &str, why: &str) -> Refusal {
    format!("is refused: {path}: {why}")
}

/// Longest part of an error that is told, in characters.
const MAX_TOLD: usize = 160;

/// An error of the parser may repeat what the user wrote: no control characters, and not at any length.
fn told(error: &impl fmt::Display) -> String {
    let shown = |character: char| match character {
        _ if character.is_ascii_graphic() || character == ' ' || character.is_alphanumeric() => character,
        _ => '?',
    };
    error.to_string().chars().map(shown).take(MAX_TOLD).collect()
}

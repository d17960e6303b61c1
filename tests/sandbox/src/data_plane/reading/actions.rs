//! Actions and conditions of rules, as ELBv2 describes them (API reference, `Action`, `RuleCondition`).

use std::time::Duration;

use super::Malformed;
use super::xml::Element;
use crate::data_plane::model::{Action, Condition, Query, Redirect, Weighted};

/// The last action of a list, which says where things go; those before it authenticate, which is not modelled.
pub(super) fn action(element: Element<'_>, list: &str) -> Result<Action, Malformed> {
    let last = element.list(list).max_by_key(|action| action.optional::<u32>("Order"));
    let action = last.ok_or_else(|| Malformed("a listener or rule has no action".to_owned()))?;
    match action.text("Type") {
        "forward" => Ok(forward(action)),
        "redirect" => redirect(action).map(Action::Redirect),
        "fixed-response" => Ok(Action::Respond {
            status: action.value("FixedResponseConfig/StatusCode")?,
            content_type: action.text("FixedResponseConfig/ContentType").to_owned(),
            body: action.text("FixedResponseConfig/MessageBody").to_owned(),
        }),
        other => Err(Malformed(format!("the type of an action is {other:?}"))),
    }
}

fn forward(action: Element<'_>) -> Action {
    let groups = action.list("ForwardConfig/TargetGroups").map(|group| Weighted {
        arn: group.text("TargetGroupArn").to_owned(),
        weight: group.optional("Weight").unwrap_or(1),
    });
    let mut groups: Vec<Weighted> = groups.collect();
    if groups.is_empty() {
        let arn = action.text("TargetGroupArn").to_owned();
        groups.push(Weighted { arn, weight: 1 });
    }
    let stickiness = action.at("ForwardConfig/TargetGroupStickinessConfig");
    let enabled = stickiness.filter(|config| config.text("Enabled") == "true");
    let stickiness = enabled.and_then(|config| config.optional("DurationSeconds"));
    Action::Forward {
        groups,
        stickiness: stickiness.map(Duration::from_secs),
    }
}

fn redirect(action: Element<'_>) -> Result<Redirect, Malformed> {
    let text = |name: &str| action.text(&format!("RedirectConfig/{name}")).to_owned();
    Ok(Redirect {
        protocol: text("Protocol"),
        host: text("Host"),
        port: text("Port"),
        path: text("Path"),
        query: text("Query"),
        status: match text("StatusCode").as_str() {
            "HTTP_301" => 301,
            "HTTP_302" => 302,
            other => return Err(Malformed(format!("the status of a redirect is {other:?}"))),
        },
    })
}

/// A condition; its values are in a list of its own for each field, or in the plain `Values` of older rules.
pub(super) fn condition(element: Element<'_>) -> Result<Condition, Malformed> {
    let values = |config: &str| {
        let own = element.texts(&format!("{config}/Values"));
        if own.is_empty() { element.texts("Values") } else { own }
    };
    Ok(match element.text("Field") {
        "host-header" => Condition::Host(values("HostHeaderConfig")),
        "path-pattern" => Condition::Path(values("PathPatternConfig")),
        "http-header" => Condition::Header {
            name: element.text("HttpHeaderConfig/HttpHeaderName").to_owned(),
            values: values("HttpHeaderConfig"),
        },
        "http-request-method" => Condition::Method(values("HttpRequestMethodConfig")),
        "query-string" => Condition::Query(element.list("QueryStringConfig/Values").map(query).collect()),
        "source-ip" => Condition::Source(ranges(&values("SourceIpConfig"))),
        other => return Err(Malformed(format!("the field of a condition is {other:?}"))),
    })
}

fn query(value: Element<'_>) -> Query {
    let key = value.text("Key");
    Query {
        key: (!key.is_empty()).then(|| key.to_owned()),
        value: value.text("Value").to_owned(),
    }
}

/// IPv6 ranges match no client here.
fn ranges(values: &[String]) -> Vec<ipnet::Ipv4Net> {
    values.iter().filter_map(|value| value.parse().ok()).collect()
}

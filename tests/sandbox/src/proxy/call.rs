//! What an AWS request asks for: who calls which action of which service, and with what.

use std::collections::BTreeMap;

use hyper::http::request::Parts;
use hyper::{HeaderMap, http};

/// The lane of requests that carry no Signature Version 4 credential.
pub const ANONYMOUS: &str = "anonymous";

/// Longest form that is kept for the log, in bytes of names and values together.
const MAX_KEPT_FIELDS: usize = 16 * 1024;

/// How a service spells its requests and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `awsQuery`: a form with `Action`, XML errors. ELBv2, IAM and STS.
    Query,
    /// `ec2Query`: the same form, another error document.
    Ec2,
    /// `awsJson` and `restJson`: the error's code in a header and in the JSON body.
    Json,
}

/// One AWS request, as far as it can be known without its service's model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The caller's access key id, or [`ANONYMOUS`].
    pub lane: String,
    /// The service of the credential scope, for example `elasticloadbalancing`.
    pub service: String,
    /// The action, for example `CreateLoadBalancer`; `METHOD path` for REST services.
    pub action: String,
    /// How to answer with an error.
    pub protocol: Protocol,
    /// The form's fields, without those that hold secrets; empty for JSON and REST.
    pub fields: BTreeMap<String, String>,
}

impl Call {
    /// Reads a request's head and body.
    #[must_use]
    pub fn of(parts: &Parts, body: &[u8]) -> Self {
        let (lane, service) = credential(&parts.headers).unwrap_or((ANONYMOUS, "unknown"));
        let mut fields = form(parts, body);
        let (action, protocol) = match (fields.remove("Action"), json_target(&parts.headers)) {
            (Some(action), _) if service == "ec2" => (action, Protocol::Ec2),
            (Some(action), _) => (action, Protocol::Query),
            (None, Some(action)) => (action, Protocol::Json),
            (None, None) => (format!("{} {}", parts.method, parts.uri.path()), Protocol::Json),
        };
        if !matches!(protocol, Protocol::Query | Protocol::Ec2) {
            fields.clear();
        }
        Self {
            lane: lane.to_owned(),
            service: service.to_owned(),
            action,
            protocol,
            fields: loggable(fields),
        }
    }

    /// The name by which calls are counted and matched, for example `elasticloadbalancing:CreateLoadBalancer`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}:{}", self.service, self.action)
    }

    /// Whether the call may change something: all but `Describe*`, `Get*`, `List*` and REST reads.
    #[must_use]
    pub fn is_mutating(&self) -> bool {
        const READS: [&str; 5] = ["Describe", "Get", "List", "GET ", "HEAD "];
        !READS.iter().any(|read| self.action.starts_with(read))
    }
}

/// Access key id and service of `Authorization: AWS4-HMAC-SHA256 Credential=KEY/date/region/service/aws4_request, ...`.
fn credential(headers: &HeaderMap) -> Option<(&str, &str)> {
    let header = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let scope = header.split_once("Credential=")?.1.split([',', ' ']).next()?;
    let mut scope = scope.split('/');
    let lane = scope.next().filter(|lane| !lane.is_empty())?;
    Some((lane, scope.nth(2)?))
}

/// The operation of `X-Amz-Target: Service_20120810.Operation`.
fn json_target(headers: &HeaderMap) -> Option<String> {
    let target = headers.get("x-amz-target")?.to_str().ok()?;
    Some(target.rsplit('.').next().unwrap_or(target).to_owned())
}

/// The fields of the form in the body, or of the query string when the body is no form.
fn form(parts: &Parts, body: &[u8]) -> BTreeMap<String, String> {
    let content_type = parts
        .headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let is_form = content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
    let encoded = if is_form {
        body
    } else {
        parts.uri.query().unwrap_or_default().as_bytes()
    };
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// Drops what must not be kept: secrets, and whatever exceeds [`MAX_KEPT_FIELDS`].
fn loggable(fields: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut kept = 0_usize;
    fields
        .into_iter()
        .filter(|(name, _)| !is_secret(name))
        .take_while(|(name, value)| {
            kept = kept.saturating_add(name.len()).saturating_add(value.len());
            kept <= MAX_KEPT_FIELDS
        })
        .collect()
}

fn is_secret(field: &str) -> bool {
    [
        "Secret",
        "Password",
        "PrivateKey",
        "SessionToken",
        "WebIdentityToken",
        "SAMLAssertion",
    ]
    .iter()
    .any(|secret| field.contains(secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn request(authorization: &str, headers: &[(&str, &str)], uri: &str, body: &str) -> Call {
        let mut request = Request::post(uri).header("authorization", authorization);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Call::of(&parts, body.as_bytes())
    }

    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

    fn signed(lane: &str, service: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential={lane}/20261121/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=00"
        )
    }

    #[test]
    fn query_action_is_read_from_the_form() {
        let call = request(
            &signed("one", "elasticloadbalancing"),
            &[FORM],
            "/",
            "Action=CreateLoadBalancer&Version=2015-12-01&Name=a%20b",
        );
        assert_eq!(call.key(), "elasticloadbalancing:CreateLoadBalancer");
        assert_eq!((call.lane.as_str(), call.protocol), ("one", Protocol::Query));
        assert_eq!(call.fields["Name"], "a b");
        assert!(call.is_mutating());
    }

    #[test]
    fn ec2_has_its_own_error_document() {
        let call = request(&signed("one", "ec2"), &[FORM], "/", "Action=DescribeSubnets");
        assert_eq!((call.protocol, call.is_mutating()), (Protocol::Ec2, false));
    }

    #[test]
    fn json_action_is_read_from_the_target_header() {
        let call = request(
            &signed("one", "kms"),
            &[("x-amz-target", "TrentService.CreateKey")],
            "/",
            "{}",
        );
        assert_eq!((call.key().as_str(), call.protocol), ("kms:CreateKey", Protocol::Json));
    }

    #[test]
    fn rest_action_is_method_and_path() {
        let call = request(&signed("one", "eks"), &[], "/clusters?maxResults=1", "{}");
        assert_eq!(call.key(), "eks:POST /clusters");
        assert!(call.fields.is_empty());
    }

    #[test]
    fn request_without_credential_goes_to_the_anonymous_lane() {
        let call = request("Bearer x", &[FORM], "/", "Action=GetCallerIdentity");
        assert_eq!((call.lane.as_str(), call.service.as_str()), (ANONYMOUS, "unknown"));
    }

    #[test]
    fn secrets_are_not_kept() {
        let call = request(
            &signed("one", "iam"),
            &[FORM],
            "/",
            "Action=CreateLoginProfile&Password=x&UserName=u",
        );
        assert_eq!(call.fields.keys().collect::<Vec<_>>(), ["UserName"]);
    }

    #[test]
    fn oversized_forms_are_cut() {
        let body = format!("Action=X&A=1&B={}", "b".repeat(MAX_KEPT_FIELDS));
        let call = request(&signed("one", "iam"), &[FORM], "/", &body);
        assert_eq!(call.fields.keys().collect::<Vec<_>>(), ["A"]);
    }
}

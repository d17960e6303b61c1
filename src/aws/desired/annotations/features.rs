//! What annotations say of attributes, capacity and the web ACL of the load balancer.

use crate::aws::ids::WebAclArn;
use crate::aws::stack::Attributes;

use super::keys::Key;
use super::values::{self, Refusal};
use super::{Reader, keys};

/// What is asked for besides addresses and groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::aws::desired) struct Features {
    /// As written.
    pub(in crate::aws::desired) attributes: Attributes,
    /// Attributes in their older form, with the key that says so; as written.
    pub(in crate::aws::desired) older_attributes: Vec<(&'static Key, &'static str, String)>,
    /// 0 for none.
    pub(in crate::aws::desired) capacity_units: u32,
    pub(in crate::aws::desired) web_acl: Option<WebAclArn>,
}

/// Older keys, and the attributes for which they stand.
static OLDER: [(&Key, &str); 4] = [
    (&keys::ACCESS_LOG_ENABLED, "access_logs.s3.enabled"),
    (&keys::ACCESS_LOG_BUCKET, "access_logs.s3.bucket"),
    (&keys::ACCESS_LOG_PREFIX, "access_logs.s3.prefix"),
    (&keys::CROSS_ZONE, "load_balancing.cross_zone.enabled"),
];

impl Features {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let older = OLDER.iter().filter_map(|(key, attribute)| {
            let value = reader.read(key, |value| Ok(value.to_owned()))?;
            Some((*key, *attribute, value))
        });
        Self {
            older_attributes: older.collect(),
            attributes: reader.read(&keys::ATTRIBUTES, values::map).unwrap_or_default(),
            capacity_units: reader.read(&keys::CAPACITY, capacity_units).unwrap_or(0),
            web_acl: reader.read(&keys::WEB_ACL, web_acl),
        }
    }
}

fn capacity_units(value: &str) -> Result<u32, Refusal> {
    let map = values::map(value)?;
    let units = map.get("CapacityUnits").filter(|_| map.len() == 1);
    let units = units.filter(|units| units.bytes().all(|byte| byte.is_ascii_digit()));
    // The API takes 32 bits with a sign.
    let units = units.and_then(|units| units.parse().ok()).filter(|units| i32::try_from(*units).is_ok());
    units.ok_or_else(Refusal::new)
}

/// `arn:PARTITION:wafv2:REGION:ACCOUNT:regional/webacl/NAME/ID` (AWS WAF API reference, `AssociateWebACL`).
fn web_acl(value: &str) -> Result<WebAclArn, Refusal> {
    let fields: Vec<_> = value.split(':').collect();
    let [arn, partition, service, region, account, resource] = fields[..] else {
        return Err("is no ARN".into());
    };
    let parts: Vec<_> = resource.split('/').collect();
    let named = matches!(parts[..], [_, "webacl", name, id] if is_word(name) && is_word(id));
    let account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if parts.first() == Some(&"global") {
        return Err("is a web ACL for CloudFront, not a regional one".into());
    }
    let sound = arn == "arn" && is_word(partition) && service == "wafv2" && is_word(region) && account;
    if sound && named && parts.first() == Some(&"regional") {
        Ok(WebAclArn::new(value))
    } else {
        Err(Refusal::new())
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

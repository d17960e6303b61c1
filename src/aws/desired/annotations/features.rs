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
    /// Is anything said of this attribute of the load balancer?
    pub(in crate::aws::desired) fn mentions(&self, attribute: &str) -> bool {
        let mut older = self.older_attributes.iter();
        self.attributes.contains_key(attribute) || older.any(|(_, older, _)| *older == attribute)
    }

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
    let units = units
        .and_then(|units| units.parse().ok())
        .filter(|units| i32::try_from(*units).is_ok());
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
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::aws::desired::fixtures::Case;

    const CAPACITY: &str = "aws-load-balancer-minimum-load-balancer-capacity";
    const WEB_ACL: &str = "aws-load-balancer-wafv2-acl-arn";
    const ATTRIBUTES: &str = "aws-load-balancer-attributes";
    const ARN: &str = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop_1/0a-0b";
    const EXTRAS: &str = "elbow.dev/extras";

    #[rstest]
    #[case("CapacityUnits=3000", 3000)]
    #[case(" CapacityUnits = 1 ", 1)]
    #[case("CapacityUnits=0", 0)]
    fn capacity_is_reserved_in_units(#[case] value: &str, #[case] units: u32) {
        let load_balancer = Case::new().annotate(CAPACITY, value).stack().load_balancer;
        assert_eq!(load_balancer.capacity_units, units);
        assert_eq!(load_balancer.tags.contains_key(EXTRAS), units > 0);
    }

    #[rstest]
    #[case("3000")]
    #[case("")]
    #[case("capacityUnits=1")]
    #[case("CapacityUnits=-1")]
    #[case("CapacityUnits=1.5")]
    #[case("CapacityUnits=2147483648")]
    #[case("CapacityUnits=1,Other=2")]
    fn what_is_no_capacity_is_refused(#[case] value: &str) {
        let invalid = Case::new().annotate(CAPACITY, value).invalid();
        assert!(
            invalid.message.contains(CAPACITY) && invalid.message.contains("CapacityUnits=N"),
            "{invalid}"
        );
    }

    #[test]
    fn capacity_cannot_be_reserved_beside_tls_listeners() {
        let certificate = "arn:aws:acm:us-east-1:123456789012:certificate/0a";
        let case = Case::new().annotate("aws-load-balancer-ssl-cert", certificate);
        let invalid = case.clone().annotate(CAPACITY, "CapacityUnits=9").invalid();
        assert!(
            invalid.message.contains(CAPACITY) && invalid.message.contains("ssl-cert"),
            "{invalid}"
        );
        assert!(case.annotate(CAPACITY, "CapacityUnits=0").result().is_ok());
    }

    #[test]
    fn a_regional_web_acl_is_taken() {
        let load_balancer = Case::new().alb().annotate(WEB_ACL, ARN).stack().load_balancer;
        assert_eq!(load_balancer.web_acl.unwrap().as_str(), ARN);
    }

    #[rstest]
    #[case("arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/0a", "CloudFront")]
    #[case("arn:aws:wafv2::123456789012:regional/webacl/shop/0a", "not allowed")]
    #[case("arn:aws:wafv2:us-east-1:1234:regional/webacl/shop/0a", "not allowed")]
    #[case("arn:aws:wafv2:us-east-1:123456789012:regional/rulegroup/shop/0a", "not allowed")]
    #[case("arn:aws:wafv2:us-east-1:123456789012:regional/webacl/shop", "not allowed")]
    #[case("arn:aws:waf-regional:us-east-1:123456789012:webacl/0a", "not allowed")]
    #[case("shop", "is no ARN")]
    fn what_is_no_regional_web_acl_is_refused(#[case] value: &str, #[case] why: &str) {
        let invalid = Case::new().alb().annotate(WEB_ACL, value).invalid();
        assert_eq!(invalid.reason, "InvalidAnnotation");
        assert!(
            invalid.message.contains(WEB_ACL) && invalid.message.contains(why),
            "{invalid}"
        );
    }

    #[test]
    fn a_tag_remembers_what_is_asked_for_beyond_the_usual() {
        let case = Case::new()
            .alb()
            .annotate(CAPACITY, "CapacityUnits=9")
            .annotate(WEB_ACL, ARN)
            .annotate(ATTRIBUTES, "deletion_protection.enabled=true");
        assert_eq!(
            case.stack().load_balancer.tags[EXTRAS],
            "capacity deletion-protection web-acl"
        );
        let case = case.annotate(ATTRIBUTES, "deletion_protection.enabled=false");
        assert_eq!(case.stack().load_balancer.tags[EXTRAS], "capacity web-acl");
        assert!(!Case::new().stack().load_balancer.tags.contains_key(EXTRAS));
    }
}

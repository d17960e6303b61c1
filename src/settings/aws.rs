//! The settings of the AWS half.

use super::classes::Classes;
use super::flags::Flags;
use super::parse;
use super::problems::Check;
use crate::aws::pace::Rates;
use crate::aws::provider::ProviderSettings;
use crate::aws::settings::AwsSettings;

/// The AWS half.
#[derive(Clone, Debug)]
pub struct Aws {
    /// The region; none: the SDK's own settings, else the nodes' labels say.
    pub region: Option<String>,
    /// What the provider is opened with.
    pub provider: ProviderSettings,
}

impl Aws {
    pub(super) fn check(flags: &Flags, classes: Option<&Classes>, check: &mut Check) -> Option<Self> {
        let (cluster, services) = (&flags.cluster, &flags.services);
        let settings = look(flags, classes, check);
        let region = check.optional("aws-region", cluster.aws_region.as_ref(), parse::region);
        let vpc = check.optional("aws-vpc-id", cluster.aws_vpc_id.as_ref(), parse::vpc);
        let budget = check.value(
            "audit-calls-per-minute",
            &services.audit_calls_per_minute,
            parse::count_u32,
        );
        let grace = check.value(
            "replacement-grace-period",
            &services.replacement_grace_period,
            parse::duration_or_zero,
        );
        let removal = check.value(
            "mass-removal-delay",
            &services.mass_removal_delay,
            parse::duration_or_zero,
        );
        let rates = check.value("aws-api-rates", &cluster.aws_api_rates, Rates::parse);
        let provider = ProviderSettings {
            aws: settings?,
            vpc: vpc?,
            audit_calls_per_minute: budget?.get(),
            replacement_grace: grace?,
            mass_removal_delay: removal?,
            rates: rates?,
        };
        Some(Self {
            region: region?,
            provider,
        })
    }
}

/// What load balancers look like where a Service does not say.
fn look(flags: &Flags, classes: Option<&Classes>, check: &mut Check) -> Option<AwsSettings> {
    const EXTERNAL: &str = "external-managed-tags";
    let defaults = &flags.defaults;
    let cluster = check.required("cluster-name", flags.cluster.cluster_name.as_ref(), parse::cluster_name);
    let scheme = check.value(
        "default-load-balancer-scheme",
        &defaults.default_load_balancer_scheme,
        parse::scheme,
    );
    let tags = check.value("default-tags", &defaults.default_tags, parse::tags);
    let policy = check.value("default-ssl-policy", &defaults.default_ssl_policy, parse::ssl_policy);
    let ports = check.value("node-port-range", &defaults.node_port_range, parse::port_range);
    let external = check.value(EXTERNAL, &defaults.external_managed_tags, parse::tag_keys);
    let group_tags = &defaults.service_target_eni_security_group_tags;
    let group_tags = check.value("service-target-eni-security-group-tags", group_tags, parse::pairs);
    let manage = &defaults.enable_manage_backend_security_group_rules;
    let manage = check.value("enable-manage-backend-security-group-rules", manage, parse::boolean);
    let settings = AwsSettings {
        cluster: cluster?,
        alb_classes: classes?.application.clone(),
        default_scheme: scheme?,
        default_tags: tags?,
        default_ssl_policy: policy?,
        node_ports: ports?,
        external_managed_tags: external?,
        target_eni_group_tags: group_tags?,
        manage_backend_rules: manage?,
    };
    let both = settings
        .default_tags
        .keys()
        .find(|key| settings.external_managed_tags.contains(*key));
    if let Some(key) = both {
        check.wrong(
            EXTERNAL,
            &defaults.external_managed_tags,
            format!("without {key}, which --default-tags sets"),
        );
    }
    Some(settings)
}

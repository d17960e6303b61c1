//! The raw answers of the APIs. Calls go side by side, but only a few, for those whose load balancers these are call too.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use ipnet::Ipv4Net;
use serde_json::json;

use super::{balancers, network};
use crate::aws::{Api, Aws, EC2, ELBV2};
use crate::data_plane::error::{Error, Result};
use crate::data_plane::model::ListenerProtocol;

const AT_ONCE: usize = 3;

/// The pages of an answer.
type Pages = Vec<String>;

/// Raw answers; maps are by the ARN or id that was asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    pub(super) load_balancers: Pages,
    pub(super) listeners: BTreeMap<String, Pages>,
    pub(super) rules: BTreeMap<String, Pages>,
    pub(super) certificates: BTreeMap<String, Pages>,
    pub(super) target_groups: Pages,
    pub(super) health: BTreeMap<String, Pages>,
    pub(super) balancer_attributes: BTreeMap<String, Pages>,
    pub(super) listener_attributes: BTreeMap<String, Pages>,
    pub(super) group_attributes: BTreeMap<String, Pages>,
    /// The names of certificates, which never change.
    pub(super) names: BTreeMap<String, Vec<String>>,
    pub(super) subnets: Pages,
    pub(super) instances: Pages,
    pub(super) security_groups: Pages,
    pub(super) prefix_lists: BTreeMap<String, Vec<Ipv4Net>>,
}

/// An action that describes one resource, and the parameter that names it.
#[derive(Clone, Copy)]
struct Ask(Api, &'static str, &'static str);

const LISTENERS: Ask = Ask(ELBV2, "DescribeListeners", "LoadBalancerArn");
const RULES: Ask = Ask(ELBV2, "DescribeRules", "ListenerArn");
const CERTIFICATES: Ask = Ask(ELBV2, "DescribeListenerCertificates", "ListenerArn");
const LISTENER_ATTRIBUTES: Ask = Ask(ELBV2, "DescribeListenerAttributes", "ListenerArn");
const BALANCER_ATTRIBUTES: Ask = Ask(ELBV2, "DescribeLoadBalancerAttributes", "LoadBalancerArn");
const GROUP_ATTRIBUTES: Ask = Ask(ELBV2, "DescribeTargetGroupAttributes", "TargetGroupArn");
const HEALTH: Ask = Ask(ELBV2, "DescribeTargetHealth", "TargetGroupArn");
const PREFIX_LIST: Ask = Ask(EC2, "GetManagedPrefixListEntries", "PrefixListId");

impl Answers {
    /// Asks EC2 for all that matters.
    pub(super) async fn ask_ec2(&mut self, aws: &Aws) -> Result<()> {
        self.subnets = aws.pages(EC2, "DescribeSubnets", &[]).await?;
        self.instances = aws.pages(EC2, "DescribeInstances", &[]).await?;
        self.security_groups = aws.pages(EC2, "DescribeSecurityGroups", &[]).await?;
        let ids = network::prefix_lists(&self.security_groups).map_err(Error::Malformed)?;
        let lists = each(aws, PREFIX_LIST, ids).await?;
        let ranges = lists
            .into_iter()
            .map(|(id, pages)| Ok((id, network::prefix_list(&pages)?)));
        self.prefix_lists = ranges.collect::<Result<_, _>>().map_err(Error::Malformed)?;
        Ok(())
    }

    /// Asks ELBv2, and ACM for the names of certificates in use, for what was written to or is new.
    pub(super) async fn ask_elbv2(&mut self, aws: &Aws, written: &impl Fn(&str) -> bool) -> Result<()> {
        self.load_balancers = aws.pages(ELBV2, "DescribeLoadBalancers", &[]).await?;
        self.target_groups = aws.pages(ELBV2, "DescribeTargetGroups", &[]).await?;
        let balancers = arns(&self.load_balancers, "LoadBalancers", "LoadBalancerArn")?;
        let groups = arns(&self.target_groups, "TargetGroups", "TargetGroupArn")?;
        let inner = |balancer: &str, pages: &[String]| {
            let listeners = balancers::protocols(pages).unwrap_or_default();
            written(balancer) || listeners.iter().any(|(listener, _)| written(listener))
        };
        let written_to = |arn: &str, _: &[String]| written(arn);
        refresh(&mut self.listeners, aws, LISTENERS, &balancers, inner).await?;
        refresh(&mut self.health, aws, HEALTH, &groups, written_to).await?;
        refresh(
            &mut self.balancer_attributes,
            aws,
            BALANCER_ATTRIBUTES,
            &balancers,
            written_to,
        )
        .await?;
        refresh(&mut self.group_attributes, aws, GROUP_ATTRIBUTES, &groups, written_to).await?;
        self.ask_for_listeners(aws, written).await?;
        self.ask_for_names(aws).await
    }

    async fn ask_for_listeners(&mut self, aws: &Aws, written: &impl Fn(&str) -> bool) -> Result<()> {
        let mut listeners = Vec::new();
        for pages in self.listeners.values() {
            listeners.extend(balancers::protocols(pages).map_err(Error::Malformed)?);
        }
        let of = |wanted: &[ListenerProtocol]| {
            let fit = listeners.iter().filter(|(_, protocol)| wanted.contains(protocol));
            fit.map(|(arn, _)| arn.clone()).collect::<Vec<String>>()
        };
        let application = of(&[ListenerProtocol::Http, ListenerProtocol::Https]);
        let secure = of(&[ListenerProtocol::Tls, ListenerProtocol::Https]);
        let written_to = |arn: &str, _: &[String]| written(arn);
        let inner = |listener: &str, pages: &[String]| {
            let rules = balancers::arns(pages, "Rules", "RuleArn").unwrap_or_default();
            written(listener) || rules.iter().any(|rule| written(rule))
        };
        refresh(&mut self.rules, aws, RULES, &application, inner).await?;
        refresh(
            &mut self.listener_attributes,
            aws,
            LISTENER_ATTRIBUTES,
            &application,
            written_to,
        )
        .await?;
        refresh(&mut self.certificates, aws, CERTIFICATES, &secure, written_to).await
    }

    async fn ask_for_names(&mut self, aws: &Aws) -> Result<()> {
        let mut used = Vec::new();
        for listener in self.certificates.keys() {
            used.extend(balancers::certificates(self, listener).map_err(Error::Malformed)?);
        }
        self.names.retain(|arn, _| used.contains(arn));
        for arn in used {
            if let Entry::Vacant(unknown) = self.names.entry(arn) {
                let asked = json!({"CertificateArn": unknown.key()});
                let described = aws.certificates("DescribeCertificate", &asked).await?;
                unknown.insert(names(&described["Certificate"]));
            }
        }
        Ok(())
    }
}

/// Has the answers about exactly these resources: those of before, unless `outdated` says so of one, and new ones.
async fn refresh(
    held: &mut BTreeMap<String, Pages>,
    aws: &Aws,
    ask: Ask,
    of: &[String],
    outdated: impl Fn(&str, &[String]) -> bool,
) -> Result<()> {
    held.retain(|id, pages| of.contains(id) && !outdated(id, pages));
    let missing = of.iter().filter(|id| !held.contains_key(*id)).cloned().collect();
    held.append(&mut each(aws, ask, missing).await?);
    Ok(())
}

/// The answers about each of several resources.
async fn each(aws: &Aws, Ask(api, action, parameter): Ask, of: Vec<String>) -> Result<BTreeMap<String, Pages>> {
    let asked = stream::iter(of).map(async |id| {
        let pages = aws.pages(api, action, &[(parameter, &id)]).await?;
        Ok((id, pages))
    });
    asked.buffer_unordered(AT_ONCE).try_collect().await
}

fn arns(pages: &[String], list: &str, name: &str) -> Result<Vec<String>> {
    balancers::arns(pages, list, name).map_err(Error::Malformed)
}

/// The domain name first, then the others.
fn names(certificate: &serde_json::Value) -> Vec<String> {
    let more = certificate["SubjectAlternativeNames"].as_array().into_iter().flatten();
    let all = std::iter::once(&certificate["DomainName"]).chain(more);
    let mut names: Vec<String> = Vec::new();
    for name in all.filter_map(serde_json::Value::as_str) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

//! What belongs to others, beside every test: AWS holds it at the end byte by byte as at the beginning.
//!
//! It is as much like elbow's own as can be without being it: the same kinds in the same VPC before the same nodes and
//! their node ports, tagged for the same Service of a cluster whose name begins like the test's, and for the test's
//! cluster by the tags that other controllers use; and a rule on the nodes' own group.

mod picture;

use elbow_sandbox::aws::{Api, Aws, EC2, ELBV2};
use elbow_sandbox::state::Sandbox;
use elbow_sandbox::terraform::infrastructure::Infrastructure;

use picture::Picture;

/// How often something is taken away that the back end does not let go of.
const TRIES: usize = 5;

/// A network and an application load balancer with what hangs on them, a target group that hangs on none, a security group
/// and a rule on the nodes' group.
pub(crate) struct Foreign {
    aws: Aws,
    node_group: String,
    made: Made,
    before: Picture,
}

/// ARNs and ids.
#[derive(Default)]
struct Made {
    group: String,
    node_rule: String,
    load_balancers: Vec<String>,
    target_groups: Vec<String>,
    listeners: Vec<String>,
    rule: String,
}

/// Whom the foreign things are mistaken for: the test's cluster in AWS tags, and its namespace.
struct Likeness<'a> {
    cluster: &'a str,
    namespace: &'a str,
}

impl Foreign {
    /// Makes all of it and draws it.
    pub(crate) async fn beside(sandbox: &Sandbox, cluster: &str, namespace: &str) -> Self {
        let infrastructure = &sandbox.infrastructure;
        let aws = Aws::new(&sandbox.localstack_url, &infrastructure.region, "observer");
        let likeness = Likeness { cluster, namespace };
        let maker = Maker {
            aws: &aws,
            infrastructure,
            likeness,
        };
        let made = maker.make().await;
        let before = Picture::of(&aws, &made).await;
        Self {
            aws,
            node_group: infrastructure.node_security_group_id.clone(),
            made,
            before,
        }
    }

    /// Takes all of it away; returns what was no longer as in the beginning, a line for each difference.
    pub(crate) async fn remove(&self) -> Vec<String> {
        let differences = Picture::of(&self.aws, &self.made).await.differences(&self.before);
        let made = &self.made;
        let balancers = made.load_balancers.iter();
        let balancers = balancers.map(|arn| (ELBV2, "DeleteLoadBalancer", vec![("LoadBalancerArn", arn.as_str())]));
        let targets = made.target_groups.iter();
        let targets = targets.map(|arn| (ELBV2, "DeleteTargetGroup", vec![("TargetGroupArn", arn.as_str())]));
        let node_rule = [
            ("GroupId", self.node_group.as_str()),
            ("SecurityGroupRuleId.1", &made.node_rule),
        ];
        let groups = [
            (EC2, "RevokeSecurityGroupIngress", node_rule.to_vec()),
            (EC2, "DeleteSecurityGroup", vec![("GroupId", made.group.as_str())]),
        ];
        let mut left = differences;
        for (api, action, parameters) in balancers.chain(targets).chain(groups) {
            // What is gone already is a difference that was seen.
            left.extend(self.take_away(api, action, &parameters).await);
        }
        left
    }

    /// Why it could not be taken away. The back end stumbles now and then over what other tests change meanwhile.
    async fn take_away(&self, api: Api, action: &str, parameters: &[(&str, &str)]) -> Option<String> {
        let mut failure = None;
        for _ in 0..TRIES {
            match self.aws.answer(api, action, parameters).await {
                Ok(_) => return None,
                Err(error) => failure = Some(error.to_string()),
            }
        }
        failure
    }
}

/// Makes the foreign things of one test.
struct Maker<'a> {
    aws: &'a Aws,
    infrastructure: &'a Infrastructure,
    likeness: Likeness<'a>,
}

impl Maker<'_> {
    async fn make(&self) -> Made {
        let group = self.security_group().await;
        let node_rule = self.node_rule(&group).await;
        let mut made = Made {
            group,
            node_rule,
            ..Made::default()
        };
        for (kind, protocol, port) in [("network", "TCP", "80"), ("application", "HTTP", "80")] {
            let target_group = self.target_group(kind, protocol, true).await;
            let balancer = self.load_balancer(kind, &made.group).await;
            let to = [
                ("LoadBalancerArn", balancer.as_str()),
                ("Protocol", protocol),
                ("Port", port),
                ("DefaultActions.member.1.Type", "forward"),
                ("DefaultActions.member.1.TargetGroupArn", &target_group),
            ];
            made.listeners
                .push(self.call(ELBV2, "CreateListener", &to, "ListenerArn").await);
            made.load_balancers.push(balancer);
            made.target_groups.push(target_group);
        }
        made.rule = self.rule(&made.listeners[1]).await;
        made.target_groups.push(self.target_group("bare", "TCP", false).await);
        made
    }

    async fn security_group(&self) -> String {
        let name = self.name("group");
        let mut parameters = self.tags(
            "TagSpecification.1.Tag",
            &[("TagSpecification.1.ResourceType", "security-group")],
        );
        parameters.push(("GroupName".to_owned(), name));
        parameters.push(("GroupDescription".to_owned(), "not elbow's".to_owned()));
        parameters.push(("VpcId".to_owned(), self.infrastructure.vpc_id.clone()));
        let group = self
            .call(EC2, "CreateSecurityGroup", &borrowed(&parameters), "groupId")
            .await;
        let rule = [
            ("GroupId", group.as_str()),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "80"),
            ("IpPermissions.1.ToPort", "80"),
            ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
        ];
        self.call(EC2, "AuthorizeSecurityGroupIngress", &rule, "securityGroupRuleId")
            .await;
        group
    }

    /// A rule like the one that elbow makes for its own load balancers.
    async fn node_rule(&self, group: &str) -> String {
        let rule = [
            ("GroupId", self.infrastructure.node_security_group_id.as_str()),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "30000"),
            ("IpPermissions.1.ToPort", "32767"),
            ("IpPermissions.1.Groups.1.GroupId", group),
        ];
        self.call(EC2, "AuthorizeSecurityGroupIngress", &rule, "securityGroupRuleId")
            .await
    }

    async fn target_group(&self, what: &str, protocol: &str, tagged: bool) -> String {
        let name = self.name(what);
        let own = [
            ("Name", name.as_str()),
            ("Protocol", protocol),
            ("Port", "1"),
            ("VpcId", &self.infrastructure.vpc_id),
            ("TargetType", "instance"),
        ];
        let parameters = if tagged {
            self.tags("Tags.member", &own)
        } else {
            owned(&own)
        };
        let arn = self
            .call(ELBV2, "CreateTargetGroup", &borrowed(&parameters), "TargetGroupArn")
            .await;
        let mut targets = owned(&[("TargetGroupArn", &arn)]);
        for (number, instance) in (1..).zip(&self.infrastructure.instances) {
            targets.push((format!("Targets.member.{number}.Id"), instance.id.clone()));
            targets.push((format!("Targets.member.{number}.Port"), "30080".to_owned()));
        }
        self.call(ELBV2, "RegisterTargets", &borrowed(&targets), "none").await;
        arn
    }

    async fn load_balancer(&self, kind: &str, group: &str) -> String {
        let name = self.name(kind);
        let subnets = &self.infrastructure.private_subnet_ids;
        let own = [
            ("Name", name.as_str()),
            ("Type", kind),
            ("Scheme", "internal"),
            ("Subnets.member.1", &subnets[0]),
            ("Subnets.member.2", &subnets[1]),
            ("SecurityGroups.member.1", group),
        ];
        let parameters = self.tags("Tags.member", &own);
        self.call(ELBV2, "CreateLoadBalancer", &borrowed(&parameters), "LoadBalancerArn")
            .await
    }

    async fn rule(&self, listener: &str) -> String {
        let parameters = [
            ("ListenerArn", listener),
            ("Priority", "1"),
            ("Conditions.member.1.Field", "path-pattern"),
            ("Conditions.member.1.Values.member.1", "/theirs/*"),
            ("Actions.member.1.Type", "fixed-response"),
            ("Actions.member.1.FixedResponseConfig.StatusCode", "404"),
        ];
        self.call(ELBV2, "CreateRule", &parameters, "RuleArn").await
    }

    /// `k8s-KIND-` and the last characters of the namespace, which tell it from those of other tests.
    fn name(&self, what: &str) -> String {
        let namespace = self.likeness.namespace;
        format!("k8s-{what}-{}", &namespace[namespace.len().saturating_sub(8)..])
    }

    /// These parameters, and tags below `prefix`.
    fn tags(&self, prefix: &str, parameters: &[(&str, &str)]) -> Vec<(String, String)> {
        let Likeness { cluster, namespace } = self.likeness;
        let tags = [
            ("elbow.dev/cluster".to_owned(), format!("{cluster}-2")),
            ("elbow.dev/service".to_owned(), format!("{namespace}/web")),
            (format!("kubernetes.io/cluster/{cluster}"), "owned".to_owned()),
            ("kubernetes.io/service-name".to_owned(), format!("{namespace}/web")),
        ];
        let mut all = owned(parameters);
        for (number, (key, value)) in (1..).zip(tags) {
            all.push((format!("{prefix}.{number}.Key"), key));
            all.push((format!("{prefix}.{number}.Value"), value));
        }
        all
    }

    async fn call(&self, api: Api, action: &str, parameters: &[(&str, &str)], answers: &str) -> String {
        self.aws.value(api, action, parameters, answers).await.unwrap()
    }
}

fn owned(parameters: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    parameters.iter().map(owned).collect()
}

fn borrowed(parameters: &[(String, String)]) -> Vec<(&str, &str)> {
    let borrowed = parameters.iter();
    borrowed.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

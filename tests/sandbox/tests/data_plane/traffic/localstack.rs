//! What is asked of LocalStack happens: on a sandbox with nodes, without elbow.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use elbow_sandbox::aws::{Aws, EC2, ELBV2};
use elbow_sandbox::{Sandbox, data_plane, files, network, wait};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const DEADLINE: Duration = Duration::from_secs(60);

/// kube-proxy says on this port of each node that it is well.
const PORT: &str = "10256";

struct Cloud {
    sandbox: Sandbox,
    aws: Aws,
}

/// What a test made in AWS.
struct Made {
    security_group: String,
    balancer: String,
    group: String,
    name: String,
}

impl Cloud {
    fn new() -> Self {
        let directory = std::env::var_os("ELBOW_SANDBOX_DIR").expect("the tests are run by cargo sandbox test");
        let sandbox = Sandbox::load(&PathBuf::from(directory)).unwrap();
        let aws = Aws::new(&sandbox.localstack_url, &sandbox.infrastructure.region, "observer");
        Self { sandbox, aws }
    }

    async fn ec2(&self, action: &str, parameters: &[(&str, &str)], name: &str) -> String {
        self.aws.value(EC2, action, parameters, name).await.unwrap()
    }

    async fn elbv2(&self, action: &str, parameters: &[(&str, &str)], name: &str) -> String {
        self.aws.value(ELBV2, action, parameters, name).await.unwrap()
    }

    /// A load balancer that takes connections of the client to port 80, and nodes that take them from it.
    async fn make(&self) -> Made {
        let vpc = self.sandbox.infrastructure.vpc_id.as_str();
        let name = format!("data-plane-{}", std::process::id());
        let described = [
            ("GroupName", name.as_str()),
            ("GroupDescription", "data plane"),
            ("VpcId", vpc),
        ];
        let security_group = self.ec2("CreateSecurityGroup", &described, "groupId").await;
        let clients = ("IpPermissions.1.IpRanges.1.CidrIp", "203.0.113.0/24");
        self.rule("AuthorizeSecurityGroupIngress", &security_group, "80", clients)
            .await;
        self.admit("AuthorizeSecurityGroupIngress", &security_group).await;
        let subnets = &self.sandbox.infrastructure.public_subnet_ids;
        let keys: Vec<String> = (1..=subnets.len())
            .map(|index| format!("Subnets.member.{index}"))
            .collect();
        let mut asked = vec![
            ("Name", name.as_str()),
            ("Type", "network"),
            // The name of one in the internet would be known for a while after its end.
            ("Scheme", "internal"),
            ("SecurityGroups.member.1", &security_group),
        ];
        asked.extend(keys.iter().map(String::as_str).zip(subnets.iter().map(String::as_str)));
        let balancer = self.elbv2("CreateLoadBalancer", &asked, "LoadBalancerArn").await;
        let asked = [
            ("Name", name.as_str()),
            ("Protocol", "TCP"),
            ("Port", PORT),
            ("VpcId", vpc),
        ];
        let group = self.elbv2("CreateTargetGroup", &asked, "TargetGroupArn").await;
        for instance in &self.sandbox.infrastructure.instances {
            self.targets("RegisterTargets", &group, &instance.id).await;
        }
        let action = ("DefaultActions.member.1.TargetGroupArn", group.as_str());
        let forward = ("DefaultActions.member.1.Type", "forward");
        let asked = [
            ("LoadBalancerArn", balancer.as_str()),
            ("Protocol", "TCP"),
            ("Port", "80"),
            forward,
            action,
        ];
        self.elbv2("CreateListener", &asked, "ListenerArn").await;
        let asked = [("LoadBalancerArns.member.1", balancer.as_str())];
        let name = self.elbv2("DescribeLoadBalancers", &asked, "DNSName").await;
        Made {
            security_group,
            balancer,
            group,
            name,
        }
    }

    /// Lets the nodes take what comes from a security group, or no longer.
    async fn admit(&self, action: &str, security_group: &str) {
        let nodes = &self.sandbox.infrastructure.node_security_group_id;
        let peer = ("IpPermissions.1.Groups.1.GroupId", security_group);
        self.rule(action, nodes, PORT, peer).await;
    }

    async fn rule(&self, action: &str, security_group: &str, port: &str, peer: (&str, &str)) {
        let ports = [("IpPermissions.1.FromPort", port), ("IpPermissions.1.ToPort", port)];
        let mut asked = vec![("GroupId", security_group), ("IpPermissions.1.IpProtocol", "tcp"), peer];
        asked.extend(ports);
        self.ec2(action, &asked, "return").await;
    }

    async fn targets(&self, action: &str, group: &str, instance: &str) {
        let asked = [("TargetGroupArn", group), ("Targets.member.1.Id", instance)];
        self.elbv2(action, &asked, "none").await;
    }

    /// The states of all targets, as DescribeTargetHealth tells them.
    async fn states(&self, group: &str) -> Vec<String> {
        let asked = [("TargetGroupArn", group)];
        let targets = self
            .aws
            .list(ELBV2, "DescribeTargetHealth", &asked, "TargetHealthDescriptions")
            .await;
        let mut states: Vec<String> = targets
            .unwrap()
            .iter()
            .map(|target| target.get("TargetHealth/State").to_owned())
            .collect();
        states.sort();
        states
    }

    async fn until(&self, group: &str, states: &[&str]) {
        let what = format!("targets that are {states:?}");
        wait::until(&what, DEADLINE, async || self.states(group).await == states)
            .await
            .unwrap();
    }

    async fn remove(&self, made: &Made) {
        self.elbv2("DeleteLoadBalancer", &[("LoadBalancerArn", &made.balancer)], "none")
            .await;
        self.elbv2("DeleteTargetGroup", &[("TargetGroupArn", &made.group)], "none")
            .await;
        self.admit("RevokeSecurityGroupIngress", &made.security_group).await;
        self.ec2("DeleteSecurityGroup", &[("GroupId", &made.security_group)], "return")
            .await;
    }

    /// The addresses that a name stands for.
    fn addresses(&self, name: &str) -> Vec<Ipv4Addr> {
        let text = files::read(&data_plane::names(&self.sandbox.layout().unwrap())).unwrap();
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        let lines = lines.filter(|(_, known)| *known == name);
        lines.map(|(address, _)| address.parse().unwrap()).collect()
    }

    /// The first line of what the client is answered.
    async fn get(&self, address: Ipv4Addr) -> String {
        let client = self.sandbox.network().unwrap().of_client();
        let answer = network::inside(&client, async move || {
            let mut stream = TcpStream::connect((address, 80)).await.unwrap();
            stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").await.unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            Ok(text)
        });
        answer.await.unwrap().lines().next().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a sandbox with nodes: run by cargo sandbox test"]
async fn a_load_balancer_made_in_localstack_serves_and_its_targets_are_checked() {
    let cloud = Cloud::new();
    let made = cloud.make().await;
    cloud.until(&made.group, &["healthy", "healthy", "healthy"]).await;
    let addresses = cloud.addresses(&made.name);
    assert_eq!(addresses.len(), 3);
    for address in addresses {
        assert_eq!(cloud.get(address).await, "HTTP/1.0 200 OK");
    }
    let instances = &cloud.sandbox.infrastructure.instances;
    cloud.targets("DeregisterTargets", &made.group, &instances[0].id).await;
    cloud.until(&made.group, &["draining", "healthy", "healthy"]).await;
    cloud.admit("RevokeSecurityGroupIngress", &made.security_group).await;
    cloud.until(&made.group, &["draining", "unhealthy", "unhealthy"]).await;
    cloud.admit("AuthorizeSecurityGroupIngress", &made.security_group).await;
    cloud.targets("RegisterTargets", &made.group, &instances[0].id).await;
    cloud.until(&made.group, &["healthy", "healthy", "healthy"]).await;
    cloud.remove(&made).await;
    let gone = async || cloud.addresses(&made.name).is_empty();
    wait::until("the end of the name", DEADLINE, gone).await.unwrap();
}

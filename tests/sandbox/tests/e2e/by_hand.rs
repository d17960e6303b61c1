//! What a person does in AWS beside elbow, whose own API lacks the calls, and shall.

use std::collections::BTreeMap;

use elbow_sandbox::state::Sandbox;
use tokio::process::Command;
use tokio::sync::OnceCell;

/// Lets a cluster of this name use the sandbox's subnets, which are tagged for the sandbox's own cluster.
pub(crate) async fn share_subnets(sandbox: &Sandbox, cluster: &str) {
    let tag = format!("{{'Key': 'kubernetes.io/cluster/{cluster}', 'Value': 'shared'}}");
    ec2(
        sandbox,
        &format!("ec2.create_tags(Resources={:?}, Tags=[{tag}])", subnets(sandbox)),
    )
    .await;
}

/// Undoes [`share_subnets`].
pub(crate) async fn unshare_subnets(sandbox: &Sandbox, cluster: &str) {
    let tag = format!("{{'Key': 'kubernetes.io/cluster/{cluster}'}}");
    ec2(
        sandbox,
        &format!("ec2.delete_tags(Resources={:?}, Tags=[{tag}])", subnets(sandbox)),
    )
    .await;
}

/// Gives the sandbox's VPC and all its subnets IPv6 ranges, which dual-stack load balancers need; the /64 of each subnet.
///
/// They stay, for whoever asks next: Terraform would take 10 s longer for them in every sandbox.
pub(crate) async fn ipv6_ranges(sandbox: &Sandbox) -> BTreeMap<String, String> {
    static GIVEN: OnceCell<BTreeMap<String, String>> = OnceCell::const_new();
    let give = async || {
        let code = format!(
            "vpc, subnets = '{}', {:?}\n{GIVE_IPV6_RANGES}",
            sandbox.infrastructure.vpc_id,
            subnets(sandbox)
        );
        let given = ec2(sandbox, &code).await;
        let pairs = given.lines().map(|line| line.split_once(' ').unwrap());
        pairs
            .map(|(subnet, range)| (subnet.to_owned(), range.to_owned()))
            .collect()
    };
    GIVEN.get_or_init(give).await.clone()
}

const GIVE_IPV6_RANGES: &str = "
def ranges(owner):
    return [block['Ipv6CidrBlock'] for block in owner['Ipv6CidrBlockAssociationSet']]

if not ranges(ec2.describe_vpcs(VpcIds=[vpc])['Vpcs'][0]):
    ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)
[whole] = ranges(ec2.describe_vpcs(VpcIds=[vpc])['Vpcs'][0])
for number, subnet in enumerate(subnets):
    if not ranges(ec2.describe_subnets(SubnetIds=[subnet])['Subnets'][0]):
        part = whole.removesuffix('00::/56') + f'{number:02x}::/64'
        ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=part)
    [part] = ranges(ec2.describe_subnets(SubnetIds=[subnet])['Subnets'][0])
    print(subnet, part)
";

fn subnets(sandbox: &Sandbox) -> Vec<String> {
    let infrastructure = &sandbox.infrastructure;
    [
        infrastructure.public_subnet_ids.clone(),
        infrastructure.private_subnet_ids.clone(),
    ]
    .concat()
}

/// The name that [`certificate`] is for.
pub(crate) const CERTIFIED: &str = "web.example.com";

/// A certificate in ACM for [`CERTIFIED`]; its ARN.
pub(crate) async fn certificate(sandbox: &Sandbox) -> String {
    certificate_for(sandbox, CERTIFIED).await
}

/// A certificate in ACM for a name; its ARN.
pub(crate) async fn certificate_for(sandbox: &Sandbox, name: &str) -> String {
    let code = format!("print(client('acm').request_certificate(DomainName='{name}')['CertificateArn'])");
    python(sandbox, &code).await
}

/// What AWS holds for each Service of a cluster, in AWS' own words; see `keys/picture.py` for the shape.
pub(crate) async fn picture(sandbox: &Sandbox, cluster: &str) -> serde_json::Value {
    let code = format!("CLUSTER = '{cluster}'\n{}", include_str!("keys/picture.py"));
    serde_json::from_str(&python(sandbox, &code).await).unwrap()
}

/// Elastic IP addresses, so many; their allocation ids (`eipalloc-...`). [`release`] gives them back.
pub(crate) async fn elastic_ips(sandbox: &Sandbox, count: usize) -> Vec<String> {
    let code = format!("for _ in range({count}):\n    print(ec2.allocate_address(Domain='vpc')['AllocationId'])");
    ec2(sandbox, &code).await.lines().map(str::to_owned).collect()
}

/// Gives Elastic IP addresses back.
pub(crate) async fn release(sandbox: &Sandbox, allocations: &[String]) {
    let code = format!("for allocation in {allocations:?}:\n    ec2.release_address(AllocationId=allocation)");
    ec2(sandbox, &code).await;
}

/// A customer-managed prefix list of IPv4 ranges; its id (`pl-...`). [`delete_prefix_list`] takes it away.
pub(crate) async fn prefix_list(sandbox: &Sandbox, ranges: &[&str]) -> String {
    let code = format!(
        "import uuid\nentries = [{{'Cidr': cidr}} for cidr in {ranges:?}]\n\
         made = ec2.create_managed_prefix_list(PrefixListName=uuid.uuid4().hex, AddressFamily='IPv4', \
         MaxEntries=len(entries), Entries=entries)\nprint(made['PrefixList']['PrefixListId'])"
    );
    ec2(sandbox, &code).await
}

/// Undoes [`prefix_list`].
pub(crate) async fn delete_prefix_list(sandbox: &Sandbox, id: &str) {
    ec2(sandbox, &format!("ec2.delete_managed_prefix_list(PrefixListId='{id}')")).await;
}

/// A regional web ACL of WAF that lets everything through; its ARN. [`delete_web_acl`] takes it away.
pub(crate) async fn web_acl(sandbox: &Sandbox) -> String {
    let code = "import uuid\nname = uuid.uuid4().hex\n\
                metrics = dict(SampledRequestsEnabled=False, CloudWatchMetricsEnabled=False, MetricName=name)\n\
                print(client('wafv2').create_web_acl(Name=name, Scope='REGIONAL', DefaultAction={'Allow': {}}, \
                VisibilityConfig=metrics)['Summary']['ARN'])";
    python(sandbox, code).await
}

/// Undoes [`web_acl`]; AWS refuses while a load balancer has it.
pub(crate) async fn delete_web_acl(sandbox: &Sandbox, arn: &str) {
    let code = format!(
        "waf = client('wafv2')\nname, id = '{arn}'.split('/')[-2:]\nknown = dict(Name=name, Scope='REGIONAL', Id=id)\n\
         waf.delete_web_acl(LockToken=waf.get_web_acl(**known)['LockToken'], **known)"
    );
    python(sandbox, &code).await;
}

/// Runs a line of Python with `ec2`, a client for LocalStack past the proxy; returns what it prints. elbow's own API has no
/// call that starts an instance, and shall have none.
pub(crate) async fn ec2(sandbox: &Sandbox, code: &str) -> String {
    python(sandbox, &format!("ec2 = client('ec2')\n{code}")).await
}

/// Runs Python with `client(NAME)`, a client of AWS for LocalStack past the proxy; returns what it prints.
pub(crate) async fn python(sandbox: &Sandbox, code: &str) -> String {
    let client = format!(
        "import boto3\ndef client(name):\n    return boto3.client(name, endpoint_url='{}', region_name='{}', \
         aws_access_key_id='observer', aws_secret_access_key='secret')\n{code}",
        sandbox.localstack_url, sandbox.infrastructure.region,
    );
    let output = Command::new(&sandbox.tools.localstack_python)
        .arg("-c")
        .arg(client)
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

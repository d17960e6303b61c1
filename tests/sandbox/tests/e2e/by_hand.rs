//! What a person does in EC2 beside elbow, whose own API lacks the calls, and shall.

use elbow_sandbox::state::Sandbox;
use tokio::process::Command;

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

fn subnets(sandbox: &Sandbox) -> Vec<String> {
    let infrastructure = &sandbox.infrastructure;
    [
        infrastructure.public_subnet_ids.clone(),
        infrastructure.private_subnet_ids.clone(),
    ]
    .concat()
}

/// A certificate in ACM; its ARN.
pub(crate) async fn certificate(sandbox: &Sandbox) -> String {
    let code = "print(client('acm').request_certificate(DomainName='web.example.com')['CertificateArn'])";
    python(sandbox, code).await
}

/// What AWS holds for each Service of a cluster, in AWS' own words; see `keys/picture.py` for the shape.
pub(crate) async fn picture(sandbox: &Sandbox, cluster: &str) -> serde_json::Value {
    let code = format!("CLUSTER = '{cluster}'\n{}", include_str!("keys/picture.py"));
    serde_json::from_str(&python(sandbox, &code).await).unwrap()
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

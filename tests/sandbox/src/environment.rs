//! The environment of a sandbox: what a shell, a test or elbow needs to use it.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::files;
use crate::layout::Layout;
use crate::network::Namespace;
use crate::state::Sandbox;

/// LocalStack takes any credentials. The access key id also names the caller's lane in the AWS proxy.
pub const AWS_CREDENTIALS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "sandbox"),
    ("AWS_SECRET_ACCESS_KEY", "sandbox"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
];

/// The variables of a sandbox, without `PATH`.
#[must_use]
pub fn variables(sandbox: &Sandbox) -> Vec<(&'static str, String)> {
    let mut variables = vec![
        ("KUBECONFIG", sandbox.kubeconfig.display().to_string()),
        ("AWS_ENDPOINT_URL", sandbox.aws_proxy_url.clone()),
        ("AWS_REGION", sandbox.infrastructure.region.clone()),
        ("CLUSTER_NAME", sandbox.infrastructure.cluster_name.clone()),
        ("VPC_ID", sandbox.infrastructure.vpc_id.clone()),
        ("AWS_PROXY_URL", sandbox.aws_proxy_url.clone()),
        ("LOCALSTACK_URL", sandbox.localstack_url.clone()),
    ];
    variables.extend(AWS_CREDENTIALS.map(|(name, value)| (name, value.to_owned())));
    variables
}

/// Writes the variables as shell exports, for `. target/sandbox/env`. With real nodes the tools that talk to the sandbox
/// enter its network by themselves.
pub fn write(layout: &Layout, sandbox: &Sandbox) -> Result<()> {
    let mut path = sandbox.tools.path();
    if let Some(nodes) = &sandbox.nodes {
        let wrappers = layout.part("wrappers");
        for program in [sandbox.tools.kubectl(), sandbox.tools.helm.clone()] {
            wrap(&program, &wrappers, &nodes.network)?;
        }
        path.insert(0, wrappers);
    }
    files::write(&layout.environment(), exports(&variables(sandbox), &path))
}

/// Writes a script of the program's name that calls the program inside a network namespace.
fn wrap(program: &Path, directory: &Path, network: &Namespace) -> Result<()> {
    let wrapper = directory.join(program.file_name().unwrap_or_default());
    let (namespace, program) = (network.path(), quoted(&program.display().to_string()));
    files::write(
        &wrapper,
        format!(
            "#!/bin/sh\nexec nsenter --net={} {program} \"$@\"\n",
            namespace.display()
        ),
    )?;
    files::make_executable(&wrapper)
}

fn exports(variables: &[(&str, String)], path: &[PathBuf]) -> String {
    let mut lines: String = variables
        .iter()
        .map(|(name, value)| format!("export {name}={}\n", quoted(value)))
        .collect();
    let directories: Vec<String> = path
        .iter()
        .map(|directory| quoted(&directory.display().to_string()))
        .collect();
    lines.push_str(&format!("export PATH={}:\"$PATH\"\n", directories.join(":")));
    lines
}

/// A word that a POSIX shell takes literally.
pub(crate) fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluated(exports: &str, expression: &str) -> String {
        let script = format!("PATH=/usr/bin:/bin; {exports}\nprintf %s \"{expression}\"");
        let output = std::process::Command::new("/bin/sh")
            .args(["-c", &script])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn a_shell_reads_back_every_character() {
        let awkward = "it's a \"path\" with $HOME `and` \\ more";
        let exports = exports(&[("KUBECONFIG", awkward.to_owned())], &[PathBuf::from("/tools")]);
        assert_eq!(evaluated(&exports, "$KUBECONFIG"), awkward);
    }

    #[test]
    fn the_tools_come_before_the_rest_of_the_path() {
        let exports = exports(
            &[],
            &[PathBuf::from("/cache/control plane"), PathBuf::from("/cache/helm")],
        );
        assert_eq!(
            evaluated(&exports, "$PATH"),
            "/cache/control plane:/cache/helm:/usr/bin:/bin"
        );
    }
}

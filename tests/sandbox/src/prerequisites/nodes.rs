//! What real nodes need from the machine beside the programs that every sandbox needs.

use std::path::Path;

use super::or_install;
use crate::nodes::real;
use crate::progress::Progress;
use crate::{debian, run};

/// Programs, how each shows that it is there, and the Debian packages that bring them.
const PROGRAMS: [(&str, &str, &[&str]); 6] = [
    // The client's.
    ("curl", "--version", &["curl"]),
    ("ip", "-Version", &["iproute2"]),
    ("nsenter", "--version", &["util-linux"]),
    ("unshare", "--version", &["util-linux"]),
    ("gcc", "--version", &["gcc", "libc6-dev"]),
    ("pkg-config", "--version", &["pkg-config"]),
];

/// Makes what a node needs, in namespaces that go with it: a file system as containers have it, and a virtual link.
const TRIAL: &str = "mount -t tmpfs tmpfs /run && mkdir /run/upper /run/work && \
    mount -t overlay -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work overlay /etc && \
    ip link add trial0 type veth peer name trial1";

/// How many inotify instances root may have, and how many two sandboxes take: kubelet and containerd have some ten on each node.
const INOTIFY: (&str, u32) = ("/proc/sys/fs/inotify/max_user_instances", 100);

/// Why real nodes are not possible on this machine, in one line; `None` when they are. Programs are installed where that is
/// possible.
pub async fn obstacle(progress: &Progress) -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("they take root's rights".to_owned());
    }
    let controllers = real::missing_controllers();
    if !controllers.is_empty() {
        return Some(format!(
            "the machine lacks the cgroup controllers {}",
            controllers.join(", ")
        ));
    }
    if let Some(limit) = too_few_watches() {
        return Some(limit);
    }
    if !debian::is_possible().await {
        return Some("they take packages of Debian or Ubuntu".to_owned());
    }
    for (program, question, packages) in PROGRAMS {
        let find = async || run::query(program, &[question], Path::new("/")).await.map(drop);
        if or_install(program, packages, find, progress).await.is_none() {
            return Some(format!("{program} is missing: install {}", packages.join(" ")));
        }
    }
    let refused = !trial().await;
    refused.then(|| "the kernel refuses namespaces, overlay file systems or virtual links here".to_owned())
}

fn too_few_watches() -> Option<String> {
    let (path, wanted) = INOTIFY;
    let limit: u32 = std::fs::read_to_string(path).ok()?.trim().parse().ok()?;
    (limit < wanted).then(|| {
        format!("the kernel allows {limit} inotify instances: `sysctl fs.inotify.max_user_instances={wanted}` or more")
    })
}

async fn trial() -> bool {
    let namespaces = ["--mount", "--uts", "--pid", "--net", "--fork", "--mount-proc"];
    let arguments: Vec<&str> = namespaces.into_iter().chain(["/bin/sh", "-c", TRIAL]).collect();
    run::query("unshare", &arguments, Path::new("/")).await.is_some()
}

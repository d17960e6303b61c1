//! Sandboxes with real nodes: they are alone with themselves, and nothing of them stays. `cargo sandbox test` leaves these out
//! where real nodes are not possible.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use elbow_sandbox::layout::Layout;
use elbow_sandbox::network::Namespace;
use elbow_sandbox::nodes::real::{self, RealNode};
use elbow_sandbox::{Sandbox, kubernetes, wait};
use k8s_openapi::api::core::v1::Node;
use kube::{Api, ResourceExt as _};
use rustix::process::Signal;

use super::{Own, command, run, signal};

/// The names of the nodes that are ready.
async fn ready_nodes(sandbox: &Sandbox) -> Vec<String> {
    let kubeconfig = sandbox.kubeconfig.clone();
    let nodes = async move || {
        let nodes: Api<Node> = Api::all(kubernetes::client(&kubeconfig).await?);
        Ok(nodes.list(&Default::default()).await.unwrap().items)
    };
    let is_ready = |node: &Node| {
        let mut conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
        conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
    };
    let nodes = sandbox.enter(nodes).await.unwrap();
    nodes.iter().filter(|node| is_ready(node)).map(Node::name_any).collect()
}

/// What the kernel still has of the sandbox in a directory.
fn leftovers(directory: &Path) -> Vec<String> {
    let outer = Namespace::of_sandbox(&Layout::new(directory).unwrap());
    let mut left: Vec<String> = outer
        .family()
        .unwrap()
        .iter()
        .map(|one| one.name().to_owned())
        .collect();
    let name = directory.to_string_lossy().into_owned();
    left.extend(named(Path::new("/sys/fs/cgroup"), &outer, 2));
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let arguments = fs::read_to_string(process.path().join("cmdline")).unwrap_or_default();
        if arguments.contains(&name) {
            left.push(arguments.replace('\0', " "));
        }
    }
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    left.extend(mounts.lines().filter(|mount| mount.contains(&name)).map(str::to_owned));
    left
}

/// Directories that belong to a sandbox, so many levels deep.
fn named(directory: &Path, outer: &Namespace, depth: usize) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let directories = entries.map(|entry| entry.path()).filter(|path| path.is_dir());
    directories
        .flat_map(|path| {
            let own = outer.is_in_family(&path.file_name().unwrap().to_string_lossy());
            let below = if depth > 1 {
                named(&path, outer, depth - 1)
            } else {
                Vec::new()
            };
            own.then(|| path.display().to_string()).into_iter().chain(below)
        })
        .collect()
}

#[tokio::test]
#[ignore = "needs the sandbox"]
async fn two_sandboxes_with_nodes_run_side_by_side_and_leave_nothing() {
    kubernetes::install_tls();
    let (one, other) = (Own::new("nodes-one"), Own::new("nodes-other"));
    run("up", &one.0);
    run("up", &other.0);
    let (first, second) = (Sandbox::load(&one.0).unwrap(), Sandbox::load(&other.0).unwrap());
    assert_eq!(ready_nodes(&first).await.len(), 3);
    assert_eq!(ready_nodes(&second).await.len(), 3);

    // Addresses may be the same; what happens to one sandbox does not happen to the other.
    let victim = RealNode::all(&first.layout().unwrap()).unwrap()[0].name().to_owned();
    real::stop(&first, &victim).await.unwrap();
    let noticed = async || ready_nodes(&first).await.len() == 2;
    wait::until("the silence of a node", Duration::from_secs(60), noticed)
        .await
        .unwrap();
    assert_eq!(ready_nodes(&second).await.len(), 3);

    run("down", &one.0);
    assert_eq!(leftovers(&one.0), Vec::<String>::new());
    assert!(second.is_healthy().await.unwrap());
    run("down", &other.0);
    assert_eq!(leftovers(&other.0), Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs the sandbox"]
async fn what_a_killed_up_left_is_taken_down() {
    let own = Own::new("nodes-killed");
    let layout = Layout::new(&own.0).unwrap();
    let mut up = command("up", &own.0).stderr(Stdio::null()).spawn().unwrap();
    let begun = async || own.records().iter().any(|record| record.name() == "node-1");
    wait::until("the first node", Duration::from_secs(300), begun)
        .await
        .unwrap();
    signal(up.id(), Signal::KILL);
    up.wait().unwrap();
    assert!(
        Namespace::of_sandbox(&layout).exists(),
        "there is something to take down"
    );
    run("down", &own.0);
    assert_eq!(leftovers(&own.0), Vec::<String>::new());
}

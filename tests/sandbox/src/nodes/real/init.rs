//! The first process of a node: a shell script that makes the file tree and starts the node's programs. Pure.

use std::ffi::OsStr;
use std::path::Path;

use super::RealNode;

/// Directories of the machine that the node sees as they are but writes to for itself alone.
const WRITABLE: [&str; 3] = ["/var/lib", "/var/log", "/etc"];

/// Directories of the node that outlive its stop, and their names in the node's directory.
const KEPT: [(&str, &str); 4] = [
    ("kubelet", "/var/lib/kubelet"),
    ("containerd", "/var/lib/containerd"),
    ("pods", "/var/log/pods"),
    ("cni", "/etc/cni/net.d"),
];

/// Kernel settings of the whole machine that a kubelet sets. It leaves them alone when it reads these values.
const KUBELETS_OWN: [(&str, &str); 3] = [
    ("/proc/sys/vm/overcommit_memory", "1"),
    ("/proc/sys/kernel/panic", "10"),
    ("/proc/sys/kernel/panic_on_oops", "1"),
];

/// Where the programs and files of a node are on the machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a> {
    /// The node's directory.
    pub(super) directory: &'a Path,
    /// Image archives.
    pub(super) images: &'a Path,
    /// Directories of programs, for `PATH`.
    pub(super) programs: &'a [&'a Path],
}

/// The script.
pub(super) fn script(node: &RealNode, labels: &str, places: Places<'_>) -> String {
    let Places {
        directory,
        images,
        programs,
    } = places;
    let path: Vec<String> = programs.iter().map(|program| program.display().to_string()).collect();
    let (name, address) = (node.name(), &node.instance.private_ip);
    let (directory, images) = (quoted(directory), quoted(images));
    format!(
        r#"#!/bin/sh
# The first process of the node {name}. When it is killed, everything on the node ends.
set -eu
PATH={path}:$PATH
export PATH
echo {name} >/proc/sys/kernel/hostname
echo 1 >/proc/sys/net/ipv4/ip_forward
# Copies of named network namespaces would keep other nodes' networks alive.
umount --lazy --recursive /run/netns 2>/dev/null || :
mount -t tmpfs tmpfs /run
mkdir -p /run/node /run/images /run/netns
mount --bind {directory} /run/node
mount --bind {images} /run/images
{tree}mount --make-rshared /
containerd --config /run/node/containerd.toml >>/run/node/logs/containerd.log 2>&1 &
containerd=$!
until ctr version >/dev/null 2>&1; do
    kill -0 $containerd
    sleep 0.05
done
for archive in /run/images/*.tar; do
    [ ! -e "$archive" ] || ctr --namespace k8s.io images import "$archive"
done
kube-proxy --config=/run/node/kube-proxy.json >>/run/node/logs/kube-proxy.log 2>&1 &
kubelet --config=/run/node/kubelet.json --kubeconfig=/run/node/kubelet.kubeconfig --hostname-override={name} \
    --node-ip={address} --node-labels={labels} >>/run/node/logs/kubelet.log 2>&1 &
# Ended processes without a parent are the first process's to bury.
while :; do
    wait
    sleep 1
done
"#,
        path = quoted(Path::new(&path.join(":"))),
        tree = tree(),
    )
}

/// A script that calls a program with libraries of its own.
pub(super) fn wrapper(program: &Path, library_path: &OsStr) -> String {
    let libraries = quoted(Path::new(library_path));
    format!(
        "#!/bin/sh\nLD_LIBRARY_PATH={libraries} exec {} \"$@\"\n",
        quoted(program)
    )
}

/// The commands that make the node's file tree.
fn tree() -> String {
    let mut lines = String::new();
    for writable in WRITABLE {
        let own = format!("/run/tree{writable}");
        lines += &format!("mkdir -p {own}/upper {own}/work\n");
        lines += &format!(
            "mount -t overlay -o lowerdir={writable},upperdir={own}/upper,workdir={own}/work overlay {writable}\n"
        );
    }
    for (name, place) in KEPT {
        lines += &format!("mkdir -p /run/node/{name} {place}\nmount --bind /run/node/{name} {place}\n");
    }
    lines += "mkdir -p /run/node/logs /run/settings\n";
    for (setting, value) in KUBELETS_OWN {
        let own = format!("/run/settings/{}", setting.replace('/', "."));
        lines += &format!("echo {value} >{own}\nmount --bind {own} {setting}\n");
    }
    lines
}

/// A path as one word of a POSIX shell.
fn quoted(path: &Path) -> String {
    crate::environment::quoted(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::real::file::tests::instance;

    fn example() -> String {
        let node = RealNode {
            instance: instance(4),
            number: 1,
        };
        let places = Places {
            directory: Path::new("/state/it's/nodes/n"),
            images: Path::new("/state/images"),
            programs: &[Path::new("/cache/one"), Path::new("/cache/two")],
        };
        script(&node, "zone=a", places)
    }

    #[test]
    fn a_shell_understands_the_script() {
        let mut shell = std::process::Command::new("/bin/sh");
        let checked = shell.args(["-n", "-c", &example()]).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }

    #[test]
    fn the_node_writes_to_its_own_directory_and_to_memory_only() {
        let script = example();
        assert!(
            script.contains(r"mount --bind '/state/it'\''s/nodes/n' /run/node"),
            "{script}"
        );
        let memory = script.find("mount -t tmpfs tmpfs /run").unwrap();
        for (_, place) in KEPT {
            let bound = script.find(&format!("mount --bind /run/node/{}", place.rsplit('/').next().unwrap()));
            assert!(bound.is_none_or(|bound| bound > memory), "{place}");
        }
        let shared = script.find("mount --make-rshared /").unwrap();
        assert!(script.find("kubelet --config").unwrap() > shared);
    }
}

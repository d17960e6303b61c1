//! The container that holds a Pod's network namespace: it does nothing until it is killed.
//!
//! containerd ends it with SIGKILL, so it takes no signal; Pods that share one process namespace, in which it would have to reap
//! the others' children, are not for it.

fn main() {
    loop {
        std::thread::park();
    }
}

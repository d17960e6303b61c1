//! These need root and network namespaces.

mod forwarding;
mod health;
mod proxied;
mod security;

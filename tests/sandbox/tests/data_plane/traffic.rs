//! These need root and network namespaces.

mod forwarding;
mod health;
mod localstack;
mod proxied;
mod security;

//! Looks a hostname up as any program of this machine would.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

/// The resolver of the C library gives up on a silent server after 5 s, and tries twice (resolv.conf(5)).
const DEADLINE: Duration = Duration::from_secs(10);

/// The addresses, or why there are none; nothing without a hostname.
pub(super) async fn resolve(hostname: Option<&str>) -> Option<Result<BTreeSet<IpAddr>, String>> {
    let hostname = hostname?;
    // Any port: the resolver wants one.
    let lookup = tokio::net::lookup_host((hostname, 0));
    Some(match tokio::time::timeout(DEADLINE, lookup).await {
        Ok(Ok(found)) => Ok(found.map(|address| address.ip()).collect()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", DEADLINE.as_secs())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_is_looked_up_and_a_wrong_one_is_told() {
        assert_eq!(resolve(None).await, None);
        let found = resolve(Some("localhost")).await.unwrap().unwrap();
        assert!(found.iter().all(IpAddr::is_loopback) && !found.is_empty(), "{found:?}");
        // RFC 6761: never a name.
        assert!(resolve(Some("web.invalid")).await.unwrap().is_err());
    }
}

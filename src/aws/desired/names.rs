//! Names of resources: readable, within AWS' limits, and the same after every restart, so that a crash between making a
//! resource and remembering it finds its own work again.

use sha2::{Digest, Sha256};

use crate::aws::stack::{LoadBalancerKind, ResourceName, Scheme, TargetProtocol};
use crate::service::{IpFamily, Owner, Port};

/// Name of the load balancer where the user gives none. Another kind or scheme gives another name, because a load
/// balancer cannot change them: the new one is made beside the old. For what else cannot change names are numbered from 0.
#[must_use]
pub fn load_balancer(
    cluster: &str,
    owner: &Owner,
    kind: LoadBalancerKind,
    scheme: Scheme,
    number: usize,
) -> ResourceName {
    let kind = match kind {
        LoadBalancerKind::Network => "network-load-balancer",
        LoadBalancerKind::Application => "application-load-balancer",
    };
    let (scheme, number) = (scheme.to_string(), number.to_string());
    let mut fields = vec![kind, cluster, &owner.uid, &scheme];
    if number != "0" {
        fields.push(&number);
    }
    readable(owner, &fields)
}

/// Name of the group that admits a Service's clients.
#[must_use]
pub fn frontend_group(cluster: &str, owner: &Owner) -> ResourceName {
    readable(owner, &["frontend-group", cluster, &owner.uid])
}

/// What tells the target groups of one load balancer apart, and what never changes in one of them.
#[derive(Clone, Copy, Debug)]
pub struct TargetGroupFacets<'a> {
    /// Port of the listener.
    pub listener: Port,
    /// What its targets are sent.
    pub protocol: TargetProtocol,
    /// Over which family of addresses.
    pub family: IpFamily,
    /// Name of the Service and number of its port, where they are not the listener's own.
    pub other: Option<(&'a str, Port)>,
}

/// Name of a target group. It holds the load balancer's name, because a target group serves one load balancer only and a
/// new load balancer needs its own; and not the NodePort, because targets carry that. What differs from the usual is added
/// to what is hashed, so that a change makes a new target group beside the old one.
#[must_use]
pub fn target_group(
    cluster: &str,
    owner: &Owner,
    load_balancer: &ResourceName,
    facets: TargetGroupFacets<'_>,
) -> ResourceName {
    let protocol = match facets.protocol {
        TargetProtocol::Tcp => "tcp".to_owned(),
        TargetProtocol::Udp => "udp".to_owned(),
        TargetProtocol::TcpUdp => "tcp-udp".to_owned(),
        TargetProtocol::Tls | TargetProtocol::Http(_) | TargetProtocol::Https(_) => facets.protocol.to_string(),
    };
    let listener = facets.listener.to_string();
    let mut hashed = vec![
        "target-group",
        cluster,
        &owner.uid,
        load_balancer.as_str(),
        &listener,
        &protocol,
    ];
    if facets.family == IpFamily::V6 {
        hashed.push("ipv6");
    }
    let other = facets.other.map(|(service, port)| (service, port.to_string()));
    if let Some((service, port)) = &other {
        hashed.extend(["other", service, port]);
    }
    readable(owner, &hashed)
}

/// Name of the security group that all load balancers of a cluster carry.
#[must_use]
pub fn backend_group(cluster: &str) -> ResourceName {
    parsed(&format!("k8s-backend-{}", hash(&["backend-group", cluster])))
}

/// Longest readable part: two of them, with `k8s-`, two hyphens and the hash, make 32 characters at most.
const READABLE: usize = 8;

fn readable(owner: &Owner, hashed: &[&str]) -> ResourceName {
    let part = |text: &str| {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .take(READABLE)
            .collect::<String>()
    };
    parsed(&format!(
        "k8s-{}-{}-{}",
        part(&owner.namespace),
        part(&owner.name),
        hash(hashed)
    ))
}

fn parsed(name: &str) -> ResourceName {
    ResourceName::parse(name)
        .expect("letters, digits and hyphens between `k8s` and a hash, 4 + 8 + 1 + 8 + 1 + 10 = 32 characters at most")
}

/// Ten hexadecimal digits of a SHA-256. Each field is preceded by its length, so that no two lists of fields are one text.
fn hash(fields: &[&str]) -> String {
    let mut sha = Sha256::new();
    for field in fields {
        sha.update(format!("{}:{field}", field.len()));
    }
    sha.finalize()
        .iter()
        .take(5)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::aws::stack::LoadBalancerKind::{Application, Network};

    fn owner(namespace: &str, name: &str, uid: &str) -> Owner {
        Owner {
            namespace: namespace.into(),
            name: name.into(),
            uid: uid.into(),
        }
    }

    fn plain(listener: Port, protocol: TargetProtocol) -> TargetGroupFacets<'static> {
        TargetGroupFacets {
            listener,
            protocol,
            family: IpFamily::V4,
            other: None,
        }
    }

    #[test]
    fn a_name_shows_namespace_and_service() {
        let name = load_balancer(
            "prod",
            &owner("web-team-blue", "shop.front-end", "1"),
            Network,
            Scheme::Internal,
            0,
        );
        assert!(name.as_str().starts_with("k8s-webteamb-shopfron-"), "{name}");
        assert_eq!(name.as_str().len(), 32);
    }

    /// A changed name would replace every load balancer of every cluster at the next update of elbow.
    #[test]
    fn names_do_not_change_from_version_to_version() {
        let owner = owner("shop", "web", "0b0b");
        let port = Port::new(80).unwrap();
        let load_balancer = load_balancer("prod", &owner, Network, Scheme::Internal, 0);
        assert_eq!(load_balancer.as_str(), "k8s-shop-web-655c8c09ec");
        assert_eq!(frontend_group("prod", &owner).as_str(), "k8s-shop-web-2f11feef55");
        assert_eq!(
            target_group("prod", &owner, &load_balancer, plain(port, TargetProtocol::Tcp)).as_str(),
            "k8s-shop-web-ffdf2d6f40"
        );
        assert_eq!(backend_group("prod").as_str(), "k8s-backend-04214e5042");
    }

    #[test]
    fn cluster_uid_kind_scheme_number_port_and_protocol_each_change_a_name() {
        let (one, two) = (owner("shop", "web", "1"), owner("shop", "web", "2"));
        let [eighty, other] = [80, 443].map(|port| Port::new(port).unwrap());
        let balancer = load_balancer("a", &one, Network, Scheme::Internal, 0);
        let facing = load_balancer("a", &one, Network, Scheme::InternetFacing, 0);
        let names = BTreeSet::from([
            load_balancer("a", &one, Application, Scheme::Internal, 0),
            load_balancer("a", &one, Network, Scheme::Internal, 1),
            load_balancer("a", &one, Network, Scheme::Internal, 2),
            load_balancer("b", &one, Network, Scheme::Internal, 0),
            load_balancer("a", &two, Network, Scheme::Internal, 0),
            target_group("a", &one, &balancer, plain(eighty, TargetProtocol::Tcp)),
            target_group("a", &one, &facing, plain(eighty, TargetProtocol::Tcp)),
            target_group("a", &one, &balancer, plain(other, TargetProtocol::Tcp)),
            target_group("a", &one, &balancer, plain(eighty, TargetProtocol::Udp)),
            target_group("a", &one, &balancer, plain(eighty, TargetProtocol::TcpUdp)),
            target_group("a", &two, &balancer, plain(eighty, TargetProtocol::Tcp)),
            frontend_group("a", &one),
            frontend_group("b", &one),
            backend_group("a"),
            backend_group("b"),
            balancer,
            facing,
        ]);
        assert_eq!(names.len(), 17);
    }

    proptest! {
        #[test]
        fn any_service_has_valid_names(namespace in "\\PC{0,70}", name in "\\PC{0,70}", uid in "\\PC{0,40}", cluster in "\\PC{0,110}") {
            let owner = owner(&namespace, &name, &uid);
            let load_balancer = load_balancer(&cluster, &owner, Network, Scheme::Internal, 0);
            let target_group = target_group(&cluster, &owner, &load_balancer, plain(Port::MAX, TargetProtocol::TcpUdp));
            for name in [load_balancer, target_group, frontend_group(&cluster, &owner), backend_group(&cluster)] {
                prop_assert_eq!(ResourceName::parse(name.as_str()), Ok(name));
            }
        }

        #[test]
        fn distinct_owners_have_distinct_names(a in ("[a-c]{1,3}", "[a-c]{1,3}"), b in ("[a-c]{1,3}", "[a-c]{1,3}")) {
            prop_assume!(a != b);
            let name = |(cluster, uid): &(String, String)| frontend_group(cluster, &owner("shop", "web", uid));
            prop_assert_ne!(name(&a), name(&b));
        }
    }
}

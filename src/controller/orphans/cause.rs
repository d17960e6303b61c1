//! PURE. Who lives, and why somebody is said to live no more.

use std::collections::{HashMap, HashSet};

use k8s_openapi::api::core::v1::Service;
use serde::Serialize;

use crate::controller::finalizer;
use crate::service::Owner;

/// Why what an owner has in the cloud is nobody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Cause {
    /// There is no such Service.
    ServiceGone,
    /// There is a Service of this name, but it is another one: it has another UID.
    ServiceReplaced,
    /// The Service lives, but is no load balancer's any more, and our finalizer, which would have had it cleaned up, is off.
    NoLoadBalancer,
    /// The tags of its resources do not say which Service it was, and no Service has its UID.
    Nameless,
}

impl Cause {
    /// The same for people.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::ServiceGone => "there is no such Service",
            Self::ServiceReplaced => "the Service of this name is a later one, with another UID",
            Self::NoLoadBalancer => "the Service is not of type LoadBalancer any more and has lost elbow's finalizer",
            Self::Nameless => "its tags name no Service, and none has this UID",
        }
    }
}

/// The Services that there are.
#[derive(Clone, Debug, Default)]
pub struct Living {
    /// By UID: may it have something in the cloud?
    uids: HashMap<String, bool>,
    names: HashSet<(String, String)>,
}

impl Living {
    /// All of these.
    pub fn of<'a>(services: impl IntoIterator<Item = &'a Service>) -> Self {
        let mut living = Self::default();
        for service in services {
            let owner = Owner::from(service);
            living.uids.insert(owner.uid, may_hold(service));
            living.names.insert((owner.namespace, owner.name));
        }
        living
    }

    /// Is there no Service at all?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.uids.is_empty()
    }

    /// Is there a Service with this UID?
    #[must_use]
    pub fn has(&self, uid: &str) -> bool {
        self.uids.contains_key(uid)
    }

    /// Why what this owner has is nobody's; none where the Service may have it.
    #[must_use]
    pub fn cause(&self, owner: &Owner) -> Option<Cause> {
        match self.uids.get(&owner.uid) {
            Some(true) => None,
            Some(false) => Some(Cause::NoLoadBalancer),
            None if owner.name.is_empty() => Some(Cause::Nameless),
            None => Some(self.absence(owner)),
        }
    }

    fn absence(&self, owner: &Owner) -> Cause {
        if self.names.contains(&(owner.namespace.clone(), owner.name.clone())) {
            Cause::ServiceReplaced
        } else {
            Cause::ServiceGone
        }
    }
}

/// In doubt it may: what is not asked here is whose class it has, which only the settings of the controller tell.
fn may_hold(service: &Service) -> bool {
    let kind = service.spec.as_ref().and_then(|spec| spec.type_.as_deref());
    kind == Some("LoadBalancer") || finalizer::is_on(service)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{from_value, json};

    use super::*;

    fn service(uid: &str, kind: &str, finalizers: &[&str]) -> Service {
        from_value(json!({
            "metadata": {"namespace": "shop", "name": "web", "uid": uid, "finalizers": finalizers},
            "spec": {"type": kind},
        }))
        .unwrap()
    }

    #[rstest]
    #[case::served("u-1", "LoadBalancer", &[finalizer::NAME], None)]
    #[case::not_yet_held("u-1", "LoadBalancer", &[], None)]
    #[case::another_type_while_it_is_cleaned_up("u-1", "ClusterIP", &[finalizer::NAME], None)]
    #[case::another_type_and_nobody_cleans_up("u-1", "ClusterIP", &["other"], Some(Cause::NoLoadBalancer))]
    #[case::a_later_one("u-2", "LoadBalancer", &[finalizer::NAME], Some(Cause::ServiceReplaced))]
    fn a_service_of_the_name_exists(
        #[case] uid: &str,
        #[case] kind: &str,
        #[case] finalizers: &[&str],
        #[case] expected: Option<Cause>,
    ) {
        let living = Living::of([&service(uid, kind, finalizers)]);
        assert_eq!(living.cause(&owner("shop", "web")), expected);
    }

    #[rstest]
    #[case::gone("shop", "other", Cause::ServiceGone)]
    #[case::same_name_elsewhere("bank", "web", Cause::ServiceGone)]
    #[case::no_name("", "", Cause::Nameless)]
    fn no_service_has_the_uid(#[case] namespace: &str, #[case] name: &str, #[case] expected: Cause) {
        let living = Living::of([&service("u-2", "LoadBalancer", &[])]);
        assert_eq!(living.cause(&owner(namespace, name)), Some(expected));
    }

    #[test]
    fn the_uid_alone_tells_who_lives_whatever_the_tags_name() {
        let living = Living::of([&service("u-1", "LoadBalancer", &[])]);
        assert_eq!(living.cause(&owner("", "")), None);
        assert_eq!(living.cause(&owner("bank", "other")), None);
    }

    fn owner(namespace: &str, name: &str) -> Owner {
        Owner {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            uid: "u-1".to_owned(),
        }
    }
}

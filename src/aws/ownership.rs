//! Which resources are elbow's, and whose: told by their tags alone, never by name.

use crate::aws::desired::tags::{CLUSTER, RESOURCE, Resource, SERVICE, UID};
use crate::aws::stack::Tags;
use crate::service::Owner;

/// For whom elbow keeps a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Keeper {
    /// For the Service with this UID.
    Service(String),
    /// For all Services of the cluster.
    Cluster,
}

impl Keeper {
    /// For whom a resource with these tags is kept; none where it is not this cluster's.
    pub(crate) fn of(tags: &Tags, cluster: &str) -> Option<Self> {
        if tags.get(CLUSTER).map(String::as_str) != Some(cluster) {
            return None;
        }
        match (tags.get(UID), tags.get(RESOURCE)) {
            (Some(uid), _) => Some(Self::Service(uid.clone())),
            (None, Some(resource)) if *resource == Resource::BackendGroup.value() => Some(Self::Cluster),
            (None, _) => None,
        }
    }

    /// Is a resource that was found with these tags the one that elbow would have made with the wanted tags?
    pub(crate) fn is_same(found: &Tags, wanted: &Tags) -> bool {
        let cluster = wanted.get(CLUSTER).map(String::as_str);
        cluster.is_some_and(|cluster| {
            Self::of(wanted, cluster).is_some_and(|keeper| Self::of(found, cluster) == Some(keeper))
        })
    }
}

/// The Service for which a resource with these tags was made; none where they do not name one.
pub(crate) fn owner_of(tags: &Tags) -> Option<Owner> {
    let (namespace, name) = tags.get(SERVICE)?.split_once('/')?;
    Some(Owner {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        uid: tags.get(UID)?.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_resource_belongs_to_the_service_whose_uid_it_carries() {
        let found = tags(&[(CLUSTER, "blue"), (UID, "1"), (RESOURCE, "load-balancer")]);
        assert_eq!(Keeper::of(&found, "blue"), Some(Keeper::Service("1".to_owned())));
    }

    #[test]
    fn the_backend_group_belongs_to_the_cluster() {
        let found = tags(&[(CLUSTER, "blue"), (RESOURCE, "backend-security-group")]);
        assert_eq!(Keeper::of(&found, "blue"), Some(Keeper::Cluster));
    }

    #[test]
    fn a_resource_without_our_tags_or_of_another_cluster_is_nobodys() {
        for foreign in [
            tags(&[]),
            tags(&[(UID, "1")]),
            tags(&[(CLUSTER, "green"), (UID, "1")]),
            tags(&[(CLUSTER, "blue")]),
            tags(&[(CLUSTER, "blue"), (RESOURCE, "load-balancer")]),
        ] {
            assert_eq!(Keeper::of(&foreign, "blue"), None, "{foreign:?}");
        }
    }

    #[test]
    fn a_namesake_is_the_same_only_with_the_same_cluster_and_uid() {
        let wanted = tags(&[(CLUSTER, "blue"), (UID, "1"), ("team", "a")]);
        assert!(Keeper::is_same(
            &tags(&[(CLUSTER, "blue"), (UID, "1"), ("team", "b")]),
            &wanted
        ));
        assert!(!Keeper::is_same(&tags(&[(CLUSTER, "blue"), (UID, "2")]), &wanted));
        assert!(!Keeper::is_same(&tags(&[(CLUSTER, "green"), (UID, "1")]), &wanted));
        assert!(!Keeper::is_same(&tags(&[]), &tags(&[])));
    }

    #[test]
    fn the_owner_is_read_from_the_tags_of_the_service() {
        let owner = owner_of(&tags(&[(SERVICE, "shop/web"), (UID, "1")])).unwrap();
        assert_eq!(
            (owner.namespaced_name(), owner.uid),
            ("shop/web".to_owned(), "1".to_owned())
        );
        assert_eq!(owner_of(&tags(&[(SERVICE, "shop/web")])), None);
        assert_eq!(owner_of(&tags(&[(SERVICE, "web"), (UID, "1")])), None);
    }
}

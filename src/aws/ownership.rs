//! Which resources are elbow's, and whose: told by their tags alone, never by name.

use std::collections::BTreeSet;

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

/// The Service with this UID as the tags of its resources name it. Namespace and name are empty where they name none, or
/// where a person has changed some of them, so that they do not agree.
pub(crate) fn owner<'a>(uid: &str, tags: impl Iterator<Item = &'a Tags>) -> Owner {
    let named: BTreeSet<&str> = tags.filter_map(|tags| tags.get(SERVICE).map(String::as_str)).collect();
    let sole = named.first().filter(|_| named.len() == 1);
    let (namespace, name) = sole.and_then(|named| named.split_once('/')).unwrap_or_default();
    Owner {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        uid: uid.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

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

    #[rstest]
    #[case::all_agree(&[Some("shop/web"), Some("shop/web")], ("shop", "web"))]
    #[case::one_has_lost_it(&[Some("shop/web"), None], ("shop", "web"))]
    #[case::none_has_it(&[None], ("", ""))]
    #[case::they_do_not_agree(&[Some("shop/web"), Some("shop/other")], ("", ""))]
    #[case::it_names_no_service(&[Some("web")], ("", ""))]
    fn the_service_is_named_only_where_all_tags_agree(#[case] named: &[Option<&str>], #[case] expected: (&str, &str)) {
        let tags: Vec<Tags> = named
            .iter()
            .map(|named| named.map_or_else(Tags::new, |named| self::tags(&[(SERVICE, named)])))
            .collect();
        let owner = owner("uid-1", tags.iter());
        assert_eq!((owner.namespace.as_str(), owner.name.as_str()), expected);
        assert_eq!(owner.uid, "uid-1");
    }
}

//! Which security group of each node has to admit the load balancers.

use std::collections::{BTreeMap, BTreeSet};

use super::Cluster;
use crate::aws::api::{AwsApi, AwsResult, InstanceDescription, SecurityGroupDescription, SecurityGroupSelection};
use crate::aws::desired::tags::KUBERNETES_CLUSTER;
use crate::aws::ids::SecurityGroupId;
use crate::aws::settings::AwsSettings;
use crate::aws::stack::Tags;

impl<A: AwsApi> Cluster<A> {
    /// One group of each instance that is known and runs.
    ///
    /// # Errors
    /// When AWS cannot be read; it is asked only where instances have several groups.
    pub(crate) async fn node_groups(&self) -> AwsResult<BTreeSet<SecurityGroupId>> {
        self.read_node_groups().await.map(|(chosen, _)| chosen)
    }

    /// As [`Cluster::node_groups`], with the groups that had to be read for it.
    ///
    /// # Errors
    /// As [`Cluster::node_groups`].
    pub(crate) async fn read_node_groups(
        &self,
    ) -> AwsResult<(BTreeSet<SecurityGroupId>, Vec<SecurityGroupDescription>)> {
        let mut read = Vec::new();
        if !self.groups_without_tags().is_empty() {
            let _alone = self.reading.lock().await;
            read = self.read_group_tags(self.groups_without_tags()).await?;
        }
        Ok((self.chosen_groups(), read))
    }

    fn chosen_groups(&self) -> BTreeSet<SecurityGroupId> {
        let known = self.known();
        let found = known.instances.values().filter_map(|instance| instance.found.as_ref());
        let instances: Vec<&InstanceDescription> = found.filter(|instance| !instance.terminated).collect();
        choose(&instances, &known.group_tags, &self.settings)
    }

    pub(super) async fn read_group_tags(
        &self,
        ids: BTreeSet<SecurityGroupId>,
    ) -> AwsResult<Vec<SecurityGroupDescription>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found = self
            .api
            .describe_security_groups(&SecurityGroupSelection::Ids(ids.clone()))
            .await?;
        let mut known = self.known();
        for id in ids {
            let tags = found
                .iter()
                .find(|group| group.id == id)
                .map(|group| group.tags.clone());
            known.group_tags.insert(id, tags.unwrap_or_default());
        }
        Ok(found)
    }

    /// Where the tags of a group decide and are not known, the one call that reads them reads those of all groups.
    fn groups_without_tags(&self) -> BTreeSet<SecurityGroupId> {
        let known = self.known();
        let found = || known.instances.values().filter_map(|instance| instance.found.as_ref());
        let unknown = |id: &&SecurityGroupId| !known.group_tags.contains_key(*id);
        let several = found().filter(|instance| instance.security_groups.len() > 1);
        if !several
            .flat_map(|instance| &instance.security_groups)
            .any(|id| unknown(&id))
        {
            return BTreeSet::new();
        }
        let groups = found().flat_map(|instance| &instance.security_groups);
        groups.filter(unknown).cloned().collect()
    }
}

/// PURE. For each instance its only group; of several the one with the cluster's tag and the tags of the settings, else one
/// that all instances share, else the one with the lowest id. The rule with the tags is that of the AWS cloud provider.
fn choose(
    instances: &[&InstanceDescription],
    tags: &BTreeMap<SecurityGroupId, Tags>,
    settings: &AwsSettings,
) -> BTreeSet<SecurityGroupId> {
    let is_tagged = |id: &&SecurityGroupId| tags.get(*id).is_some_and(|tags| is_the_clusters(tags, settings));
    let mut groups = instances.iter().map(|instance| instance.security_groups.clone());
    let first = groups.next().unwrap_or_default();
    let shared = groups.fold(first, |shared, groups| &shared & &groups);
    let is_shared = |id: &&SecurityGroupId| shared.contains(*id);
    let choice = instances.iter().filter_map(|instance| {
        let groups = &instance.security_groups;
        let tagged = groups.iter().find(is_tagged);
        tagged
            .or_else(|| groups.iter().find(is_shared))
            .or_else(|| groups.first())
            .cloned()
    });
    choice.collect()
}

fn is_the_clusters(tags: &Tags, settings: &AwsSettings) -> bool {
    let wanted = &settings.target_eni_group_tags;
    tags.contains_key(&format!("{KUBERNETES_CLUSTER}{}", settings.cluster))
        && wanted.iter().all(|(key, value)| tags.get(key) == Some(value))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::aws::desired::fixtures;
    use crate::aws::ids::InstanceId;

    /// An instance with these groups, separated by blanks.
    fn instance(groups: &str) -> InstanceDescription {
        InstanceDescription {
            id: InstanceId::new("i-1"),
            vpc: None,
            zone: None,
            security_groups: groups.split_whitespace().map(SecurityGroupId::new).collect(),
            terminated: false,
            tags: Tags::new(),
        }
    }

    const CLUSTER: (&str, &str) = ("kubernetes.io/cluster/prod", "owned");

    #[rstest]
    #[case::the_only_one(&["a", "b"], "", "a b")]
    #[case::tagged(&["a b"], "b", "b")]
    #[case::tagged_before_shared(&["a b", "a"], "b", "a b")]
    #[case::shared_by_all(&["a s", "b s"], "", "s")]
    #[case::lowest_id(&["b a", "d c"], "", "a c")]
    #[case::none(&[""], "", "")]
    fn each_instance_has_one_group_that_admits(
        #[case] instances: &[&str],
        #[case] tagged: &str,
        #[case] expected: &str,
    ) {
        let instances: Vec<_> = instances.iter().map(|groups| instance(groups)).collect();
        let tagged = tagged.split_whitespace();
        let tags = tagged.map(|id| (SecurityGroupId::new(id), fixtures::text_map(&[CLUSTER])));
        let instances: Vec<_> = instances.iter().collect();
        let chosen = choose(&instances, &tags.collect(), &fixtures::settings());
        let chosen: Vec<_> = chosen.iter().map(SecurityGroupId::as_str).collect();
        assert_eq!(chosen.join(" "), expected);
    }

    #[test]
    fn the_tags_of_the_settings_narrow_the_choice() {
        let mut settings = fixtures::settings();
        settings.target_eni_group_tags = fixtures::text_map(&[("role", "nodes")]);
        let tagged = |pairs: &[(&str, &str)]| fixtures::text_map(pairs);
        let tags = BTreeMap::from([
            (SecurityGroupId::new("a"), tagged(&[CLUSTER])),
            (SecurityGroupId::new("b"), tagged(&[CLUSTER, ("role", "nodes")])),
        ]);
        let chosen = choose(&[&instance("a b")], &tags, &settings);
        assert_eq!(chosen, BTreeSet::from([SecurityGroupId::new("b")]));
    }
}

//! The facts file: what `elbow plan --facts` is told instead of asking the cluster and AWS.

mod reader;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ipnet::IpNet;
use k8s_openapi::api::core::v1 as k8s;
use kube::runtime::watcher::Event;
use serde_json::{Value, json};

use self::reader::{Fields, Reader};
use crate::aws::api::SubnetDescription;
use crate::aws::desired::{self, Facts};
use crate::aws::ids::{SecurityGroupId, SubnetId, VpcId};
use crate::aws::observed::Observed;
use crate::aws::quotas::Limits;
use crate::aws::stack::Tags;
use crate::controller::nodes::StableNodes;
use crate::node::NodeSet;
use crate::service::Owner;
use crate::settings::Flags;

/// Addresses that a subnet has left where the file does not say: enough for any load balancer.
const FREE_ADDRESSES: u32 = 251;
/// Flags that have fields of their own in the file.
const FIELDS_OF_THEIR_OWN: [(&str, &str); 3] = [
    ("cluster-name", "clusterName"),
    ("aws-region", "region"),
    ("aws-vpc-id", "vpc.id"),
];

/// A facts file.
#[derive(Clone, Debug)]
pub(super) struct FactsFile {
    flags: Vec<(String, String)>,
    pub(super) vpc: VpcId,
    networks: Vec<IpNet>,
    subnets: Vec<SubnetDescription>,
    public: BTreeSet<SubnetId>,
    groups: BTreeMap<String, BTreeSet<SecurityGroupId>>,
    backend_group: Option<SecurityGroupId>,
    /// The nodes that are targets.
    pub(super) nodes: NodeSet,
    observed: Vec<(Owner, Observed)>,
}

/// A facts file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    /// There is no such file, or it may not be read.
    #[error("cannot read {0}")]
    File(String, #[source] std::io::Error),
    /// It is not YAML.
    #[error("{0} is not YAML")]
    Yaml(String, #[source] Box<serde_saphyr::Error>),
    /// Fields of it are wrong: all of them, each with its place.
    #[error("{0} cannot be used:{1}")]
    Faults(String, String),
}

impl FactsFile {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> Result<Self, Unusable> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| Unusable::File(name.clone(), error))?;
        Self::parse(&name, &text)
    }

    /// Reads a text. `name` is for messages.
    pub(super) fn parse(name: &str, text: &str) -> Result<Self, Unusable> {
        let value: Value =
            serde_saphyr::from_str(text).map_err(|error| Unusable::Yaml(name.to_owned(), error.into()))?;
        let mut reader = Reader::default();
        let file = file(&value, &mut reader);
        match file.filter(|_| reader.faults.is_empty()) {
            Some(file) => Ok(file),
            None => {
                let faults = reader.faults.iter().map(|fault| format!("\n  {fault}"));
                Err(Unusable::Faults(name.to_owned(), faults.collect()))
            }
        }
    }

    /// The settings as flags of the command line.
    pub(super) fn flags(&self) -> impl Iterator<Item = String> {
        self.flags.iter().map(|(name, value)| format!("--{name}={value}"))
    }

    /// The cluster's shared group, if it exists.
    pub(super) fn backend_group(&self) -> Option<&SecurityGroupId> {
        self.backend_group.as_ref()
    }

    /// What AWS holds for this Service, told by namespace and name.
    pub(super) fn observed(&self, owner: &Owner) -> Option<&(Owner, Observed)> {
        let mut known = self.observed.iter();
        known.find(|(known, _)| (&known.namespace, &known.name) == (&owner.namespace, &owner.name))
    }

    /// The facts as they would have been read from AWS.
    pub(super) fn facts(&self) -> Facts {
        let ids = self.nodes.nodes.iter().map(|node| &node.provider_id);
        Facts {
            vpc: self.vpc.clone(),
            subnets: self.subnets.clone(),
            public_subnets: Some(self.public.clone()),
            named_groups: self.groups.clone(),
            backend_group: self.backend_group.clone(),
            load_balancers: Vec::new(),
            vpc_networks: self.networks.clone(),
            cluster_instances: ids.filter_map(|id| desired::targets::instance_id(id)).collect(),
            unusable_instances: BTreeSet::new(),
            instance_zones: BTreeMap::new(),
            limits: Limits::default(),
            ceiling: None,
        }
    }
}

fn file(value: &Value, reader: &mut Reader) -> Option<FactsFile> {
    let mut fields = reader.object(value, "")?;
    let cluster = reader.text(&mut fields, "clusterName");
    let region = reader.optional_text(&mut fields, "region");
    let vpc = reader.one(&mut fields, "vpc", vpc);
    let subnets = reader.each(&mut fields, "subnets", subnet);
    let groups = reader.each(&mut fields, "securityGroups", security_group);
    let backend = reader.optional_text(&mut fields, "backendSecurityGroup");
    let nodes = reader.each(&mut fields, "nodes", node);
    let settings = fields.take("settings").map(|(value, at)| settings(&value, &at, reader));
    let observed = reader.each(&mut fields, "observed", observed);
    reader.finish(fields);
    let (vpc, networks) = vpc?;
    let cluster = cluster?;
    let own = [
        ("cluster-name", Some(cluster)),
        ("aws-region", region),
        ("aws-vpc-id", Some(vpc.clone())),
    ];
    let own = own
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let public = subnets.iter().filter(|(_, public)| *public);
    Some(FactsFile {
        flags: own.chain(settings.unwrap_or_default()).collect(),
        vpc: VpcId::new(vpc),
        networks,
        public: public.map(|(subnet, _)| subnet.id.clone()).collect(),
        subnets: subnets.into_iter().map(|(subnet, _)| subnet).collect(),
        groups: by_name(groups),
        backend_group: backend.map(SecurityGroupId::new),
        nodes: eligible(nodes),
        observed,
    })
}

fn vpc(mut fields: Fields, reader: &mut Reader) -> Option<(String, Vec<IpNet>)> {
    let id = reader.text(&mut fields, "id");
    let mut networks = reader.networks(&mut fields, "cidrs");
    networks.extend(reader.networks(&mut fields, "ipv6Cidrs"));
    reader.finish(fields);
    Some((id?, networks))
}

fn subnet(mut fields: Fields, reader: &mut Reader) -> Option<(SubnetDescription, bool)> {
    let id = reader.text(&mut fields, "id");
    let zone = reader.text(&mut fields, "zone");
    let mut networks = reader.network(&mut fields, "cidr").into_iter().collect::<Vec<_>>();
    networks.extend(reader.networks(&mut fields, "ipv6Cidrs"));
    let public = reader.boolean(&mut fields, "public").unwrap_or(false);
    let free = reader.number(&mut fields, "freeAddresses");
    let tags = reader.tags(&mut fields, "tags");
    reader.finish(fields);
    let subnet = SubnetDescription {
        id: SubnetId::new(id?),
        zone: zone?,
        networks,
        free_addresses: free.unwrap_or(FREE_ADDRESSES),
        tags,
    };
    Some((subnet, public))
}

fn security_group(mut fields: Fields, reader: &mut Reader) -> Option<(SecurityGroupId, Tags)> {
    let id = reader.text(&mut fields, "id");
    // The name is for readers of the file: Services name groups by id or by their tag Name.
    drop(reader.optional_text(&mut fields, "name"));
    let tags = reader.tags(&mut fields, "tags");
    reader.finish(fields);
    Some((SecurityGroupId::new(id?), tags))
}

fn by_name(groups: Vec<(SecurityGroupId, Tags)>) -> BTreeMap<String, BTreeSet<SecurityGroupId>> {
    let mut named: BTreeMap<String, BTreeSet<SecurityGroupId>> = BTreeMap::new();
    for (id, tags) in groups {
        if let Some(name) = tags.get("Name") {
            named.entry(name.clone()).or_default().insert(id);
        }
    }
    named
}

/// As the API server would give it, so that the controller's own rule tells whether it is a target.
fn node(mut fields: Fields, reader: &mut Reader) -> Option<k8s::Node> {
    let name = reader.text(&mut fields, "name");
    let provider_id = reader.text(&mut fields, "providerId");
    let labels = reader.tags(&mut fields, "labels");
    let taints = fields.take("taints");
    let ready = reader.boolean(&mut fields, "ready").unwrap_or(true);
    let place = fields.place().to_owned();
    reader.finish(fields);
    let (taints, at) = taints.unwrap_or((json!([]), String::new()));
    let taints: Vec<k8s::Taint> = reader.typed(taints, &at)?;
    let status = if ready { "True" } else { "False" };
    let node = json!({
        "metadata": {"name": name?, "labels": labels},
        "spec": {"providerID": provider_id?, "taints": taints},
        "status": {"conditions": [{"type": "Ready", "status": status}]},
    });
    reader.typed(node, &place)
}

fn eligible(nodes: Vec<k8s::Node>) -> NodeSet {
    let mut stable = StableNodes::default();
    for node in nodes {
        stable.apply(Event::Apply(node));
    }
    stable.current()
}

fn settings(value: &Value, at: &str, reader: &mut Reader) -> Vec<(String, String)> {
    let Some(members) = value.as_object() else {
        reader.fault(at, "must be an object of flags of elbow run, without their hyphens");
        return Vec::new();
    };
    let known = Flags::names();
    let mut flags = Vec::new();
    for (name, value) in members {
        let place = format!("{at}.{name}");
        if let Some((_, field)) = FIELDS_OF_THEIR_OWN.iter().find(|(flag, _)| flag == name) {
            reader.fault(&place, &format!("must be given as {field}"));
        } else if !known.contains(name) {
            reader.fault(&place, "is no flag of elbow run, see elbow run --help");
        } else if let Some(text) = reader.scalar(value, &place) {
            flags.push((name.clone(), text));
        }
    }
    flags
}

fn observed(mut fields: Fields, reader: &mut Reader) -> Option<(Owner, Observed)> {
    let place = fields.place().to_owned();
    let owner = fields.take("owner");
    let held = json!({
        "loadBalancers": fields.take("loadBalancers").map_or_else(|| json!([]), |(value, _)| value),
        "targetGroups": fields.take("targetGroups").map_or_else(|| json!([]), |(value, _)| value),
        "securityGroups": fields.take("securityGroups").map_or_else(|| json!([]), |(value, _)| value),
    });
    reader.finish(fields);
    let Some((owner, at)) = owner else {
        reader.fault(&format!("{place}.owner"), "is required");
        return None;
    };
    let owner = reader.exact(owner, &at);
    let held = reader.exact(held, &place);
    Some((owner?, held?))
}

#[cfg(test)]
mod tests;

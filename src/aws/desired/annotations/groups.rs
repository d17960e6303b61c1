//! What annotations say of security groups and of who may connect.

use crate::aws::ids::PrefixListId;

use super::values::{self, Refusal};
use super::{Reader, Reference, keys, references};

/// Groups of the load balancer, and what its own group admits; a field is none or empty where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::aws::desired) struct Groups {
    /// The user's, instead of elbow's.
    pub(in crate::aws::desired) named: Vec<Reference>,
    pub(in crate::aws::desired) manage_backend_rules: Option<bool>,
    pub(in crate::aws::desired) disabled: bool,
    pub(in crate::aws::desired) private_link_rules: Option<bool>,
    /// As written; not empty.
    pub(in crate::aws::desired) source_ranges: Option<Vec<String>>,
    pub(in crate::aws::desired) prefix_lists: Vec<PrefixListId>,
    pub(in crate::aws::desired) path_mtu: bool,
}

impl Groups {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let prefix_list = |id: &str| values::id(id, "pl-").map(PrefixListId::new);
        Self {
            named: reader
                .read(&keys::SECURITY_GROUPS, |value| references(value, "sg-"))
                .unwrap_or_default(),
            manage_backend_rules: reader.read(&keys::MANAGE_BACKEND_RULES, values::boolean),
            disabled: reader
                .read(&keys::DISABLE_SECURITY_GROUPS, values::boolean)
                .unwrap_or(false),
            private_link_rules: reader.read(&keys::PRIVATE_LINK_RULES, values::switch),
            source_ranges: reader.read(&keys::SOURCE_RANGES, source_ranges),
            prefix_lists: reader
                .read(&keys::PREFIX_LISTS, |value| values::distinct(value, prefix_list))
                .unwrap_or_default(),
            path_mtu: reader.read(&keys::PATH_MTU, values::switch).unwrap_or(false),
        }
    }
}

/// An empty list is refused: read as "nobody" it would cut all clients off, read as "missing" it would admit the world.
fn source_ranges(value: &str) -> Result<Vec<String>, Refusal> {
    let ranges: Vec<_> = values::list(value).into_iter().map(str::to_owned).collect();
    if ranges.is_empty() {
        Err("names nobody; remove the annotation to admit all".into())
    } else {
        Ok(ranges)
    }
}

//! Over which family of addresses nodes are reached.

use crate::aws::stack::ListenerProtocol;
use crate::service::IpFamily;

use super::super::annotations::keys;
use super::super::declaration::Declaration;
use super::super::invalid::Faults;

/// IPv4 wherever the Service has it; but behind a dual-stack load balancer AWS serves UDP over IPv6 targets only (Elastic
/// Load Balancing user guide, listeners of Network Load Balancers).
pub(super) fn of(declared: Declaration<'_>, listener: ListenerProtocol, faults: &mut Faults) -> IpFamily {
    let families = &declared.service.ip_families;
    let ipv4 = families.is_empty() || families.contains(&IpFamily::V4);
    let dual_stack = declared.asked.addresses.address_type.has_ipv6();
    if !ipv4 && !dual_stack {
        let text = format!(
            "spec.ipFamilies: nodes are to be reached over IPv6 only, which needs annotation {}=dualstack",
            keys::ADDRESS_TYPE
        );
        faults.add("UnsupportedField", text);
    }
    if dual_stack && matches!(listener, ListenerProtocol::Udp | ListenerProtocol::TcpUdp) {
        return of_dual_stack_udp(declared, faults);
    }
    if ipv4 { IpFamily::V4 } else { IpFamily::V6 }
}

fn of_dual_stack_udp(declared: Declaration<'_>, faults: &mut Faults) -> IpFamily {
    if !declared.asked.addresses.source_nat {
        let why = format!("does not serve UDP without annotation {}=on", keys::IPV6_SOURCE_NAT);
        faults.add_value(&keys::ADDRESS_TYPE, "dualstack", &why);
    }
    if !declared.service.ip_families.contains(&IpFamily::V6) {
        let why =
            "serves UDP over IPv6 targets only; put IPv6 among spec.ipFamilies, or the UDP port into another Service";
        faults.add_value(&keys::ADDRESS_TYPE, "dualstack", why);
    }
    IpFamily::V6
}

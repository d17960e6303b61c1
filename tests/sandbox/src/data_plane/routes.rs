//! The pods behind each node: what the routes of this network namespace send to a node that is not the node itself.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;

use ipnet::Ipv4Net;

use crate::error::Result;
use crate::files;

/// The ranges of the pods behind each node's address.
pub type PodRanges = BTreeMap<Ipv4Addr, Vec<Ipv4Net>>;

/// The ranges behind each address that is a next hop.
///
/// # Errors
/// When `/proc` does not show the routes.
pub fn pod_ranges() -> Result<PodRanges> {
    Ok(ranges(&files::read(Path::new("/proc/self/net/route"))?))
}

/// The text has the columns interface, destination, gateway, flags, three counts, mask; addresses as the machine holds them
/// in memory, in hexadecimal digits (Linux kernel, `fib_route_seq_show`).
fn ranges(table: &str) -> PodRanges {
    let mut found = PodRanges::new();
    for line in table.lines().skip(1) {
        if let Some((gateway, range)) = route(line)
            && !gateway.is_unspecified()
            && range.prefix_len() > 0
        {
            found.entry(gateway).or_default().push(range);
        }
    }
    found
}

fn route(line: &str) -> Option<(Ipv4Addr, Ipv4Net)> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let address = |column: usize| {
        let number = u32::from_str_radix(columns.get(column)?, 16).ok()?;
        Some(Ipv4Addr::from(number.to_ne_bytes()))
    };
    let range = Ipv4Net::with_netmask(address(1)?, address(7)?).ok()?;
    Some((address(2)?, range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_found_by_their_next_hop() {
        let digits = |address: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(address));
        let line = |to, gateway, mask| {
            format!(
                "node1\t{}\t{}\t0003\t0\t0\t0\t{}\t0\t0\t0",
                digits(to),
                digits(gateway),
                digits(mask)
            )
        };
        let host = [255; 4];
        let table = [
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT".to_owned(),
            line([10, 0, 16, 4], [0; 4], host),
            line([10, 244, 1, 0], [10, 0, 16, 4], [255, 255, 255, 0]),
            line([0; 4], [169, 254, 1, 1], [0; 4]),
        ];
        let found = ranges(&table.join("\n"));
        let expected = [("10.0.16.4".parse().unwrap(), vec!["10.244.1.0/24".parse().unwrap()])];
        assert_eq!(found, expected.into());
    }
}

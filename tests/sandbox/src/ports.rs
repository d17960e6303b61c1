//! Free TCP ports on the loopback interface.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, TcpListener};

use crate::error::{Error, Result};

/// Below the ports that the kernel gives to outgoing connections (32768 and up) and below Kubernetes' node ports (30000
/// and up): a port from there could be taken between the choice and the start of its server.
const FIRST: u16 = 20_000;
const LAST: u16 = 29_999;

/// `N` different ports on 127.0.0.1 that nobody listens on now.
///
/// The search starts at a random port, so that two sandboxes that start at the same time do not choose the same.
pub fn free<const N: usize>() -> Result<[u16; N]> {
    let size = u64::from(LAST - FIRST) + 1;
    let start = RandomState::new().hash_one(std::process::id()) % size;
    // The listeners are kept until all ports are chosen, so that no port is chosen twice.
    let listeners: Vec<TcpListener> = (0..size)
        .filter_map(|offset| listen((start + offset) % size))
        .take(N)
        .collect();
    let ports: Vec<u16> = listeners
        .iter()
        .filter_map(|listener| Some(listener.local_addr().ok()?.port()))
        .collect();
    ports.try_into().map_err(|_| Error::NoFreePort {
        wanted: N,
        first: FIRST,
        last: LAST,
    })
}

fn listen(offset: u64) -> Option<TcpListener> {
    let port = FIRST.checked_add(u16::try_from(offset).ok()?)?;
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ports_are_different_and_free() {
        let ports = free::<8>().unwrap();
        let _listeners = ports.map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap());
        assert!(ports.iter().all(|port| (FIRST..=LAST).contains(port)));
    }

    #[test]
    fn a_port_in_use_is_not_chosen() {
        let [taken] = free().unwrap();
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, taken)).unwrap();
        let offset = u64::from(taken - FIRST);
        assert!(listen(offset).is_none());
    }
}

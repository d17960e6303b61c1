//! Addresses for Pods: the loopback network answers on all of 127.0.0.0/8, so each Pod can have one without any set-up.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The addresses of 127.77.0.0/16 that this sandbox has given out.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    first: u16,
    taken: Arc<Mutex<BTreeSet<Ipv4Addr>>>,
}

impl Pool {
    /// A pool that begins at a place derived from `directory`, so that sandboxes side by side seldom meet.
    pub(super) fn starting_from(directory: &Path) -> Self {
        let mut hasher = DefaultHasher::new();
        directory.hash(&mut hasher);
        let [low, high, ..] = hasher.finish().to_le_bytes();
        Self {
            first: u16::from_le_bytes([low, high]),
            taken: Arc::default(),
        }
    }

    /// An address on which nobody listens at these ports; none when all are taken.
    pub(super) fn lease(&self, ports: &[u16]) -> Option<Lease> {
        let mut taken = self.lock();
        let free = |address: &Ipv4Addr| !taken.contains(address) && nobody_listens(*address, ports);
        let address = candidates(self.first).find(free)?;
        taken.insert(address);
        Some(Lease {
            address,
            pool: self.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Ipv4Addr>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An address that is a Pod's until dropped.
#[derive(Debug)]
pub(super) struct Lease {
    address: Ipv4Addr,
    pool: Pool,
}

impl Lease {
    pub(super) fn address(&self) -> Ipv4Addr {
        self.address
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.pool.lock().remove(&self.address);
    }
}

fn candidates(first: u16) -> impl Iterator<Item = Ipv4Addr> {
    (0..=u16::MAX).filter_map(move |offset| {
        let [third, fourth] = first.wrapping_add(offset).to_be_bytes();
        // 0 and 255 look like network and broadcast addresses to people.
        (fourth != 0 && fourth != 255).then(|| Ipv4Addr::new(127, 77, third, fourth))
    })
}

fn nobody_listens(address: Ipv4Addr, ports: &[u16]) -> bool {
    ports.iter().all(|port| TcpListener::bind((address, *port)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_pods_have_one_address_and_a_freed_one_is_used_again() {
        let pool = Pool {
            first: 0x0a01,
            taken: Arc::default(),
        };
        let (one, two) = (pool.lease(&[]).unwrap(), pool.lease(&[]).unwrap());
        assert_eq!(
            (one.address(), two.address()),
            (Ipv4Addr::new(127, 77, 10, 1), Ipv4Addr::new(127, 77, 10, 2))
        );
        drop(one);
        assert_eq!(pool.lease(&[]).unwrap().address(), Ipv4Addr::new(127, 77, 10, 1));
    }

    #[test]
    fn an_address_where_somebody_listens_is_passed_over() {
        let pool = Pool {
            first: 0x0b01,
            taken: Arc::default(),
        };
        let other = TcpListener::bind((Ipv4Addr::new(127, 77, 11, 1), 0)).unwrap();
        let port = other.local_addr().unwrap().port();
        assert_eq!(pool.lease(&[port]).unwrap().address(), Ipv4Addr::new(127, 77, 11, 2));
    }

    #[test]
    fn candidates_wrap_around_and_leave_odd_ones_out() {
        let addresses: BTreeSet<Ipv4Addr> = candidates(0xfffe).collect();
        assert_eq!(addresses.len(), 256 * 254);
        assert!(!addresses.contains(&Ipv4Addr::new(127, 77, 3, 0)));
    }
}

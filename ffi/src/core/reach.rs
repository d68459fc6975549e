//! Where servers are reached. Servers announce addresses to one another, and to
//! clients, that may lead nowhere from where the client is: behind network
//! address translation, out of containers, through tunnels.
//!
//! Everywhere else a server goes by the address at which it is configured or
//! announced. It is translated only when a connection is made.

use crate::{reply::Failure, routing::address::Address, wire};
use std::collections::HashMap;

/// What addresses are translated to.
pub struct Reach {
    map: HashMap<Address, Address>,
}

impl Reach {
    pub fn of(request: &wire::ConnectionRequest) -> Self {
        let pair = |entry: &wire::Translation| {
            Some((address(entry.announced.as_ref()?)?, address(entry.reachable.as_ref()?)?))
        };
        Reach { map: request.address_map.iter().filter_map(pair).collect() }
    }

    /// Returns where a server is reached.
    pub async fn address(&self, announced: &Address) -> Result<Address, Failure> {
        Ok(self.map.get(announced).unwrap_or(announced).clone())
    }
}

fn address(address: &wire::Address) -> Option<Address> {
    Some(Address::new(&address.host, address.port.try_into().ok()?))
}

//! Where the servers of a client may be found.

use crate::wire::address::Address;

/// What supplies the addresses that may be a server's. They are asked for
/// whenever the topology is looked up, so that a source may change its mind:
/// this is where one that asks sentinels would go.
pub enum Candidates {
    /// The addresses that are configured. They do not change.
    Configured(Vec<Address>),
}

impl Candidates {
    /// Returns the addresses as they are known now, the likeliest first.
    pub async fn addresses(&self) -> Vec<Address> {
        match self {
            Candidates::Configured(addresses) => addresses.clone(),
        }
    }
}

//! Where servers are reached. Servers announce addresses to one another, and to
//! clients, that may lead nowhere from where the client is: behind network
//! address translation, out of containers, through tunnels.
//!
//! Everywhere else a server goes by the address at which it is configured or
//! announced. It is translated only when a connection is made.

use super::program::Program;
use crate::{
    abi::Outcome,
    wire::{self, address::Address, failure::Failure, question::Question},
};
use std::{collections::HashMap, time::Duration};

/// What addresses are translated to.
pub struct Reach {
    map: HashMap<Address, Address>,
    /// Is asked for addresses that are not in the map.
    program: Option<Program>,
}

impl Reach {
    pub fn of(request: &wire::ConnectionRequest, program: Program) -> Self {
        let pair = |entry: &wire::Translation| {
            Some((address(entry.announced.as_ref()?)?, address(entry.reachable.as_ref()?)?))
        };
        Reach {
            map: request.address_map.iter().filter_map(pair).collect(),
            program: request.asks_for_addresses.then_some(program),
        }
    }

    /// Returns where a server is reached.
    pub async fn address(&self, announced: &Address, time: Duration) -> Result<Address, Failure> {
        if let Some(known) = self.map.get(announced) {
            return Ok(known.clone());
        }
        let Some(program) = &self.program else { return Ok(announced.clone()) };
        let unknown = |why: &str| {
            let text = format!("{announced}: TranslateAddress: {why}");
            Failure::new(Outcome::Unreachable, text)
        };
        let answer = program.ask(Question::Address(announced), time).await;
        let answer = answer.map_err(|why| unknown(&why))?;
        answer.address.as_ref().and_then(address).ok_or_else(|| unknown("it gave no address"))
    }
}

fn address(address: &wire::Address) -> Option<Address> {
    Some(Address::new(&address.host, address.port.try_into().ok()?))
}

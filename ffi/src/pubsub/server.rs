//! Servers with subscriptions.

use crate::routing::{node::NodeClient, slot_map::SlotMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::{sync::Notify, time::Instant};

/// A server with subscriptions.
pub struct Server {
    pub id: u64,
    pub node: Arc<NodeClient>,
    /// There is something to tell it.
    pub wake: Notify,
    /// Since when the topology does not name it.
    unnamed: Mutex<Option<Instant>>,
    /// The connection for commands that it was last compared with, by when its
    /// making began.
    compared: Mutex<Option<std::time::Instant>>,
}

/// For how long a server may be missing in the topology: while nodes change
/// their roles, some do not say whose replica a former primary is.
const UNNAMED: Duration = Duration::from_secs(3);

impl Server {
    pub fn new(id: u64, node: Arc<NodeClient>) -> Arc<Self> {
        let (wake, unnamed, compared) = Default::default();
        Arc::new(Server { id, node, wake, unnamed, compared })
    }

    /// Reports whether it answers, as far as is known.
    pub fn answers(&self) -> bool {
        answers(&self.node)
    }

    /// Records whether the topology names it.
    pub fn note(&self, map: &SlotMap) {
        let named = map.nodes().any(|node| node.address == self.node.address);
        let mut unnamed = self.unnamed.lock().unwrap_or_else(|e| e.into_inner());
        *unnamed = (!named).then(|| unnamed.unwrap_or_else(Instant::now));
    }

    /// Reports whether it was not compared with a connection yet; now it is.
    pub fn is_new(&self, connection: std::time::Instant) -> bool {
        let mut compared = self.compared.lock().unwrap_or_else(|e| e.into_inner());
        compared.replace(connection) != Some(connection)
    }

    pub fn is_named(&self) -> bool {
        self.unnamed.lock().unwrap_or_else(|e| e.into_inner()).is_none()
    }

    pub fn is_part(&self) -> bool {
        let unnamed = self.unnamed.lock().unwrap_or_else(|e| e.into_inner());
        unnamed.is_none_or(|since| since.elapsed() < UNNAMED)
    }
}

/// Reports whether a node answers, as far as is known.
pub fn answers(node: &NodeClient) -> bool {
    !node.is_suspect() && !node.is_unreachable()
}

//! Routes of the core, for what its own clients send.

use redis::cluster_routing::{MultipleNodeRoutingInfo, ResponsePolicy, RoutingInfo};

/// All nodes, each of which has to do it.
pub const EVERYWHERE: RoutingInfo = RoutingInfo::MultiNode((
    MultipleNodeRoutingInfo::AllNodes,
    Some(ResponsePolicy::AllSucceeded),
));

//! Where requests go.
//!
//! The router knows the topology: which server is the primary of which slot,
//! and who its replicas are. It has a node client for each server in use. The
//! topology is looked up when the client connects, from time to time, after a
//! redirect, and as long as a primary cannot be reached; every look-up is
//! bounded in time, so that a node that hangs stops nothing.

pub mod candidates;
mod cluster;
pub mod info;
pub mod node;
pub mod outages;
pub mod permits;
pub mod reserve;
mod roles;
mod router;
pub mod slot_map;
mod topology;

pub use router::Router;
pub use topology::random;

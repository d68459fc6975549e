//! Commands: how they are sent, followed and completed.

pub mod batch;
pub mod call;
pub mod changes;
pub mod classify;
pub mod compress;
pub mod direct;
pub mod dispatch;
pub mod fan_out;
pub mod group;
pub mod read_only;
pub mod redirect;
pub mod servers;
pub mod sharing;
pub mod split;
pub mod target;

//! The core as it is used here: settings, connections, calls with a bound, and
//! the conversion of replies.

pub mod calls;
pub mod config;
pub mod connect;
pub mod convert;
pub mod settings;

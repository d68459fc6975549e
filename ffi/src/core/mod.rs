//! The core as it is used here: settings, connections, calls with a bound, and
//! the conversion of replies.

pub mod cache;
pub mod calls;
pub mod closable;
pub mod config;
pub mod connect;
pub mod login;
pub mod program;
pub mod pulse;
pub mod race;
pub mod reach;
pub mod refusal;
pub mod reply_scan;
pub mod reply_stream;
pub mod secrets;
pub mod settings;
pub mod stream;
pub mod task;
pub mod tls;

//! Tests of requests without a server: everything of the library is as it is in
//! use, but the other end of its connections is a script.
//!
//! The seam is the one place that opens sockets (core/stream.rs). A connection to
//! a mocked address is a pipe in memory, so what runs above it is the core's real
//! protocol code and ours, and requests cost no indirection that only tests need.

mod client;
mod conversion;
mod dedicated;
mod dispatch;
mod redirects;
mod server;
mod settings;
mod split;
mod topology;

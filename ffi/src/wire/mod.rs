//! What crosses the boundary and how it is read and written, without knowledge
//! of clients or connections.
//!
//! - request.rs: submissions. reply.rs, trace.rs, messages.rs, question.rs, event.rs:
//!   what is handed out. failure.rs: how a request fails.
//! - command.rs: words as the core's commands.
//! - address.rs, slots.rs: what servers say of where things are.
//! - The types that are generated from protobuf/ are in this module itself.

pub mod address;
pub mod command;
pub mod event;
pub mod failure;
pub mod messages;
pub mod question;
pub mod reply;
pub mod request;
pub mod slots;
pub mod trace;

include!(concat!(env!("OUT_DIR"), "/glide.rs"));

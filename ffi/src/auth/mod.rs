//! What a client authenticates with, and how that is changed while it lives:
//! change.rs by calls that are made for it, note.rs by commands that do it on
//! the way. core/login.rs has what is in force.

mod change;
mod note;

pub use change::prepare;
pub use note::{note, reconnect_if_unknown};

//! What both sides of the boundary agree on. `contract.md` is the beginning of
//! the C header, `build.rs` writes it there.

pub mod guard;
pub mod signals;
mod status;
mod values;

pub use status::{Outcome, Status};
pub use values::{Counter, LogLevel, MessageNames, QuestionKind, Tag};

/// Changes with every change of this interface, the messages included.
pub const GLIDE_ABI_VERSION: u32 = 6;

/// The bit of a ticket that says that its command may wait on the server for
/// long. Such completions are counted separately.
pub const GLIDE_BLOCKING_TICKET: u64 = 0x8000_0000_0000_0000;

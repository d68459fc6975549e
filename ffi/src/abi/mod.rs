//! What both sides of the boundary agree on. `contract.md` is the beginning of
//! the C header, `build.rs` writes it there.

pub mod guard;
pub mod handles;
pub mod signals;
mod status;
mod types;
mod values;

pub use status::{Outcome, Status};
pub use types::{GlideEngine, GlideReplies, GlideReplyBuffer, GlideSlice};
pub use values::{Counter, EventKind, LogLevel, MessageNames, QuestionKind, Stat, Tag};

/// Changes with every change of this interface, the messages included.
///
/// It is also the major version of this crate.
pub const GLIDE_ABI_VERSION: u32 = 8;

include!(concat!(env!("OUT_DIR"), "/versions.rs"));

const _: () = assert!(
    LIBRARY_VERSION >> 16 == GLIDE_ABI_VERSION,
    "the major version in ffi/Cargo.toml is not GLIDE_ABI_VERSION"
);

/// The bit of a ticket that says that its command may wait on the server for
/// long. Such completions are counted separately.
pub const GLIDE_BLOCKING_TICKET: u64 = 0x8000_0000_0000_0000;

/// The bit of an outcome that says that a trace follows the body: which node
/// answered, and how often the request was sent again.
pub const GLIDE_TRACED_OUTCOME: u8 = 128;

//! The tests that stand in files which need nothing else of the library: to
//! link it once more for them would take longer than all of them.

#![allow(dead_code)]

#[path = "../src/pubsub/account.rs"]
mod account;
#[path = "../src/routing/address.rs"]
mod address;
#[path = "../src/core/closable.rs"]
mod closable;
#[path = "../src/failure.rs"]
mod failure;
#[path = "../src/pubsub/key_events.rs"]
mod key_events;
#[path = "../src/scan/node.rs"]
mod node;
#[path = "../src/routing/permits.rs"]
mod permits;
#[path = "../src/core/options.rs"]
mod options;
#[path = "../src/core/race.rs"]
mod race;
#[path = "../src/command/read_only.rs"]
mod read_only;
#[path = "../src/defects/refusals.rs"]
mod refusals;
#[path = "../src/reply.rs"]
mod reply;
#[path = "../src/request.rs"]
mod request;
#[path = "../src/core/reply_scan.rs"]
mod reply_scan;
#[path = "../src/core/reply_stream.rs"]
mod reply_stream;
#[path = "../src/command/sharing.rs"]
mod sharing;
#[path = "../src/slotset.rs"]
mod slotset;
#[path = "../src/event_loop/spinning.rs"]
mod spinning;
#[path = "../src/core/task.rs"]
mod task;
#[path = "../src/core/pulse.rs"]
mod pulse;

/// What pulse.rs watches, and closable.rs closes.
mod stream {
    pub type Stream = std::pin::Pin<Box<dyn redis::aio::AsyncStream + Send + Sync>>;
}

/// What both sides agree on, less the guard, which knows the event loop.
#[path = "../src/abi"]
mod abi {
    mod status;
    mod values;

    pub use status::*;
    pub use values::*;

    pub const GLIDE_BLOCKING_TICKET: u64 = 1 << 63;
}

/// Where failure.rs finds what it names.
mod command {
    pub(crate) use crate::sharing;
}

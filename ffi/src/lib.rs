#![doc = include_str!("abi/contract.md")]
//!
//! # The files
//!
//! Imports point downwards in this list; `go run ./scripts/check-layers` checks it.
//!
//! - lib.rs: the exported functions.
//! - session.rs: engines with their clients, what a client consists of, and which
//!   part of it a request is for.
//! - command/: how commands are sorted, sent and answered. dispatch.rs sorts those
//!   of a submission, classify.rs says which are coalesced, group.rs sends coalesced
//!   commands, direct.rs all others, split.rs splits commands over keys of several
//!   slots, call.rs runs one command and follows redirects, batch.rs
//!   runs pipelines and transactions, fan_out.rs commands for several nodes;
//!   target.rs says where they go, compress.rs compresses values.
//!   dedicated/: dedicated connections. scan/: scans of
//!   clusters. pubsub/: subscriptions. auth/: changes of credentials. echo.rs: a
//!   client without a server, for tests.
//! - client.rs: what all of these know of their client, and how requests are run.
//! - routing/: node clients, the slot map, the topology, permits. core/: settings,
//!   and the making of connections. defects/: workarounds for defects of the core.
//! - event_loop/: the event loop and its drivers, tickets and completions, the log,
//!   the allocator. wire/: what crosses the boundary, read and written.
//! - abi/: the contract, the numbers of the C header, why nothing unwinds.
//! - mock/: tests whose servers are scripts.

mod abi;
mod auth;
mod client;
mod command;
mod core;
mod dedicated;
mod defects;
mod echo;
mod event_loop;
#[cfg(test)]
mod mock;
mod pubsub;
mod routing;
mod scan;
mod session;
mod wire;

use abi::{
    Counter, GlideEngine, GlideReplies, GlideReplyBuffer, Status,
    guard::{borrowed, contained, entry},
};
use event_loop::{Drive, logging};
use prost::Message;
use session::{Instance, OpenClient};
use std::{ptr, sync::Arc, time::Duration};
use wire::{
    reply::ReplyBuffer,
    request::{self, Request},
};

/// Returns the `GLIDE_ABI_VERSION` of this library. A program calls it first, and
/// nothing else if it is not that of its header.
///
/// Borrowed: nothing. Kept: nothing. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn glide_abi_version() -> u32 {
    abi::GLIDE_ABI_VERSION
}

/// Returns the version of this library: major << 16, minor << 8, patch.
///
/// Borrowed: nothing. Kept: nothing. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn glide_library_version() -> u32 {
    abi::LIBRARY_VERSION
}

/// Returns the version of glide-core in this library, in the same form.
///
/// Borrowed: nothing. Kept: nothing. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn glide_core_version() -> u32 {
    abi::CORE_VERSION
}

/// Starts an engine and writes it to `*engine`.
///
/// `ready(context)` is called when completions can be taken and no caller drives.
///
/// Borrowed: `engine`. Kept: `ready` and `context`, permanently. Threads: any.
///
/// # Safety
/// `engine` must be null or writable; `ready` must be callable as long as the
/// process lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_engine_start(
    ready: Option<extern "C" fn(context: usize)>,
    context: usize,
    engine: *mut *const GlideEngine,
) -> Status {
    entry(|| {
        let Some(ready) = ready else { return Status::InvalidArgument };
        if engine.is_null() {
            return Status::InvalidArgument;
        }
        let Ok(started) = Instance::start(ready, context) else { return Status::Resources };
        // SAFETY: not null, and the caller vouches that it is writable.
        unsafe { engine.write(ptr::from_ref(started).cast()) };
        Status::Ok
    })
}

/// Starts to connect a client (a `ConnectionRequest`) and writes its handle to
/// `*client`. Completes `ticket` when the client is connected, or with why it
/// cannot be. The caller closes the handle in either case.
///
/// Borrowed: `request`, `client`. Kept: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`; `request` must be
/// null or point to `len` bytes; `client` must be null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_connect(
    engine: *const GlideEngine,
    request: *const u8,
    len: usize,
    ticket: u64,
    client: *mut u64,
) -> Status {
    entry(|| {
        // SAFETY: as the caller vouches.
        let (instance, request) = unsafe { (instance_of(engine), borrowed(request, len)) };
        let (Some(instance), Some(request)) = (instance, request) else {
            return Status::InvalidArgument;
        };
        let Ok(request) = wire::ConnectionRequest::decode(request) else {
            return Status::InvalidArgument;
        };
        if client.is_null() {
            return Status::InvalidArgument;
        }
        let handle = instance.connect(request, ticket);
        // SAFETY: not null, and the caller vouches that it is writable.
        unsafe { client.write(handle) };
        Status::Ok
    })
}

/// Submits requests (a `Submission`) of a client. Without any it only makes
/// sure that a thread drives.
///
/// Borrowed: `submission`. Kept: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`; `submission` must
/// be null or point to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_submit(
    engine: *const GlideEngine,
    client: u64,
    submission: *const u8,
    len: usize,
) -> Status {
    entry(|| {
        // SAFETY: as the caller vouches.
        let (instance, bytes) = unsafe { (instance_of(engine), borrowed(submission, len)) };
        let (Some(instance), Some(bytes)) = (instance, bytes) else {
            return Status::InvalidArgument;
        };
        if !bytes.is_empty() {
            let (client, requests) = match resolve(instance, client, bytes) {
                Ok(resolved) => resolved,
                Err(status) => return status,
            };
            contained(|| client.submit(requests, bytes));
        }
        instance.engine.poke();
        Status::Ok
    })
}

/// Submits like `glide_submit`, then drives the event loop on this thread until
/// a request is completed or `glide_interrupt` is called, but at most for
/// `budget_us` microseconds unless that is 0, and hands out the completions.
/// For the first `spin_us` microseconds it looks for replies without sleeping,
/// if that succeeded often enough in recent calls. `own` is a ticket whose
/// completion is reported in `GlideReplies.own`, by this call and the following
/// ones until another is named; 0 is none. If another thread drives, returns
/// NOT_DRIVING: the requests are submitted, and their completions go to that
/// driver or are announced by the ready callback.
///
/// Borrowed: `submission`, `replies`. Kept: nothing. Threads: any; this one
/// blocks.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`; `submission` must
/// be null or point to `len` bytes; `replies` must be null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_drive(
    engine: *const GlideEngine,
    client: u64,
    submission: *const u8,
    len: usize,
    budget_us: u32,
    spin_us: u32,
    own: u64,
    replies: *mut GlideReplies,
) -> Status {
    entry(|| {
        // SAFETY: as the caller vouches.
        let (instance, bytes) = unsafe { (instance_of(engine), borrowed(submission, len)) };
        let (Some(instance), Some(bytes)) = (instance, bytes) else {
            return Status::InvalidArgument;
        };
        if replies.is_null() {
            return Status::InvalidArgument;
        }
        let mut submission = None;
        if !bytes.is_empty() {
            submission = match resolve(instance, client, bytes) {
                Ok(resolved) => Some(resolved),
                Err(status) => return status,
            };
        }
        let mut submit_once = || {
            if let Some((client, requests)) = submission.take() {
                contained(|| client.submit(requests, bytes));
            }
        };
        let how = Drive {
            budget: Duration::from_micros(budget_us.into()),
            spin: Duration::from_micros(spin_us.into()),
            own,
        };
        let (status, buffer) =
            match contained(|| instance.engine.drive(how, &mut submit_once)).flatten() {
                Some(buffer) => (Status::Ok, buffer),
                None => {
                    submit_once();
                    instance.engine.poke();
                    (Status::NotDriving, None)
                }
            };
        // SAFETY: not null, and the caller vouches that it is writable.
        unsafe { replies.write(instance.engine.hand_out(buffer)) };
        status
    })
}

/// Ends the `glide_drive` that runs on another thread, or else the next one,
/// before a request is completed. A driver must expect to return without any
/// completion.
///
/// Borrowed: nothing. Kept: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_interrupt(engine: *const GlideEngine) -> Status {
    entry(|| {
        // SAFETY: as the caller vouches.
        let Some(instance) = (unsafe { instance_of(engine) }) else {
            return Status::InvalidArgument;
        };
        instance.engine.completions.interrupt();
        Status::Ok
    })
}

/// Takes the completions that can be taken, if any, without waiting.
///
/// Borrowed: `replies`. Kept: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`; `replies` must be
/// null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_take(
    engine: *const GlideEngine,
    replies: *mut GlideReplies,
) -> Status {
    entry(|| {
        // SAFETY: as the caller vouches.
        let Some(instance) = (unsafe { instance_of(engine) }) else {
            return Status::InvalidArgument;
        };
        if replies.is_null() {
            return Status::InvalidArgument;
        }
        // SAFETY: not null, and the caller vouches that it is writable.
        unsafe { replies.write(instance.engine.hand_out(instance.engine.completions.take())) };
        Status::Ok
    })
}

/// Releases replies by their `owner`. Null is allowed and does nothing.
///
/// Borrowed: nothing; `owner` is consumed. Kept: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`; `owner` must be
/// null or an owner that this engine handed out and that was not released.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_release(
    engine: *const GlideEngine,
    owner: *mut GlideReplyBuffer,
) -> Status {
    entry(|| {
        // SAFETY: as the caller vouches.
        let Some(instance) = (unsafe { instance_of(engine) }) else {
            return Status::InvalidArgument;
        };
        if !owner.is_null() {
            // SAFETY: as the caller vouches.
            unsafe { instance.engine.release(owner) };
        }
        Status::Ok
    })
}

/// Closes a client: completes each of its outstanding tickets, then closes its
/// connections.
///
/// Borrowed: nothing. Kept: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_close(engine: *const GlideEngine, client: u64) -> Status {
    entry(|| {
        // SAFETY: as the caller vouches.
        let Some(instance) = (unsafe { instance_of(engine) }) else {
            return Status::InvalidArgument;
        };
        let Some(client) = instance.clients.remove(client) else { return Status::Closed };
        client.close();
        // Its last parts are dropped where its tasks run.
        instance.engine.runtime.spawn(async move { drop(client) });
        Status::Ok
    })
}

/// Answers a question by its number, with an `Answer`. Returns CLOSED if the
/// answer is not awaited any more: it was given, its time is over, or its client
/// is closed.
///
/// Borrowed: `answer`, which may be wiped afterwards. Kept: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`; `answer` must be
/// null or point to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_answer(
    engine: *const GlideEngine,
    question: u64,
    answer: *const u8,
    len: usize,
) -> Status {
    entry(|| {
        // SAFETY: as the caller vouches.
        let (instance, answer) = unsafe { (instance_of(engine), borrowed(answer, len)) };
        let (Some(instance), Some(answer)) = (instance, answer) else {
            return Status::InvalidArgument;
        };
        let Ok(answer) = wire::Answer::decode(answer) else { return Status::InvalidArgument };
        if !instance.engine.questions.answer(question, answer) {
            return Status::Closed;
        }
        instance.engine.poke();
        Status::Ok
    })
}

/// Sets the `GlideLogLevel` of the process. It is OFF at first.
///
/// Borrowed: nothing. Kept: nothing. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn glide_log_level(level: u32) -> Status {
    entry(|| {
        logging::set_level(level);
        Status::Ok
    })
}

/// Drops the state of a cluster scan by its name. One that does not exist is no
/// error.
///
/// Borrowed: nothing. Kept: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_drop_scan(engine: *const GlideEngine, name: u64) -> Status {
    entry(|| {
        // SAFETY: as the caller vouches.
        let Some(instance) = (unsafe { instance_of(engine) }) else {
            return Status::InvalidArgument;
        };
        instance.scans.remove(name);
        Status::Ok
    })
}

/// Begins a session on a dedicated connection. `name` is chosen by the caller, and
/// is neither the ticket of a request nor the name of another session. The
/// connection is taken from the pool with the first request that names it. The
/// caller ends the session.
///
/// Borrowed: nothing. Kept: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_begin_session(
    engine: *const GlideEngine,
    client: u64,
    name: u64,
) -> Status {
    let run = |client: &OpenClient| {
        client.begin_session(name);
        Status::Ok
    };
    // SAFETY: as the caller vouches.
    unsafe { with_client(engine, client, run) }
}

/// Opens a mailbox of a client in addition to its own. `name` is chosen by the caller,
/// and is not that of another mailbox, nor of one that was closed. A
/// `SubscriptionChange` that names it is about its subscriptions. The caller closes
/// it; with the client it is closed, too.
///
/// Borrowed: nothing. Kept: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_open_mailbox(
    engine: *const GlideEngine,
    client: u64,
    name: u64,
) -> Status {
    let run = |client: &OpenClient| {
        if client.pubsub.open_mailbox(name) { Status::Ok } else { Status::Closed }
    };
    // SAFETY: as the caller vouches.
    unsafe { with_client(engine, client, run) }
}

/// Closes a mailbox that `glide_open_mailbox` has opened: it has no subscriptions any
/// more. What no other mailbox of the client is subscribed to ends at the servers
/// later. Requests that name the mailbox end with CLOSED, also those that were
/// submitted before. A name that does not exist is no error.
///
/// Borrowed: nothing. Kept: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_close_mailbox(
    engine: *const GlideEngine,
    client: u64,
    name: u64,
) -> Status {
    let run = |client: &OpenClient| {
        client.pubsub.close_mailbox(name);
        Status::Ok
    };
    // SAFETY: as the caller vouches.
    unsafe { with_client(engine, client, run) }
}

/// Ends a session by its name, or the request that has this ticket, if it runs on
/// a dedicated connection or waits for a permit. A request that waits for a
/// permit is never sent; the function returns GAVE_UP. What of another request
/// is not sent by then is not sent after this function has returned. A connection
/// whose request is in flight is closed. Otherwise it returns to the pool, if
/// nothing of the session is left on it. A name that does not exist is no error.
///
/// Borrowed: nothing. Kept: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_end(engine: *const GlideEngine, client: u64, name: u64) -> Status {
    let run = |client: &OpenClient| {
        if client.end(name) { Status::GaveUp } else { Status::Ok }
    };
    // SAFETY: as the caller vouches.
    unsafe { with_client(engine, client, run) }
}

/// Returns how many there are of what a `GlideCounter` names, or -1 for another
/// number. Tests compare these counts before and after.
///
/// Borrowed: nothing. Kept: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_count(engine: *const GlideEngine, counter: u32) -> i64 {
    // SAFETY: as the caller vouches.
    let instance = unsafe { instance_of(engine) };
    let counter = Counter::from_number(counter);
    instance.zip(counter).map_or(-1, |(instance, counter)| instance.count(counter))
}

/// Writes statistics of a client to `values`, each at the place that a `GlideStat`
/// names, as many as there are or as have room. Places beyond are left as they are.
///
/// Borrowed: `values`. Kept: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`; `values` must be null or
/// have room for `count` numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_stats(
    engine: *const GlideEngine,
    client: u64,
    values: *mut u64,
    count: usize,
) -> Status {
    if values.is_null() {
        return Status::InvalidArgument;
    }
    let run = |client: &OpenClient| {
        let stats = client.stats();
        // SAFETY: not null, and the caller vouches that there is room.
        unsafe { ptr::copy_nonoverlapping(stats.as_ptr(), values, stats.len().min(count)) };
        Status::Ok
    };
    // SAFETY: as the caller vouches.
    unsafe { with_client(engine, client, run) }
}

/// Hands out the address of the node that completions of a client name by a number:
/// one entry, whose value is an array of host and port. There is none if no node has
/// the number.
///
/// Borrowed: `replies`. Kept: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`; `replies` must be null or
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_node(
    engine: *const GlideEngine,
    client: u64,
    number: u32,
    replies: *mut GlideReplies,
) -> Status {
    if replies.is_null() {
        return Status::InvalidArgument;
    }
    let run = |client: &OpenClient| {
        let buffer = client.client.observer.node(number).map(|node| {
            let mut buffer = Box::<ReplyBuffer>::default();
            buffer.push_address(&node.host, node.port);
            buffer
        });
        // SAFETY: not null, and the caller vouches that it is writable.
        unsafe { replies.write(client.client.engine.hand_out(buffer)) };
        Status::Ok
    };
    // SAFETY: as the caller vouches.
    unsafe { with_client(engine, client, run) }
}

/// A ready callback for callers that poll a descriptor: it writes to `context`, an
/// eventfd or the writing end of a pipe.
///
/// Borrowed: nothing. Kept: nothing. Threads: any.
#[cfg(unix)]
#[unsafe(no_mangle)]
pub extern "C" fn glide_wake(context: usize) {
    let one = 1u64.to_ne_bytes();
    // SAFETY: `one` is readable for its length. A full pipe wakes
    // its reader already. The descriptor is the caller's word.
    unsafe { libc::write(context as libc::c_int, one.as_ptr().cast(), one.len()) };
}

/// Runs something on an open client, or returns the status that says why there is
/// none.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
unsafe fn with_client(
    engine: *const GlideEngine,
    client: u64,
    run: impl FnOnce(&OpenClient) -> Status,
) -> Status {
    entry(|| {
        // SAFETY: as the caller vouches.
        let Some(instance) = (unsafe { instance_of(engine) }) else {
            return Status::InvalidArgument;
        };
        instance.clients.get(client).map_or(Status::Closed, |client| run(&client))
    })
}

/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
unsafe fn instance_of(engine: *const GlideEngine) -> Option<&'static Instance> {
    // SAFETY: instances are leaked, so what was one still is.
    unsafe { engine.cast::<Instance>().as_ref() }
}

fn resolve<'a>(
    instance: &Instance,
    client: u64,
    submission: &'a [u8],
) -> Result<(Arc<OpenClient>, Vec<Request<'a>>), Status> {
    let client = instance.clients.get(client).ok_or(Status::Closed)?;
    let requests = request::parse(submission).map_err(|_| Status::InvalidArgument)?;
    Ok((client, requests))
}

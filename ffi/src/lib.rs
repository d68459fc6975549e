//! The C ABI over glide-core's connection manager.
//!
//! # The contract
//!
//! *Ownership.* Who allocates frees. Bytes that are passed in are borrowed
//! for the call and no longer. Replies are handed out as a `GlideReplies`,
//! which stays valid until it is given to `glide_release`, exactly once.
//!
//! *Identity.* Requests are named by tickets, integers that the caller
//! chooses; nothing of the caller's memory is kept. Clients are named by
//! handles; a closed handle names nobody, ever. Engines live as long as the
//! process.
//!
//! *Threads.* Every function may be called from any thread. None blocks for
//! I/O, connecting included, but `glide_drive`, which runs the event loop for
//! at most its budget. It writes to sockets, so its thread must not die of
//! SIGPIPE. The ready callback may come on any thread, returns at once and
//! does not call back into the library.
//!
//! *Completion.* Each accepted ticket is completed exactly once, on close
//! too. Messages of a subscriber come among the completions, under its name
//! instead of a ticket, and are none: see pubsub/messages.rs. A ticket whose highest
//! bit is set is that of a blocking command, which may wait on the server for
//! long: its completion is counted apart. A function that answers anything but OK (or NOT_DRIVING, which
//! accepts) has accepted none.
//!
//! *Questions.* Where a client's request says so, the library asks the program
//! whenever it makes a connection. Questions come among the completions, too:
//! see questions.rs. They are answered by `glide_answer`, from any thread and
//! after any time; who has asked waits for the connection timeout at most.
//!
//! *Failure.* Nothing unwinds into C. Null or malformed input is answered
//! with a status, not dereferenced. A task that panics completes its tickets
//! with an error.
//!
//! # The files
//!
//! Imports point downwards in this list, with the exceptions that `client.rs`
//! and `failure.rs` still are.
//!
//! - client.rs: clients by handle, tickets, and what a client consists of.
//! - command/: how requests are sorted, sent and answered. dispatch.rs sorts
//!   a submission, classify.rs says which commands are coalesced, split.rs cuts
//!   those over keys of several slots, call.rs runs one command and follows
//!   redirects, batch.rs runs pipelines and transactions, fan_out.rs commands
//!   for several nodes; target.rs says where they go, compress.rs what is done
//!   to values.
//! - dedicated/: connections that one caller has for itself. scan/: scans of
//!   clusters. pubsub/: subscriptions. auth/: changes of credentials.
//! - routing/: node clients, the slot map, the topology, redirects.
//! - defects/: what is done about defects of the core.
//! - core/: settings, the making of connections, conversion of replies.
//! - event_loop/: the event loop, who drives it and for how long, completions.
//! - request.rs, reply.rs, pubsub/messages.rs, questions.rs: the forms that cross
//!   the boundary.
//! - status.rs, guard.rs: what functions return, and why they do not unwind.
//! - ending.rs: how what runs learns that it is over. failure.rs: errors.
//!   logging.rs: the log. memory.rs: the allocator. echo.rs: a client without a
//!   server, for tests. mock/: tests whose servers are scripts.

mod auth;
mod client;
mod command;
mod core;
mod dedicated;
mod defects;
mod echo;
mod ending;
mod event_loop;
mod failure;
mod guard;
mod logging;
mod memory;
#[cfg(test)]
mod mock;
mod pubsub;
mod questions;
mod reply;
mod request;
mod routing;
mod scan;
mod slotset;
mod status;

/// The types generated from protobuf/.
mod wire {
    include!(concat!(env!("OUT_DIR"), "/glide.rs"));
}

use client::{Backend, Client, Ticket};
use command::dispatch;
use core::{config, settings::Settings};
use event_loop::{Count, Drive, Engine};
use guard::{borrowed, contained, entry};
use prost::Message;
use pubsub::PubSub;
use reply::{GlideSlice, ReplyBuffer};
use status::Status;
use std::{
    ptr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// Changes with every change of this ABI, the messages included.
pub const GLIDE_ABI_VERSION: u32 = 5;

/// Replies that were handed out; see reply.rs for their form.
#[repr(C)]
pub struct GlideReplies {
    pub data: *const u8,
    pub len: usize,
    /// The strings that entries name by index.
    pub shared: *const GlideSlice,
    pub shared_len: usize,
    /// For `glide_release`; null if there are no replies.
    pub owner: *mut GlideReplyBuffer,
    /// How many entries complete a ticket.
    pub completed: u32,
    /// How many of those are of blocking commands.
    pub blocking: u32,
    /// 1 if the driver's own ticket is among them, or else 0. It may be 0 for
    /// one that was completed before the drive in which it was named.
    pub own: u32,
}

/// Opaque: the memory behind a `GlideReplies`.
pub struct GlideReplyBuffer {
    _private: (),
}

/// Opaque: a runtime, its clients and its completions.
pub struct GlideEngine {
    _private: (),
}

/// Gives the version of the ABI that this library was built with.
///
/// Borrowed: nothing. Kept: nothing. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn glide_abi_version() -> u32 {
    GLIDE_ABI_VERSION
}

/// Starts an engine and writes it to `*engine`.
///
/// `ready(context)` is called when completions can be taken and nobody drives.
///
/// Borrowed: `engine`. Kept: `ready` and `context`, for good. Threads: any.
///
/// # Safety
/// `engine` must be null or writable; `ready` must be callable as long as the
/// process lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_engine_start(
    ready: Option<extern "C" fn(context: usize)>,
    context: usize,
    engine: *mut *const GlideEngine,
) -> i32 {
    entry(|| {
        let Some(ready) = ready else { return Status::InvalidArgument };
        if engine.is_null() {
            return Status::InvalidArgument;
        }
        let Ok(started) = Engine::start(ready, context) else { return Status::Resources };
        logging::install(started);
        // SAFETY: not null, and the caller vouches that it is writable.
        unsafe { engine.write(ptr::from_ref(started).cast()) };
        Status::Ok
    })
}

/// Begins to connect a client (a `ConnectionRequest`), writes its handle to
/// `*client` and completes `ticket` when it is connected, or is not to be.
/// The handle is to be closed in either case.
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
) -> i32 {
    entry(|| {
        // SAFETY: as the caller vouches.
        let (engine, request) = unsafe { (engine_of(engine), borrowed(request, len)) };
        let (Some(engine), Some(request)) = (engine, request) else {
            return Status::InvalidArgument;
        };
        let Ok(request) = wire::ConnectionRequest::decode(request) else {
            return Status::InvalidArgument;
        };
        if client.is_null() {
            return Status::InvalidArgument;
        }
        let handle = connect(engine, request, ticket);
        // SAFETY: not null, and the caller vouches that it is writable.
        unsafe { client.write(handle) };
        Status::Ok
    })
}

/// Submits requests (a `Submission`) of a client. Without any it only makes
/// sure that somebody drives.
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
) -> i32 {
    entry(|| {
        // SAFETY: as the caller vouches.
        let (engine, bytes) = unsafe { (engine_of(engine), borrowed(submission, len)) };
        let (Some(engine), Some(bytes)) = (engine, bytes) else {
            return Status::InvalidArgument;
        };
        if !bytes.is_empty() {
            let (client, requests) = match resolve(engine, client, bytes) {
                Ok(resolved) => resolved,
                Err(status) => return status,
            };
            submit(&client, requests, bytes);
        }
        engine.poke();
        Status::Ok
    })
}

/// Submits like `glide_submit` and then drives the event loop on this thread
/// until something is completed or `glide_interrupt` is called, at most for
/// `budget_us` microseconds unless that is 0, and hands the completions out.
/// For the first `spin_us` of them it looks for replies without sleeping, if
/// that has paid off of late. `own` is a ticket whose completion is reported,
/// in this drive and the following ones until another is named; 0 is none. If
/// somebody else drives it answers NOT_DRIVING: the requests are submitted, and their
/// completions go to the other driver or to the ready callback.
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
) -> i32 {
    entry(|| {
        // SAFETY: as the caller vouches.
        let (engine, bytes) = unsafe { (engine_of(engine), borrowed(submission, len)) };
        let (Some(engine), Some(bytes)) = (engine, bytes) else {
            return Status::InvalidArgument;
        };
        if replies.is_null() {
            return Status::InvalidArgument;
        }
        let mut submission = None;
        if !bytes.is_empty() {
            submission = match resolve(engine, client, bytes) {
                Ok(resolved) => Some(resolved),
                Err(status) => return status,
            };
        }
        let mut submit_once = || {
            if let Some((client, requests)) = submission.take() {
                submit(&client, requests, bytes);
            }
        };
        let how = Drive {
            budget: Duration::from_micros(budget_us.into()),
            spin: Duration::from_micros(spin_us.into()),
            own,
        };
        let (status, buffer) = match contained(|| engine.drive(how, &mut submit_once)).flatten() {
            Some(buffer) => (Status::Ok, buffer),
            None => {
                submit_once();
                engine.poke();
                (Status::NotDriving, None)
            }
        };
        // SAFETY: not null, and the caller vouches that it is writable.
        unsafe { replies.write(hand_out(engine, buffer)) };
        status
    })
}

/// Ends the drive that is under way on another thread, or else the next one,
/// before anything is completed. It may be called for a drive that has ended:
/// a driver that finds nothing completed drives again.
///
/// Borrowed: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_interrupt(engine: *const GlideEngine) -> i32 {
    entry(|| {
        // SAFETY: as the caller vouches.
        let Some(engine) = (unsafe { engine_of(engine) }) else { return Status::InvalidArgument };
        engine.completions.interrupt();
        Status::Ok
    })
}

/// Hands out the completions that have gathered, if any.
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
) -> i32 {
    entry(|| {
        // SAFETY: as the caller vouches.
        let Some(engine) = (unsafe { engine_of(engine) }) else { return Status::InvalidArgument };
        if replies.is_null() {
            return Status::InvalidArgument;
        }
        // SAFETY: not null, and the caller vouches that it is writable.
        unsafe { replies.write(hand_out(engine, engine.completions.take())) };
        Status::Ok
    })
}

/// Releases replies by their `owner`; null is nothing to release.
///
/// Borrowed: nothing; `owner` is consumed. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`; `owner` must be
/// null or an owner that this engine handed out and that was not released.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_release(
    engine: *const GlideEngine,
    owner: *mut GlideReplyBuffer,
) -> i32 {
    entry(|| {
        // SAFETY: as the caller vouches.
        let Some(engine) = (unsafe { engine_of(engine) }) else { return Status::InvalidArgument };
        if !owner.is_null() {
            // SAFETY: it was a box of this type when `hand_out` let it go,
            // and the caller vouches that it is released once.
            let buffer = unsafe { Box::from_raw(owner.cast::<ReplyBuffer>()) };
            engine.buffers.fetch_sub(1, Ordering::Relaxed);
            engine.completions.release(buffer);
        }
        Status::Ok
    })
}

/// Closes a client: every ticket of it that is outstanding is completed, then
/// its connections are closed. Its handle names nobody from here on.
///
/// Borrowed: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_close(engine: *const GlideEngine, client: u64) -> i32 {
    entry(|| {
        // SAFETY: as the caller vouches.
        let Some(engine) = (unsafe { engine_of(engine) }) else { return Status::InvalidArgument };
        let Some(client) = engine.clients.remove(client) else { return Status::Closed };
        client.close();
        // Its last parts are dropped where its tasks run.
        engine.runtime.spawn(async move { drop(client) });
        Status::Ok
    })
}

/// Answers a question by its number, with an `Answer`. It gives CLOSED if nobody
/// waits for it (any more): it was answered, its time is over, or its client is
/// closed.
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
) -> i32 {
    entry(|| {
        // SAFETY: as the caller vouches.
        let (engine, answer) = unsafe { (engine_of(engine), borrowed(answer, len)) };
        let (Some(engine), Some(answer)) = (engine, answer) else {
            return Status::InvalidArgument;
        };
        let Ok(answer) = wire::Answer::decode(answer) else { return Status::InvalidArgument };
        if !engine.questions.answer(question, answer) {
            return Status::Closed;
        }
        engine.poke();
        Status::Ok
    })
}

/// Sets how much of the core's log becomes completions, for the process: 0 is
/// nothing, 1 errors, 2 warnings, 3 information, 4 debugging, 5 everything.
///
/// Borrowed: nothing. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn glide_log_level(level: u32) -> i32 {
    entry(|| {
        logging::set_level(level as usize);
        Status::Ok
    })
}

/// Drops the state of a scan by its name; one that is not there is no error.
///
/// Borrowed: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_drop_scan(engine: *const GlideEngine, name: u64) -> i32 {
    entry(|| {
        // SAFETY: as the caller vouches.
        let Some(engine) = (unsafe { engine_of(engine) }) else { return Status::InvalidArgument };
        engine.scans.drop(name);
        Status::Ok
    })
}

/// Begins a hold on a connection of its own, under a name that no request has
/// as its ticket. The connection is taken with the first request that names
/// it. The hold is to be ended.
///
/// Borrowed: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_begin(engine: *const GlideEngine, client: u64, name: u64) -> i32 {
    entry(|| {
        // SAFETY: as the caller vouches.
        let Some(engine) = (unsafe { engine_of(engine) }) else { return Status::InvalidArgument };
        let Some(client) = engine.clients.get(client) else { return Status::Closed };
        // A client that is not connected has no connections to hold.
        if let Some(servers) = client.servers() {
            client.dedicated(&servers).begin(name);
        }
        Status::Ok
    })
}

/// Ends a hold by its name; that of a request which has a connection for
/// itself alone is its ticket. By its ticket, which is to be no hold's name, a
/// request that waits for a permit gives up its place: then the status is
/// `GaveUp`, and the request is never sent. If a request is under way
/// there, the connection is closed and the request ends; else it is used again
/// by others, if nobody can tell. A hold that is not there is no error.
///
/// Borrowed: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_end(engine: *const GlideEngine, client: u64, name: u64) -> i32 {
    entry(|| {
        // SAFETY: as the caller vouches.
        let Some(engine) = (unsafe { engine_of(engine) }) else { return Status::InvalidArgument };
        let Some(client) = engine.clients.get(client) else { return Status::Closed };
        let waited = client.waits.end(name);
        if client.dedicated_so_far().is_some_and(|dedicated| dedicated.end(engine, name)) || waited {
            engine.poke();
        }
        if waited { Status::GaveUp } else { Status::Ok }
    })
}

/// Counts what is alive: 0 tickets, 1 reply buffers handed out, 2 clients, 3
/// states of scans, 4 connected subscribers, 5 connections that are not shared,
/// 6 questions that are not answered. Gives -1 for anything else.
///
/// Borrowed: nothing. Threads: any.
///
/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glide_count(engine: *const GlideEngine, what: u32) -> i64 {
    // SAFETY: as the caller vouches.
    let Some(engine) = (unsafe { engine_of(engine) }) else { return -1 };
    match what {
        0 => engine.count(Count::Tickets),
        1 => engine.count(Count::Buffers),
        2 => engine.count(Count::Clients),
        3 => engine.count(Count::Scans),
        5 => engine.count(Count::Connections),
        4 => engine.count(Count::Subscribers),
        6 => engine.count(Count::Questions),
        _ => -1,
    }
}

/// A ready callback that writes to a descriptor, for callers that watch one:
/// `context` is an eventfd or the writing end of a pipe.
///
/// Borrowed: nothing. Threads: any.
#[cfg(unix)]
#[unsafe(no_mangle)]
pub extern "C" fn glide_ring(context: usize) {
    let one = 1u64.to_ne_bytes();
    // SAFETY: `one` is readable for its length. A full pipe is fine: it has
    // been rung. The descriptor is the caller's word.
    unsafe { libc::write(context as libc::c_int, one.as_ptr().cast(), one.len()) };
}

/// # Safety
/// `engine` must be null or come from `glide_engine_start`.
unsafe fn engine_of(engine: *const GlideEngine) -> Option<&'static Engine> {
    // SAFETY: engines are leaked, so what was one still is.
    unsafe { engine.cast::<Engine>().as_ref() }
}

fn resolve<'a>(
    engine: &Engine,
    client: u64,
    submission: &'a [u8],
) -> Result<(Arc<Client>, Vec<request::Request<'a>>), Status> {
    let client = engine.clients.get(client).ok_or(Status::Closed)?;
    let requests = request::parse(submission).map_err(|_| Status::InvalidArgument)?;
    Ok((client, requests))
}

/// Submits requests. From here on each of them is completed, whatever happens:
/// if one panics, the tickets that are dropped are.
fn submit(client: &Arc<Client>, requests: Vec<request::Request<'_>>, bytes: &[u8]) {
    let _ = contained(|| dispatch::submit(client, requests, bytes));
}

fn hand_out(engine: &Engine, buffer: Option<Box<ReplyBuffer>>) -> GlideReplies {
    let Some(mut buffer) = buffer else {
        return GlideReplies {
            data: ptr::null(),
            len: 0,
            shared: ptr::null(),
            shared_len: 0,
            owner: ptr::null_mut(),
            completed: 0,
            blocking: 0,
            own: 0,
        };
    };
    engine.buffers.fetch_add(1, Ordering::Relaxed);
    let slices = buffer.slices();
    let shared_len = slices.len();
    // Null, not dangling: the caller's garbage collector looks at pointers.
    let shared = if slices.is_empty() { ptr::null() } else { slices.as_ptr() };
    GlideReplies {
        data: buffer.bytes().as_ptr(),
        len: buffer.bytes().len(),
        shared,
        shared_len,
        completed: buffer.completed,
        blocking: buffer.blocking,
        own: buffer.own_completed.into(),
        owner: Box::into_raw(buffer).cast(),
    }
}

fn connect(engine: &'static Engine, mut request: wire::ConnectionRequest, ticket: u64) -> u64 {
    let ticket = Ticket::new(engine, ticket);
    let policy = config::policy(&request);
    let pubsub = PubSub::new(request.subscriber);
    let subscriptions = request.subscriptions.take();
    // It is checked before anything is made of it.
    let checked = config::connection_request(request.clone());
    let settings = Arc::new(Settings::new(&request));
    let backend = match request.echo {
        true => Backend::Echo,
        false => Backend::servers(engine, &settings),
    };
    let client = Client::new(engine, backend, policy, pubsub, settings);
    let handle = engine.clients.add(client.clone());
    if request.echo {
        ticket.complete(Ok(redis::Value::Okay));
        return handle;
    }
    engine.runtime.spawn(async move {
        let connecting = async {
            checked?;
            client.connect().await?;
            memory::give_back();
            pubsub::begin(&client, subscriptions).await?;
            Ok(redis::Value::Okay)
        };
        // Dropped unanswered the ticket says that the client is closed.
        if let Some(result) = client.until_closed(connecting).await {
            ticket.complete(result);
        }
    });
    engine.poke();
    handle
}

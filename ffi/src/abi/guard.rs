//! Nothing unwinds into C.

use super::Status;
use crate::abi::signals;
use std::{
    panic::{AssertUnwindSafe, catch_unwind, set_hook},
    thread,
};

/// Runs the body of an exported function.
pub fn entry(body: impl FnOnce() -> Status) -> Status {
    contained(body).unwrap_or(Status::Panicked)
}

/// Runs something and returns its result, or nothing if it panics.
pub fn contained<T>(body: impl FnOnce() -> T) -> Option<T> {
    // AssertUnwindSafe: what a panic could leave half-done is behind locks
    // whose poison is ignored on purpose, and each protected structure is
    // valid between any two of its statements.
    catch_unwind(AssertUnwindSafe(body)).ok()
}

/// Has panics told to the log instead of standard error. Only what is written
/// in the source is told: other messages may contain data.
pub fn log_panics() {
    set_hook(Box::new(|panic| {
        let message = *panic.payload().downcast_ref::<&'static str>().unwrap_or(&"");
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        // What panics may hold the locks that logging takes.
        let _ = thread::Builder::new().name("glide-panic".into()).spawn(move || {
            signals::block();
            tracing::error!(target: "glide", "the library panicked at {location}: {message}");
        });
    }));
}

/// Reads `len` bytes that the caller lends for the duration of this call.
///
/// # Safety
/// `data` must be null or point to `len` readable bytes.
pub unsafe fn borrowed<'a>(data: *const u8, len: usize) -> Option<&'a [u8]> {
    match (data.is_null(), len) {
        (_, 0) => Some(&[]),
        (true, _) => None,
        // SAFETY: not null, and the caller vouches for the length.
        (false, len) => Some(unsafe { std::slice::from_raw_parts(data, len) }),
    }
}

//! Nothing unwinds into C.

use crate::status::Status;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the body of an exported function.
pub fn entry(body: impl FnOnce() -> Status) -> i32 {
    // AssertUnwindSafe: what a panic could leave half-done is behind locks
    // whose poison is ignored on purpose, and each protected structure is
    // valid between any two of its statements.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(Status::Panicked) as i32
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

//! The allocator.

use std::ptr;
#[cfg(not(sanitized))]
use tikv_jemallocator::Jemalloc;

// Sanitizers see only what their own allocator allocates.
#[cfg(not(sanitized))]
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Returns unused pages to the system. The allocator would do so
/// some seconds later, but only while there is something to do for it, and
/// connecting leaves behind as much as some clients need in all.
pub fn give_back() {
    // MALLCTL_ARENAS_ALL is the index of all arenas.
    const PURGE: &std::ffi::CStr = c"arena.4096.purge";
    // SAFETY: it reads and writes nothing of ours.
    let _ = unsafe {
        tikv_jemalloc_sys::mallctl(
            PURGE.as_ptr(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            0,
        )
    };
}

//! Signals are the program's: none is to arrive on a thread of the library.

/// Blocks all signals on this thread except those that report its own faults,
/// such as SIGSEGV. A write to a connection that the server has closed then fails instead
/// of ending the process.
#[cfg(unix)]
pub fn block() {
    const OWN_FAULTS: [libc::c_int; 4] = [libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV];
    // SAFETY: the set is initialized by sigfillset before it is used.
    unsafe {
        let mut signals = std::mem::MaybeUninit::uninit();
        libc::sigfillset(signals.as_mut_ptr());
        for signal in OWN_FAULTS {
            libc::sigdelset(signals.as_mut_ptr(), signal);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, signals.as_ptr(), std::ptr::null_mut());
    }
}

#[cfg(not(unix))]
pub fn block() {}

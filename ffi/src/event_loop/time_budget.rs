//! Ends a drive whose budget is spent.
//!
//! Requests stay in the queue for the driver for less than a millisecond, and
//! Tokio's timers are no finer than that. So on Linux the budget is a timer of
//! the kernel's that the runtime watches like a socket. A drive without a
//! budget does not touch it.

pub use imp::TimeBudget;

#[cfg(target_os = "linux")]
mod imp {
    use std::{
        io,
        os::fd::{AsRawFd, FromRawFd, OwnedFd},
        ptr,
        sync::Mutex,
        time::{Duration, Instant},
    };
    use tokio::io::unix::AsyncFd;

    pub struct TimeBudget {
        timer: AsyncFd<OwnedFd>,
        /// When the timer will go off; in the past if it has.
        expiry: Mutex<Instant>,
    }

    impl TimeBudget {
        /// To be called within the runtime.
        pub fn new() -> io::Result<Self> {
            // SAFETY: no pointers; the descriptor is ours alone.
            let descriptor = unsafe {
                libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_NONBLOCK | libc::TFD_CLOEXEC)
            };
            if descriptor < 0 {
                return Err(io::Error::last_os_error());
            }
            // SAFETY: just opened, and not owned elsewhere.
            let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
            // SAFETY: what is registered keeps naming the timer, and is closed
            // only by its own drop.
            let timer = unsafe { AsyncFd::register(descriptor) }.map_err(io::Error::other)?;
            Ok(TimeBudget { timer, expiry: Mutex::new(Instant::now()) })
        }

        /// Ends when `budget` has passed, or somewhat more than a quarter of
        /// it: most drives are much shorter, and one timer serves many.
        pub async fn spent(&self, budget: Duration) {
            let expiry = self.arm(budget);
            loop {
                match self.timer.readable().await {
                    // It may be the leftover of an earlier drive's.
                    Ok(mut ready) => ready.clear_ready(),
                    Err(_) => return,
                }
                if Instant::now() >= expiry {
                    return;
                }
            }
        }

        fn arm(&self, budget: Duration) -> Instant {
            let now = Instant::now();
            let mut expiry = self.expiry.lock().unwrap_or_else(|e| e.into_inner());
            if *expiry > now + budget / 4 && *expiry <= now + budget {
                return *expiry;
            }
            *expiry = now + budget;
            let setting = libc::itimerspec {
                it_interval: libc::timespec { tv_sec: 0, tv_nsec: 0 },
                it_value: libc::timespec {
                    tv_sec: budget.as_secs() as libc::time_t,
                    // All zero would disarm it.
                    tv_nsec: (budget.subsec_nanos() as libc::c_long).max(1),
                },
            };
            // SAFETY: the setting is readable, and the old one not asked for.
            unsafe {
                libc::timerfd_settime(self.timer.as_raw_fd(), 0, &setting, ptr::null_mut());
            }
            *expiry
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::{io, time::Duration};

    pub struct TimeBudget;

    impl TimeBudget {
        pub fn new() -> io::Result<Self> {
            Ok(TimeBudget)
        }

        pub async fn spent(&self, budget: Duration) {
            tokio::time::sleep(budget).await;
        }
    }
}

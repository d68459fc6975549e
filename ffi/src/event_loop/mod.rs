//! The event loop, and what belongs to it.
//!
//! The core runs on a Tokio runtime of one thread, and that thread is
//! the one that drives it: a caller that waits for a reply, or the
//! background thread. driver.rs says who drives when; completions.rs how what
//! was answered is carried away; spinning.rs and time_budget.rs for how long
//! a driver looks and sleeps.

pub mod allocator;
pub mod cancellation;
mod completions;
mod driver;
mod engine;
mod given_up;
pub mod logging;
pub mod observer;
mod questions;
mod spinning;
pub mod stream;
pub mod ticket;
mod time_budget;

pub use completions::Ready;
pub use engine::{Drive, Engine};

use crate::wire::failure::{self, Failure};

/// Does work that may take long on another thread.
pub async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|_| failure::panicked())
}

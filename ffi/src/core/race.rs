//! Several attempts at the same thing, of which one is enough.

use std::io;
use tokio::task::JoinSet;

/// Runs attempts at the same time and returns what the first returns that
/// succeeds; the others are dropped. If none does, it returns the last error, or
/// the one given if there are no attempts.
pub async fn first<T: Send + 'static>(
    attempts: impl IntoIterator<Item = impl Future<Output = io::Result<T>> + Send + 'static>,
    none: io::Error,
) -> io::Result<T> {
    let mut running = JoinSet::new();
    for attempt in attempts {
        running.spawn(attempt);
    }
    let mut failure = none;
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => failure = error,
            Err(panicked) => failure = panicked.into(),
        }
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::{runtime::Builder, time::sleep};

    /// Runs attempts that end after so many milliseconds with that result.
    fn race(attempts: &[(u64, Result<u8, &'static str>)]) -> Result<u8, String> {
        let attempts: Vec<_> = attempts
            .iter()
            .map(|&(after, result)| async move {
                sleep(Duration::from_millis(after)).await;
                result.map_err(io::Error::other)
            })
            .collect();
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let raced = runtime.block_on(first(attempts, io::Error::other("nothing")));
        raced.map_err(|error| error.to_string())
    }

    #[test]
    fn first_success_is_enough() {
        assert_eq!(
            race(&[(20, Ok(1)), (1, Err("refused")), (5, Ok(2)), (3_600_000, Ok(3))]),
            Ok(2)
        );
    }

    #[test]
    fn last_error_is_returned_if_none_succeeds() {
        assert_eq!(race(&[(10, Err("late")), (1, Err("soon"))]), Err("late".into()));
        assert_eq!(race(&[]), Err("nothing".into()));
    }
}

//! The task that reads and writes a shared connection.

use super::reply_stream::Heaviness;
use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};
use tokio::{
    runtime::Handle,
    task::{AbortHandle, spawn_blocking},
};

/// The task of a shared connection. The connection is closed when this is
/// ended or dropped, even if requests are in flight on it.
///
/// Left to itself, the task of a connection that is no longer used would
/// first wait for the replies to all that was sent, for ever if none comes.
pub struct ConnectionTask(AbortHandle);

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl ConnectionTask {
    /// Spawns the task, which owns the connection, on the current runtime.
    pub fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Self {
        ConnectionTask(tokio::spawn(task).abort_handle())
    }

    /// Spawns a task whose connection reads a reply stream. What is heavy of it
    /// is read on another thread.
    pub fn spawn_reading(
        task: impl Future<Output = ()> + Send + 'static,
        heaviness: Arc<Heaviness>,
    ) -> Self {
        ConnectionTask(tokio::spawn(run(Box::pin(task), heaviness)).abort_handle())
    }

    /// Closes the connection: the event loop drops the task, and with it the
    /// socket, when it next runs. Requests in flight fail.
    pub fn end(&self) {
        self.0.abort();
    }
}

impl Drop for ConnectionTask {
    fn drop(&mut self) {
        self.end();
    }
}

async fn run(mut task: Task, heaviness: Arc<Heaviness>) {
    loop {
        let polled = poll_fn(|cx| match task.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending if heaviness.waits() => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        });
        if polled.await {
            return;
        }
        match poll_elsewhere(task, heaviness.clone()).await {
            Some(rest) => task = rest,
            None => return,
        }
    }
}

/// Polls a task once on another thread, and returns it unless that was its
/// end. It is polled again in any case, so no waker is needed.
async fn poll_elsewhere(mut task: Task, heaviness: Arc<Heaviness>) -> Option<Task> {
    let runtime = Handle::current();
    let polling = spawn_blocking(move || {
        let _runtime = runtime.enter();
        heaviness.set_elsewhere(true);
        let polled = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        heaviness.set_elsewhere(false);
        polled.is_pending().then_some(task)
    });
    polling.await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        runtime::{Builder, Runtime},
        time::timeout,
    };

    fn runtime() -> Runtime {
        Builder::new_current_thread().enable_all().build().expect("a runtime")
    }

    /// Starts a task that has sent something and waits for a reply.
    async fn waiting() -> (ConnectionTask, DuplexStream) {
        let (mut near, mut far) = duplex(64);
        let task = ConnectionTask::spawn(async move {
            let _ = near.write_all(b"request").await;
            let _ = near.read_u8().await;
        });
        let mut request = [0; 7];
        far.read_exact(&mut request).await.expect("the request");
        (task, far)
    }

    async fn is_closed(far: &mut DuplexStream) -> bool {
        matches!(timeout(Duration::from_millis(50), far.read_u8()).await, Ok(Err(_)))
    }

    #[test]
    fn connection_stays_open_while_its_task_is_kept() {
        runtime().block_on(async {
            let (task, mut far) = waiting().await;
            assert!(!is_closed(&mut far).await);
            drop(task);
        });
    }

    #[test]
    fn ended_task_closes_a_connection_that_waits_for_a_reply() {
        runtime().block_on(async {
            let (task, mut far) = waiting().await;
            task.end();
            assert!(is_closed(&mut far).await);
        });
    }

    #[test]
    fn dropped_task_closes_a_connection_that_waits_for_a_reply() {
        runtime().block_on(async {
            let (task, mut far) = waiting().await;
            drop(task);
            assert!(is_closed(&mut far).await);
        });
    }

    #[test]
    fn task_can_be_ended_by_another_thread() {
        runtime().block_on(async {
            let (task, mut far) = waiting().await;
            let other = std::thread::spawn(move || task.end());
            assert!(is_closed(&mut far).await);
            assert!(other.join().is_ok());
        });
    }

    #[test]
    fn connection_that_cannot_be_written_to_is_closed() {
        runtime().block_on(async {
            let (mut near, mut far) = duplex(4);
            let task = ConnectionTask::spawn(async move {
                let _ = near.write_all(&[0; 64]).await;
            });
            let mut some = [0; 2];
            far.read_exact(&mut some).await.expect("what was written");
            task.end();
            let mut rest = Vec::new();
            let reading = timeout(Duration::from_secs(1), far.read_to_end(&mut rest)).await;
            assert!(matches!(reading, Ok(Ok(_))));
            assert!(rest.len() < 62);
        });
    }
}

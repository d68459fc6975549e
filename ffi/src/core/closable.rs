//! A stream that can be closed at any moment, also by a party that neither reads
//! nor writes it.
//!
//! A connection's task owns its stream, and ends only when the event loop next
//! runs it, or later if it runs on another thread. That is too late where the
//! server must not answer a request that was given up.

use crate::event_loop::stream::{Below, Layer, Layered, Stream};
use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::Poll,
};

/// Closes a stream when it is dropped.
pub struct Closer(Arc<Shared>);

type Shared = Mutex<Option<Stream>>;

impl Drop for Closer {
    fn drop(&mut self) {
        let stream = lock(&self.0).take();
        drop(stream);
    }
}

/// Returns the stream and what closes it.
pub fn closable(stream: Stream) -> (Stream, Closer) {
    let shared = Arc::<Shared>::default();
    let closable = Layered::new(stream, |stream| {
        *lock(&shared) = Some(stream);
        Closable(shared.clone())
    });
    (Box::pin(closable), Closer(shared))
}

struct Closable(Arc<Shared>);

fn lock(shared: &Shared) -> MutexGuard<'_, Option<Stream>> {
    shared.lock().unwrap_or_else(|e| e.into_inner())
}

impl Layer for Closable {
    /// Does something with the stream, unless it is closed.
    fn below<T>(
        &mut self,
        poll: impl FnOnce(Pin<&mut Below>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match &mut *lock(&self.0) {
            Some(stream) => poll(stream.as_mut()),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{task::Context, time::Duration};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, duplex},
        runtime::Builder,
        time::timeout,
    };

    #[test]
    fn stream_is_closed_at_once_though_somebody_reads_it() {
        Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(async {
            let (near, mut far) = duplex(64);
            let (mut near, closer) = closable(Box::pin(near));
            near.write_all(b"x").await.expect("written");
            far.read_u8().await.expect("read");
            let reading = tokio::spawn(async move { near.read_u8().await });
            assert!(timeout(Duration::from_millis(10), far.read_u8()).await.is_err());
            drop(closer);
            // The other side knows, without a turn for who reads.
            let mut byte = [0];
            let mut end = std::pin::pin!(far.read(&mut byte));
            let polled = end.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop()));
            assert!(matches!(polled, Poll::Ready(Ok(0))));
            reading.abort();
        });
    }

    #[test]
    fn closed_stream_is_an_error() {
        Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(async {
            let (near, _far) = duplex(64);
            let (mut near, closer) = closable(Box::pin(near));
            drop(closer);
            assert!(near.read_u8().await.is_err());
            assert!(near.write_all(b"x").await.is_err());
        });
    }
}

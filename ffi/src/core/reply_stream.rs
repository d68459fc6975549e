//! A connection's stream whose heavy replies are not parsed on the event loop.

use super::reply_scan::{Refused, ReplyScan};
use crate::event_loop::stream::{Below, Layer, Layered, Stream};
use bytes::BytesMut;
use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};
use tokio::io::ReadBuf;

/// What a connection's task and its stream tell each other.
#[derive(Default)]
pub struct Heaviness {
    /// Part of a heavy reply waits to be handed out on another thread.
    waits: AtomicBool,
    /// The task runs on another thread at the moment.
    is_elsewhere: AtomicBool,
}

impl Heaviness {
    /// Reports whether the task has to be polled on another thread.
    pub fn waits(&self) -> bool {
        self.waits.load(Ordering::Acquire)
    }

    /// Has heavy replies handed out, or not any more.
    pub fn set_elsewhere(&self, beside: bool) {
        self.is_elsewhere.store(beside, Ordering::Release);
    }

    fn is_elsewhere(&self) -> bool {
        self.is_elsewhere.load(Ordering::Acquire)
    }
}

/// Hands out what it reads from another stream, but for heavy replies only
/// while the connection's task runs on another thread (core/task.rs).
pub struct ReplyStream {
    stream: Stream,
    scan: ReplyScan,
    heaviness: Arc<Heaviness>,
    /// What was read and followed, and is handed out next.
    waiting: BytesMut,
    /// The beginning of a big number, which is not followed yet.
    big_number: BytesMut,
}

impl ReplyStream {
    pub fn above(stream: Stream) -> (Layered<Self>, Arc<Heaviness>) {
        let heaviness = Arc::<Heaviness>::default();
        let layered = Layered::new(stream, |stream| ReplyStream {
            stream,
            scan: ReplyScan::default(),
            heaviness: heaviness.clone(),
            waiting: BytesMut::new(),
            big_number: BytesMut::new(),
        });
        (layered, heaviness)
    }

    /// Follows bytes that were read. It keeps the beginning of a big number
    /// back, and returns how many bytes come before that, and whether they are
    /// to be handed out on another thread.
    fn follow(&mut self, bytes: &mut [u8]) -> io::Result<(usize, bool)> {
        let scanned = self.scan.scan(bytes).map_err(|refused| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                match refused {
                    Refused::TooDeep => "a reply is nested too deeply",
                    Refused::NoLength => "a reply has a length that is none",
                },
            )
        })?;
        let end = scanned.big_number.unwrap_or(bytes.len());
        self.big_number.extend_from_slice(&bytes[end..]);
        Ok((end, scanned.is_heavy && !self.heaviness.is_elsewhere()))
    }

    /// Has bytes wait to be handed out.
    fn wait(&mut self, bytes: BytesMut, heavy: bool) {
        let waits = heavy && !bytes.is_empty();
        self.waiting = bytes;
        self.heaviness.waits.store(waits, Ordering::Release);
    }

    /// Hands out what waits, unless another thread has to do it.
    fn hand_out(&mut self, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.heaviness.waits() {
            if !self.heaviness.is_elsewhere() {
                return Poll::Pending; // the task finds out why
            }
            self.heaviness.waits.store(false, Ordering::Release);
        }
        let some = self.waiting.split_to(self.waiting.len().min(buf.remaining()));
        buf.put_slice(&some);
        Poll::Ready(Ok(()))
    }
}

impl ReplyStream {
    /// Reads on after the beginning of a big number, until it is known whether
    /// it is a long one.
    fn poll_big_number(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut more = [0; 1024];
        let mut read = ReadBuf::new(&mut more);
        ready!(self.stream.as_mut().poll_read(cx, &mut read))?;
        let mut bytes = std::mem::take(&mut self.big_number);
        if read.filled().is_empty() {
            self.wait(bytes, false); // the end: it cannot be decided any more
            return Poll::Ready(Ok(()));
        }
        bytes.extend_from_slice(read.filled());
        let (end, heavy) = self.follow(&mut bytes)?;
        bytes.truncate(end);
        self.wait(bytes, heavy);
        Poll::Ready(Ok(()))
    }
}

impl Layer for ReplyStream {
    fn below<T>(
        &mut self,
        poll: impl FnOnce(Pin<&mut Below>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        poll(self.stream.as_mut())
    }

    fn read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            if !self.waiting.is_empty() {
                return self.hand_out(buf);
            }
            if !self.big_number.is_empty() {
                ready!(self.poll_big_number(cx))?;
                continue;
            }
            let start = buf.filled().len();
            ready!(self.stream.as_mut().poll_read(cx, buf))?;
            if buf.filled().len() == start {
                return Poll::Ready(Ok(())); // the end
            }
            let (end, heavy) = self.follow(&mut buf.filled_mut()[start..])?;
            buf.set_filled(start + end);
            if heavy {
                self.wait(buf.filled()[start..].into(), true);
                buf.set_filled(start);
            } else if end > 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

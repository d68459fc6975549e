//! A connection's stream whose heavy replies are not parsed on the event loop.

use super::reply_scan::{Refused, ReplyScan};
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
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a connection's task and its stream tell each other.
#[derive(Default)]
pub struct Heaviness {
    /// Part of a heavy reply waits to be handed out beside the event loop.
    waits: AtomicBool,
    /// The task is beside the event loop at the moment.
    is_beside: AtomicBool,
}

impl Heaviness {
    /// Reports whether the task is to be polled beside the event loop.
    pub fn waits(&self) -> bool {
        self.waits.load(Ordering::Acquire)
    }

    /// Has heavy replies handed out, or not any more.
    pub fn set_beside(&self, beside: bool) {
        self.is_beside.store(beside, Ordering::Release);
    }

    fn is_beside(&self) -> bool {
        self.is_beside.load(Ordering::Acquire)
    }
}

/// Hands out what it reads from another stream, but for heavy replies only
/// while the connection's task is beside the event loop (core/task.rs).
pub struct ReplyStream<S> {
    stream: S,
    scan: ReplyScan,
    heaviness: Arc<Heaviness>,
    /// What was read and followed, and is handed out next.
    waiting: BytesMut,
    /// The beginning of a big number, which is not followed yet.
    big_number: BytesMut,
}

impl<S> ReplyStream<S> {
    pub fn new(stream: S) -> (Self, Arc<Heaviness>) {
        let heaviness = Arc::<Heaviness>::default();
        let stream = ReplyStream {
            stream,
            scan: ReplyScan::default(),
            heaviness: heaviness.clone(),
            waiting: BytesMut::new(),
            big_number: BytesMut::new(),
        };
        (stream, heaviness)
    }

    /// Follows bytes that were read. It keeps the beginning of a big number
    /// back, and returns how many bytes come before that, and whether they are
    /// to be handed out beside the event loop.
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
        Ok((end, scanned.is_heavy && !self.heaviness.is_beside()))
    }

    /// Has bytes wait to be handed out.
    fn wait(&mut self, bytes: BytesMut, heavy: bool) {
        let waits = heavy && !bytes.is_empty();
        self.waiting = bytes;
        self.heaviness.waits.store(waits, Ordering::Release);
    }

    /// Hands out what waits, unless that is not to happen here.
    fn hand_out(&mut self, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.heaviness.waits() {
            if !self.heaviness.is_beside() {
                return Poll::Pending; // the task finds out why
            }
            self.heaviness.waits.store(false, Ordering::Release);
        }
        let some = self.waiting.split_to(self.waiting.len().min(buf.remaining()));
        buf.put_slice(&some);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> ReplyStream<S> {
    /// Reads on after the beginning of a big number, until it is known whether
    /// it is a long one.
    fn poll_big_number(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut more = [0; 1024];
        let mut read = ReadBuf::new(&mut more);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read))?;
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

impl<S: AsyncRead + Unpin> AsyncRead for ReplyStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if !this.waiting.is_empty() {
                return this.hand_out(buf);
            }
            if !this.big_number.is_empty() {
                ready!(this.poll_big_number(cx))?;
                continue;
            }
            let start = buf.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
            if buf.filled().len() == start {
                return Poll::Ready(Ok(())); // the end
            }
            let (end, heavy) = this.follow(&mut buf.filled_mut()[start..])?;
            buf.set_filled(start + end);
            if heavy {
                this.wait(buf.filled()[start..].into(), true);
                buf.set_filled(start);
            } else if end > 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ReplyStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

//! Streams to servers, and layers above them.

use redis::aio::AsyncStream;
use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The stream below a layer.
pub type Below = dyn AsyncStream + Send + Sync;

/// A connection to a server. It is closed when it is dropped.
pub type Stream = Pin<Box<Below>>;

/// A layer above a stream, which looks at what is read, or at how writing went, or
/// decides whether that is still possible. Everything else is left to the stream.
pub trait Layer: Send + Sync + Unpin + 'static {
    /// Does something with the stream below.
    fn below<T>(
        &mut self,
        poll: impl FnOnce(Pin<&mut Below>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>>;

    fn read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.below(|stream| stream.poll_read(cx, buffer))
    }

    /// Returns the result of writing, having looked at it.
    fn wrote(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        written
    }
}

/// A layer, as a stream.
pub struct Layered<L> {
    layer: L,
    is_write_vectored: bool,
}

impl<L: Layer> Layered<L> {
    /// Puts the layer that `layer` makes above a stream.
    pub fn new(stream: Stream, layer: impl FnOnce(Stream) -> L) -> Self {
        let is_write_vectored = stream.is_write_vectored();
        Layered { layer: layer(stream), is_write_vectored }
    }
}

impl<L: Layer> AsyncRead for Layered<L> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.layer.read(cx, buffer)
    }
}

impl<L: Layer> AsyncWrite for Layered<L> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.layer.below(|stream| stream.poll_write(cx, bytes));
        self.layer.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.layer.below(|stream| stream.poll_write_vectored(cx, slices));
        self.layer.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.is_write_vectored
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.layer.below(|stream| stream.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.layer.below(|stream| stream.poll_shutdown(cx))
    }
}

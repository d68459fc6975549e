//! Why a server refuses a new connection, in its own words.
//!
//! The core drops what a server replies to SELECT, CLIENT SETNAME and AUTH when
//! it refuses them, and an error that comes before anything was sent, as that of
//! a server which has too many clients. So what is received until a connection is
//! set up is listened to, and the error reply that it ends with is why it was
//! not.

use crate::event_loop::stream::{Below, Layer, Layered, Stream};
use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};
use tokio::io::ReadBuf;

/// How much of what was received last is kept: more than an error reply has.
const KEPT: usize = 8 * 1024;

/// Listens to a stream until it is dropped.
pub struct Listener(Arc<Heard>);

/// What was received; none once the listener is dropped.
struct Heard(Mutex<Option<Vec<u8>>>);

/// A stream to which a listener listens.
struct Overheard {
    stream: Stream,
    heard: Option<Arc<Heard>>,
}

/// Returns the stream, and what listens to it.
pub fn listen(stream: Stream) -> (Stream, Listener) {
    let heard = Arc::new(Heard(Mutex::new(Some(Vec::new()))));
    let overheard = Layered::new(stream, |stream| Overheard { stream, heard: Some(heard.clone()) });
    (Box::pin(overheard), Listener(heard))
}

impl Listener {
    /// Returns the code and the message of the error reply that was received
    /// last, of a connection that the server then `closed` only if it was all
    /// that it sent: other errors may not be why.
    pub fn error(&self, closed: bool) -> Option<(String, String)> {
        let heard = self.0.0.lock().unwrap_or_else(|e| e.into_inner());
        let text = String::from_utf8_lossy(heard.as_ref()?).into_owned();
        let text = text.trim_end_matches("\r\n");
        let (before, line) = text.rsplit_once("\r\n").unwrap_or(("", text));
        let error = line.strip_prefix('-')?;
        if closed && !before.is_empty() {
            return None;
        }
        let (code, message) = error.split_once(' ').unwrap_or((error, ""));
        Some((code.to_owned(), message.trim().to_owned()))
    }
}

impl Listener {
    /// Reports whether what was received first is no reply of such a server, and
    /// whether it may be TLS.
    pub fn foreign(&self) -> Option<bool> {
        const REPLIES: &[u8] = b"+-:$*_#,(!=%~>|";
        const TLS: [u8; 2] = [0x15, 0x16];
        let heard = self.0.0.lock().unwrap_or_else(|e| e.into_inner());
        let first = heard.as_ref()?.first()?;
        (!REPLIES.contains(first)).then_some(TLS.contains(first))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(|e| e.into_inner()) = None;
    }
}

impl Heard {
    /// Keeps what was received. It reports whether there is a listener.
    fn hear(&self, bytes: &[u8]) -> bool {
        let mut heard = self.0.lock().unwrap_or_else(|e| e.into_inner());
        let Some(kept) = heard.as_mut() else { return false };
        kept.extend_from_slice(bytes);
        let excess = kept.len().saturating_sub(KEPT);
        kept.drain(..excess);
        true
    }
}

impl Overheard {
    /// Receives what is there, for the listener alone: the core reads no more
    /// once it cannot write.
    fn receive_last(&mut self) {
        let Some(heard) = self.heard.take() else { return };
        let mut context = Context::from_waker(Waker::noop());
        let mut space = [0; 1024];
        let mut buffer = ReadBuf::new(&mut space);
        if let Poll::Ready(Ok(())) = self.stream.as_mut().poll_read(&mut context, &mut buffer) {
            heard.hear(buffer.filled());
        }
    }
}

impl Layer for Overheard {
    fn below<T>(
        &mut self,
        poll: impl FnOnce(Pin<&mut Below>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        poll(self.stream.as_mut())
    }

    fn read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = self.stream.as_mut().poll_read(context, buffer);
        if let Some(heard) = &self.heard
            && result.is_ready()
            && !heard.hear(buffer.filled().get(before..).unwrap_or_default())
        {
            self.heard = None;
        }
        result
    }

    fn wrote(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if self.heard.is_some() && matches!(written, Poll::Ready(Err(_))) {
            self.receive_last();
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redis::{
        ConnectionAddr, ConnectionInfo, GlideConnectionOptions, ProtocolVersion,
        RedisConnectionInfo, aio::MultiplexedConnection,
    };
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        runtime::Builder,
    };

    /// Has the core set up a connection that asks for a database, answered with
    /// these bytes, and returns its error and what was heard.
    fn refused(replies: &'static [u8], closed: bool) -> (String, Option<(String, String)>) {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (near, mut far) = tokio::io::duplex(4096);
            let (stream, listener) = listen(Box::pin(near));
            far.write_all(replies).await.expect("the replies");
            let far = (!closed).then_some(far);
            let info = ConnectionInfo {
                addr: ConnectionAddr::Tcp(String::new(), 0),
                redis: RedisConnectionInfo {
                    db: 99,
                    protocol: ProtocolVersion::RESP2,
                    ..RedisConnectionInfo::default()
                },
            };
            let options = GlideConnectionOptions::default();
            let error = match MultiplexedConnection::new(&info, stream, options).await {
                Ok(_) => String::new(),
                Err(error) => error.to_string(),
            };
            drop(far);
            (error, listener.error(closed))
        })
    }

    /// When the core says itself why, this file can go.
    #[test]
    fn core_drops_what_the_server_says() {
        let (error, heard) = refused(b"-ERR DB index is out of range\r\n", false);
        assert!(!error.is_empty() && !error.contains("out of range"), "{error}");
        assert_eq!(heard, Some(("ERR".into(), "DB index is out of range".into())));
        let (error, heard) = refused(b"-ERR max number of clients reached\r\n", true);
        assert!(!error.is_empty(), "{error}");
        assert_eq!(heard, Some(("ERR".into(), "max number of clients reached".into())));
    }

    #[test]
    fn errors_that_are_not_the_last_word_are_not_why() {
        let (error, heard) = refused(b"-ERR something\r\n+OK\r\n", true);
        assert!(!error.is_empty());
        assert_eq!(heard, None);
    }

    #[test]
    fn what_is_no_server_is_heard() {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        for (sent, foreign) in [
            (&b"HTTP/1.1 400"[..], Some(false)),
            (b"\x15\x03\x03", Some(true)),
            (b"-ERR", None),
            (b"", None),
        ] {
            runtime.block_on(async {
                let (near, mut far) = tokio::io::duplex(64);
                let (mut stream, listener) = listen(Box::pin(near));
                far.write_all(sent).await.expect("a reply");
                drop(far);
                stream.read_to_end(&mut Vec::new()).await.expect("a reply");
                assert_eq!(listener.foreign(), foreign);
            });
        }
    }

    #[test]
    fn nothing_is_heard_once_nobody_listens() {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (near, mut far) = tokio::io::duplex(64);
            let (mut stream, listener) = listen(Box::pin(near));
            let heard = listener.0.clone();
            drop(listener);
            far.write_all(b"+OK\r\n").await.expect("a reply");
            let mut reply = [0; 5];
            stream.read_exact(&mut reply).await.expect("a reply");
            assert!(heard.0.lock().expect("no panic").is_none());
            assert_eq!(Arc::strong_count(&heard), 1);
        });
    }
}

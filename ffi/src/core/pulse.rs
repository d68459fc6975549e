//! Signs of life of a connection.

use crate::{
    event_loop::{
        observer::Counters,
        stream::{Below, Layer, Layered, Stream},
    },
    wire::failure,
};
use std::{
    io,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{io::ReadBuf, sync::Notify, time::sleep};

/// What a connection's socket has shown of the other side.
#[derive(Default)]
pub struct Pulse {
    /// Counts what arrived, and what could be sent after it had to wait for room.
    beats: AtomicU32,
    /// Why nothing will come any more.
    end: OnceLock<String>,
    ended: Notify,
}

impl Pulse {
    /// Returns a number that changes with every sign of life.
    pub fn beats(&self) -> u32 {
        self.beats.load(Ordering::Relaxed)
    }

    /// Waits until the connection is closed or broken.
    pub async fn ended(&self) {
        let mut ended = std::pin::pin!(self.ended.notified());
        ended.as_mut().enable();
        if self.end.get().is_none() {
            ended.await;
        }
    }

    /// Waits until there was no sign of life for an interval, and a quarter of it
    /// at most.
    pub async fn silent(&self, interval: Duration) {
        const PARTS: u32 = 4;
        let (mut beats, mut quiet) = (self.beats(), 0);
        while quiet < PARTS {
            sleep(interval / PARTS).await;
            let before = std::mem::replace(&mut beats, self.beats());
            quiet = if beats == before { quiet + 1 } else { 0 };
        }
    }

    /// Returns why the connection has ended.
    pub fn end(&self) -> Option<&str> {
        self.end.get().map(String::as_str)
    }

    fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    fn end_with(&self, why: impl FnOnce() -> String) {
        if self.end.set(why()).is_ok() {
            self.ended.notify_waiters();
        }
    }
}

/// Returns the stream and what shows its signs of life.
pub fn watched(stream: Stream, counters: Arc<Counters>) -> (Stream, Arc<Pulse>) {
    let pulse = Arc::<Pulse>::default();
    let watched = Layered::new(stream, |stream| Watched {
        stream,
        pulse: pulse.clone(),
        counters,
        waits: false,
    });
    (Box::pin(watched), pulse)
}

struct Watched {
    stream: Stream,
    pulse: Arc<Pulse>,
    /// Those of the client.
    counters: Arc<Counters>,
    /// There was no room to write into.
    waits: bool,
}

impl Layer for Watched {
    fn below<T>(
        &mut self,
        poll: impl FnOnce(Pin<&mut Below>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        poll(self.stream.as_mut())
    }

    fn read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = self.stream.as_mut().poll_read(cx, buffer);
        match &read {
            Poll::Pending => {}
            Poll::Ready(Ok(())) if buffer.filled().len() > before => {
                self.pulse.beat();
                let read = buffer.filled().len() - before;
                Counters::add(&self.counters.received, read as u64);
            }
            Poll::Ready(Ok(())) if buffer.remaining() == 0 => {}
            Poll::Ready(Ok(())) => self.pulse.end_with(|| failure::CLOSED.to_owned()),
            Poll::Ready(Err(error)) => self.pulse.end_with(|| failure::system_text(error)),
        }
        read
    }

    /// Records how writing went. That something could be written says
    /// nothing of the other side, unless it had to make room first.
    fn wrote(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &written {
            Counters::add(&self.counters.sent, *bytes as u64);
        }
        match &written {
            Poll::Pending => self.waits = true,
            Poll::Ready(Ok(_)) if std::mem::take(&mut self.waits) => self.pulse.beat(),
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(error)) => self.pulse.end_with(|| failure::system_text(error)),
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, duplex},
        runtime::Builder,
        time::{Instant, timeout},
    };

    fn run(test: impl Future<Output = ()>) {
        Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test);
    }

    #[test]
    fn what_arrives_is_a_sign_of_life_and_what_is_sent_is_none() {
        run(async {
            let (near, mut far) = duplex(64);
            let (mut near, pulse) = watched(Box::pin(near), Arc::default());
            near.write_all(b"request").await.expect("written");
            assert_eq!(pulse.beats(), 0);
            far.write_all(b"x").await.expect("written");
            near.read_u8().await.expect("read");
            assert_eq!(pulse.beats(), 1);
        });
    }

    #[test]
    fn room_for_what_had_to_wait_is_a_sign_of_life() {
        run(async {
            let (near, mut far) = duplex(4);
            let (mut near, pulse) = watched(Box::pin(near), Arc::default());
            let writing = near.write_all(&[0; 8]);
            let reading = async {
                let mut all = [0; 8];
                far.read_exact(&mut all).await
            };
            let (written, read) = tokio::join!(writing, reading);
            assert!(written.is_ok() && read.is_ok());
            assert!(pulse.beats() > 0);
        });
    }

    #[test]
    fn silence_begins_after_the_last_sign_of_life() {
        run(async {
            const INTERVAL: Duration = Duration::from_millis(40);
            let pulse = Pulse::default();
            let beating = async {
                for _ in 0..100 {
                    sleep(Duration::from_millis(1)).await;
                    pulse.beat();
                }
                Instant::now()
            };
            let silent = async {
                pulse.silent(INTERVAL).await;
                Instant::now()
            };
            let (last, silent) = tokio::join!(beating, silent);
            assert!(silent - last >= INTERVAL, "{:?}", silent - last);
        });
    }

    #[test]
    fn end_is_told_with_its_cause() {
        run(async {
            let (near, far) = duplex(4);
            let (mut near, pulse) = watched(Box::pin(near), Arc::default());
            assert!(timeout(Duration::from_millis(10), pulse.ended()).await.is_err());
            drop(far);
            assert!(near.read_u8().await.is_err());
            pulse.ended().await;
            assert_eq!(pulse.end(), Some(failure::CLOSED));
        });
    }
}

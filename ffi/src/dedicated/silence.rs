//! Dedicated connections that are silent when a reply is due.
//!
//! Such a connection cannot be asked for a sign of life: what it waits for comes
//! first. So another connection is made; if that one is served, and the server
//! does not say that the first one is blocked, the first one is half-open. A
//! blocking command that waits for ever is never due. Its connection is tested
//! by the system only, and lost if another server takes over and this one does
//! not even end the command.

use super::{
    connection::Connection,
    pool::Lease,
    target::{is_elsewhere, moves_elsewhere},
    work::Work,
};
use crate::{
    abi::Outcome,
    command::target::Node,
    core::{connect::Connector, pulse::Pulse},
    event_loop::Engine,
    routing::{
        Router,
        info::{is_blocked, text},
    },
    wire::{address::Address, command::is_command, failure::Failure, reply::Answer},
};
use redis::Cmd;
use std::{sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// How long a new connection may take to be served, and how much later than it
/// the silent one may be.
const SERVED: Duration = Duration::from_secs(1);
const LATER: Duration = Duration::from_millis(100);

/// Watches a connection while a reply is awaited on it.
pub struct Watch<'a> {
    engine: &'static Engine,
    router: &'a Arc<Router>,
    address: &'a Address,
    /// Which node the request is for, unless the server was named by another.
    node: Option<&'a Node>,
    pulse: Arc<Pulse>,
    id: Option<i64>,
    /// For how long a connection may be silent.
    interval: Option<Duration>,
    /// After how long there is a reply, if ever.
    due: Option<Duration>,
}

impl<'a> Watch<'a> {
    pub fn of(
        router: &'a Arc<Router>,
        interval: Option<Duration>,
        lease: &Lease,
        address: &'a Address,
        node: Option<&'a Node>,
        work: &Work,
    ) -> Self {
        let connection = &lease.connection;
        Watch {
            engine: connection.engine(),
            router,
            address,
            node,
            pulse: connection.pulse().clone(),
            id: connection.id(),
            interval,
            due: match work {
                Work::One(cmd) => waits(cmd),
                // In a transaction nothing waits.
                Work::Many(pipeline) if pipeline.is_atomic() => Some(Duration::ZERO),
                Work::Many(pipeline) => {
                    pipeline.commands().iter().map(|cmd| waits(cmd)).sum::<Option<Duration>>()
                }
            },
        }
    }

    /// Waits for a reply unless its connection turns out to be lost.
    pub async fn unless_lost(
        &self,
        reply: impl Future<Output = Result<Answer, Failure>>,
    ) -> Result<Answer, Failure> {
        let lost = async {
            match self.interval {
                None => std::future::pending().await,
                Some(interval) => tokio::select! {
                    () = self.half_open(interval) => {}
                    () = self.replaced(interval) => {}
                },
            }
        };
        tokio::select! {
            biased;
            reply = reply => reply,
            () = lost => Err(Failure::new(Outcome::ConnectionLost, self.address.to_string())),
        }
    }

    /// Waits until the connection is silent for an interval after a reply was
    /// due, and others are served.
    async fn half_open(&self, interval: Duration) {
        let Some(due) = self.due else { return std::future::pending().await };
        sleep(due).await;
        loop {
            let beats = self.pulse.beats();
            sleep(interval).await;
            if self.pulse.beats() == beats && self.others_are_served().await {
                sleep(LATER).await;
                if self.pulse.beats() == beats {
                    return;
                }
            }
        }
    }

    /// Reports whether a new connection is served, unless the server says that
    /// this one is blocked.
    async fn others_are_served(&self) -> bool {
        let connector: &Connector = self.router.connector();
        let asking = async {
            let mut other = Connection::open(self.engine, connector, self.address).await?;
            let mut question = redis::cmd("CLIENT");
            match self.id {
                Some(id) => question.arg("LIST").arg("ID").arg(id),
                None => question.arg("ID"),
            };
            // An error is an answer.
            let known = other.send(&question).await.ok().and_then(|reply| text(&reply));
            Ok::<_, Failure>(!known.is_some_and(|client| is_blocked(&client)))
        };
        matches!(timeout(SERVED, asking).await, Ok(Ok(true)))
    }

    /// Waits until the topology has said for an interval that the request is for
    /// another server. A server that knows ends what waits there.
    async fn replaced(&self, interval: Duration) {
        let Some(node) = self.node else { return std::future::pending().await };
        loop {
            moves_elsewhere(self.router, node, self.address).await;
            sleep(interval).await;
            if is_elsewhere(self.router, node, self.address) {
                return;
            }
        }
    }
}

/// Returns for how long a command may wait before it is answered; nothing if
/// that may be for ever.
fn waits(cmd: &Cmd) -> Option<Duration> {
    let is = |names: &[&[u8]]| names.iter().any(|name| is_command(cmd, name));
    let words = cmd.args_iter().len();
    let number =
        |at: usize| -> Option<f64> { std::str::from_utf8(cmd.arg_idx(at)?).ok()?.parse().ok() };
    let last = words.saturating_sub(1);
    let seconds = if is(&[b"BLPOP", b"BRPOP", b"BLMOVE", b"BRPOPLPUSH", b"BZPOPMIN", b"BZPOPMAX"]) {
        number(last)
    } else if is(&[b"BLMPOP", b"BZMPOP"]) {
        number(1)
    } else if is(&[b"WAIT", b"WAITAOF"]) {
        number(last).map(|milliseconds| milliseconds / 1000.)
    } else if is(&[b"XREAD", b"XREADGROUP"]) {
        let block = (1..words)
            .find(|&at| cmd.arg_idx(at).is_some_and(|word| word.eq_ignore_ascii_case(b"BLOCK")));
        match block {
            Some(block) => number(block + 1).map(|milliseconds| milliseconds / 1000.),
            None => return Some(Duration::ZERO),
        }
    } else {
        return Some(Duration::ZERO);
    };
    seconds.filter(|&time| time > 0.).and_then(|time| Duration::try_from_secs_f64(time).ok())
}

//! Runs one command on the server that it is for.
//!
//! A command is sent again only if the server certainly has not run it (a
//! redirect, an error that says so, or a connection on which it was never
//! written), or if it only reads.

use super::{
    redirect::{Hint, Verdict, Wait, may_repeat, refused},
    target::Node,
};
use crate::{
    command::servers::Servers,
    core::calls::Patience,
    routing::{
        Router,
        node::{Link, NodeClient, Unanswered, answered},
        random,
    },
    wire::{
        address::Address,
        failure::{self, Failure},
    },
};
use redis::{Cmd, Pipeline, RedisResult, Value};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// How a command begins that was sent before, with others.
#[derive(Clone, Default)]
pub struct Start {
    pub hint: Option<Hint>,
    /// It was sent before, and not refused.
    pub resent: bool,
    /// Why it was refused, by a server that may do it later.
    pub refused: Option<(Failure, Option<Wait>)>,
}

/// Runs a command and returns its reply as the server sent it. The caller
/// bounds it in time.
pub async fn call(
    servers: &Servers,
    cmd: &Cmd,
    node: Node,
    start: Start,
    patience: Patience,
) -> Result<Value, Failure> {
    let router = &servers.router;
    let mut attempts = Attempts::new(servers, patience);
    let Start { mut hint, resent, refused: before } = start;
    let mut node = node;
    if resent {
        servers.resent();
    }
    if let Some((failure, wait)) = before {
        attempts.again(router, &find(router, &node).await?.address, failure, wait).await?;
        node = node.primary();
    }
    loop {
        let (at, asking) = match hint.take() {
            Some(hint) => hint,
            None => (find(router, &node).await?, false),
        };
        let Some(link) = acquire(router, &node, &at, asking, patience).await? else { continue };
        servers.tracer.sent_to(at.number);
        let result = answered(&at, &link, exchange(servers, &at, &link, cmd, asking)).await;
        let verdict = match result {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => refused(router, cmd, &at, &link, error),
            Err(Unanswered::MayHaveRun(failure)) if !may_repeat(router, cmd) => {
                return Err(failure);
            }
            Err(unanswered) => {
                match unanswered {
                    Unanswered::Unsent(failure) => attempts.lost(router, failure).await?,
                    Unanswered::MayHaveRun(failure) => attempts.broke(router, failure).await?,
                }
                node = node.primary();
                continue;
            }
        };
        match verdict {
            Verdict::Final(failure) => return Err(failure),
            Verdict::Redirected(failure, next) => {
                attempts.redirected(router, &at.address, failure).await?;
                hint = Some(next);
            }
            Verdict::Again(failure, wait) => {
                attempts.again(router, &at.address, failure, wait).await?;
                // A replica that cannot answer now does not keep the primary
                // from answering.
                node = node.primary();
            }
        }
    }
}

/// Returns the node client for a node; it waits until the topology has one.
pub async fn find(router: &Arc<Router>, node: &Node) -> Result<Arc<NodeClient>, Failure> {
    loop {
        let mut change = std::pin::pin!(router.changed().notified());
        change.as_mut().enable();
        let map = router.ready().await?;
        // A server says what it means that a slot has no owner.
        if let Some(found) = node.find(router, &map).or_else(|| router.any_primary()) {
            return Ok(found);
        }
        router.refresh_soon();
        change.await;
    }
}

/// Returns a connection to a node. It waits until there is one, or returns
/// nothing if the topology now says that the command is for another node. It fails
/// when the caller's time is over, so that nothing begins after that.
pub async fn acquire(
    router: &Arc<Router>,
    node: &Node,
    at: &Arc<NodeClient>,
    asking: bool,
    patience: Patience,
) -> Result<Option<Link>, Failure> {
    if patience.is_exhausted() {
        return Err(failure::timeout());
    }
    if let Some(link) = at.connected() {
        return Ok(Some(link));
    }
    let waiting = wait_for_link(router, node, at, asking);
    match patience.wait(waiting).await {
        Some(link) => link,
        None => Err(at.failure().map_or_else(failure::timeout, Failure::when_time_was_over)),
    }
}

async fn wait_for_link(
    router: &Arc<Router>,
    node: &Node,
    at: &Arc<NodeClient>,
    asking: bool,
) -> Result<Option<Link>, Failure> {
    if let Node::At(_) = node
        && !router.map().nodes().any(|known| Arc::ptr_eq(known, at))
    {
        // No other server names one at this address.
        return at.connected_within(0).await.map(Some);
    }
    loop {
        let mut change = std::pin::pin!(router.changed().notified());
        change.as_mut().enable();
        if !asking && !node.waits_for(&router.map(), at) {
            return Ok(None);
        }
        tokio::select! {
            biased;
            link = at.link() => return match link {
                Ok(link) => Ok(Some(link)),
                Err(_) if router.is_closed() => Err(failure::closed()),
                // It was retired.
                Err(_) => Ok(None),
            },
            () = change => {}
        }
    }
}

async fn exchange(
    servers: &Servers,
    at: &Arc<NodeClient>,
    link: &Link,
    cmd: &Cmd,
    asking: bool,
) -> Result<RedisResult<Value>, Unanswered> {
    if !asking && !servers.as_sent {
        return at.send(link, cmd).await;
    }
    // In a pipeline ASKING and the command stay together. The core leaves errors
    // within its replies where they are.
    let mut pipeline = Pipeline::with_capacity(2);
    if asking {
        pipeline.add_command(redis::cmd("ASKING"));
    }
    pipeline.add_command(cmd.clone());
    let mut replies = at.send_all(link, &pipeline).await?;
    Ok(match replies.pop() {
        Some(Value::ServerError(error)) => Err(error.into()),
        reply => Ok(reply.unwrap_or(Value::Nil)),
    })
}

/// How often a command was sent, and where.
pub struct Attempts<'a> {
    servers: &'a Servers,
    patience: Patience,
    asked: Vec<Address>,
    total: u32,
    lost: u32,
    broken: u32,
}

impl<'a> Attempts<'a> {
    /// How often one node is asked, and all together, by one call that is
    /// redirected or refused. Connections may be lost before it is sent as often
    /// as they are.
    const AT_ONE: usize = 4;
    const AT_ALL: usize = 12;

    /// How often connections may break while it is in flight. Then it may be what
    /// breaks them, and others are on them too.
    const BROKEN: u32 = 10;

    const PAUSE: Duration = Duration::from_millis(10);
    const PAUSE_MAX: Duration = Duration::from_secs(1);
    const PAUSE_LOST_MAX: Duration = Duration::from_millis(250);

    pub fn new(servers: &'a Servers, patience: Patience) -> Self {
        Attempts { servers, patience, asked: Vec::new(), total: 0, lost: 0, broken: 0 }
    }

    /// Waits before a redirect is followed; the first ones are at once.
    pub async fn redirected(
        &mut self,
        router: &Router,
        at: &Address,
        failure: Failure,
    ) -> Result<(), Failure> {
        self.count(at, &failure)?;
        match self.total.saturating_sub(2) {
            0 => self.go_on(),
            times => self.pause(router, times, Self::PAUSE_MAX, failure).await,
        }
    }

    /// Waits before a command is sent again that a server refused.
    pub async fn again(
        &mut self,
        router: &Router,
        at: &Address,
        failure: Failure,
        wait: Option<Wait>,
    ) -> Result<(), Failure> {
        match wait {
            None => self.count(at, &failure)?,
            // It takes longer, and is asked less often.
            Some(Wait) => {
                self.asked.clear();
                self.total += 3;
            }
        }
        self.pause(router, self.total, Self::PAUSE_MAX, failure).await
    }

    /// Waits before a command is sent again whose connection is lost or could
    /// not be made. The first try is at once: it waits for a new connection.
    pub async fn lost(&mut self, router: &Router, failure: Failure) -> Result<(), Failure> {
        self.lost += 1;
        match self.lost.saturating_sub(1) {
            0 if !self.patience.is_over() => self.go_on(),
            times => self.pause(router, times, Self::PAUSE_LOST_MAX, failure).await,
        }
    }

    /// Waits before a command is sent again on whose connection it was in flight
    /// when that was lost.
    pub async fn broke(&mut self, router: &Router, failure: Failure) -> Result<(), Failure> {
        self.broken += 1;
        match self.broken > Self::BROKEN {
            true => Err(failure),
            false => self.lost(router, failure).await,
        }
    }

    /// Becomes patient again: what was sent last has waited on a server.
    pub fn renew(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// Records that it is sent again.
    fn go_on(&self) -> Result<(), Failure> {
        self.servers.resent();
        Ok(())
    }

    fn count(&mut self, at: &Address, failure: &Failure) -> Result<(), Failure> {
        self.total += 1;
        self.asked.push(at.clone());
        let asked = self.asked.iter().filter(|address| *address == at).count();
        match asked > Self::AT_ONE || self.asked.len() > Self::AT_ALL {
            true => Err(failure.clone()),
            false => Ok(()),
        }
    }

    /// Waits, each time longer, until the topology changes at most; how long is
    /// left to chance, so that requests which got into each other's way do not
    /// do so again. It fails when the caller's time is over.
    async fn pause(
        &self,
        router: &Router,
        times: u32,
        most: Duration,
        failure: Failure,
    ) -> Result<(), Failure> {
        let longest = (Self::PAUSE * (1 << times.min(8))).min(most);
        let chance = (random() % 256) as u32;
        // The last try is as late as it can be.
        let pause = self.patience.at_most(longest / 2 + longest * chance / 512);
        if pause.is_zero() {
            return Err(failure.when_time_was_over());
        }
        tokio::select! {
            () = sleep(pause) => {}
            () = router.changed().notified() => {}
        }
        self.go_on()
    }
}

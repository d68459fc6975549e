//! Subscribing and unsubscribing at one server.
//!
//! The core takes each confirmation for the reply to a command, so each command
//! has one name. SUNSUBSCRIBE is the exception: a server may also say by itself
//! that a subscription has ended, so its confirmation is no reply, and a PING
//! behind it (a "fenced" command) tells that it was done.

use super::{
    reconciliation::{Subscription, Work},
    server::Server,
    state::Subscriptions,
};
use crate::{
    abi::Outcome,
    routing::node::{Link, NodeClient},
    wire::{
        address::Redirect,
        failure::{self, Failure},
        request::SubscriptionKind,
    },
};
use redis::{Pipeline, RedisError, Value, cluster_topology::get_slot};
use std::{collections::BTreeMap, future::pending, pin::pin, sync::Arc, time::Duration};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};

/// How many subscriptions are changed at once at most.
const AT_ONCE: usize = 1000;

/// How many slots are unsubscribed from at once at most.
const SLOTS_AT_ONCE: usize = 32;

/// How long to wait before what a server could not do, or refused, is tried
/// again: at first and at most.
const AGAIN: Duration = Duration::from_millis(100);
const AGAIN_MAX: Duration = Duration::from_secs(1);

/// How long a server may take to answer before it is asked why.
const OVERDUE: Duration = Duration::from_secs(1);

/// What has to be tried again, and when.
struct Later {
    subscriptions: Vec<Subscription>,
    pause: Duration,
    at: Instant,
}

impl Later {
    fn new() -> Self {
        Later { subscriptions: Vec::new(), pause: AGAIN, at: Instant::now() }
    }

    fn add(&mut self, subscription: Subscription) {
        if self.subscriptions.is_empty() {
            self.at = Instant::now() + self.pause;
            self.pause = AGAIN_MAX.min(self.pause * 2);
        }
        self.subscriptions.push(subscription);
    }

    async fn due(&self) {
        match self.subscriptions.is_empty() {
            true => pending().await,
            false => sleep_until(self.at).await,
        }
    }
}

/// What an error reply to a SUBSCRIBE means.
enum Verdict {
    Redirected,
    Later,
    Refused(Failure),
}

impl Subscriptions {
    /// Keeps the subscriptions at a server, connection after connection, until
    /// its node client is closed.
    pub async fn serve(&self, server: &Server) {
        while let Ok(link) = server.node.link().await {
            let mut later = Later::new();
            tokio::select! {
                biased;
                () = server.node.until_lost(&link) => {}
                () = self.work(server, &link, &mut later) => {}
            }
            // Nothing more may come on it when the next is subscribed.
            link.end();
            self.update(|reconciliation| {
                reconciliation.lost(server.id);
                reconciliation.release(&later.subscriptions);
            });
        }
        self.update(|reconciliation| reconciliation.lost(server.id));
    }

    async fn work(&self, server: &Server, link: &Link, later: &mut Later) {
        loop {
            let work = self.take(server, AT_ONCE);
            if !work.is_empty() {
                if self.tell(server, link, work, later).await.is_err() {
                    // If the connection is lost, this does not go on.
                    sleep(AGAIN).await;
                    return server.node.reconnect(link);
                }
                continue;
            }
            tokio::select! {
                () = server.wake.notified() => {}
                () = later.due() => {
                    let held = std::mem::take(&mut later.subscriptions);
                    self.update(|reconciliation| reconciliation.release(&held));
                }
            }
        }
    }

    async fn tell(
        &self,
        server: &Server,
        link: &Link,
        work: Work,
        later: &mut Later,
    ) -> Result<(), Failure> {
        let (sharded, others) = work
            .end
            .into_iter()
            .partition::<Vec<_>, _>(|(kind, _)| *kind == SubscriptionKind::ShardedChannels);
        if !others.is_empty() {
            self.end(server, link, &others).await?;
        }
        if !sharded.is_empty() {
            self.end_sharded(server, link, &sharded).await?;
        }
        if !work.begin.is_empty() {
            self.begin(server, link, work.begin, later).await?;
        }
        Ok(())
    }

    async fn begin(
        &self,
        server: &Server,
        link: &Link,
        subscriptions: Vec<Subscription>,
        later: &mut Later,
    ) -> Result<(), Failure> {
        let pipeline = each(&subscriptions, SubscriptionKind::subscribe);
        let replies = answered(server, link, server.node.send_all(link, &pipeline)).await?;
        let verdicts = replies.into_iter().map(|reply| self.verdict(server, reply));
        let verdicts: Vec<_> = subscriptions.into_iter().zip(verdicts).collect();
        self.update(|reconciliation| {
            for (subscription, verdict) in verdicts {
                match verdict {
                    None => {
                        reconciliation.begun(&subscription, server.id);
                        later.pause = AGAIN;
                        continue;
                    }
                    Some(Verdict::Redirected) => {
                        reconciliation.postponed(&subscription, server.id, true)
                    }
                    Some(Verdict::Later) => {
                        reconciliation.postponed(&subscription, server.id, false)
                    }
                    Some(Verdict::Refused(failure)) => {
                        reconciliation.refused(&subscription, server.id, failure);
                    }
                }
                later.add(subscription);
            }
        });
        Ok(())
    }

    fn verdict(&self, server: &Server, reply: Value) -> Option<Verdict> {
        let Value::ServerError(error) = reply else { return None };
        let failure = Failure::from(RedisError::from(error));
        let address = &server.node.address;
        let redirect = match self.router.is_cluster() {
            true => Redirect::parse(&failure.code, &failure.message, address),
            false => None,
        };
        Some(match redirect {
            Some(redirect) if !redirect.asking => {
                self.router.redirected(&redirect);
                Verdict::Redirected
            }
            None if failure.outcome == Outcome::ServerError && !failure::may_pass(&failure) => {
                let client = self.router.observer().name();
                tracing::warn!(target: "glide", client, "{address}: a subscription is refused: {}", failure.code);
                Verdict::Refused(failure)
            }
            _ => {
                self.router.refresh_soon();
                Verdict::Later
            }
        })
    }

    async fn end(
        &self,
        server: &Server,
        link: &Link,
        subscriptions: &[Subscription],
    ) -> Result<(), Failure> {
        let pipeline = each(subscriptions, SubscriptionKind::unsubscribe);
        for reply in answered(server, link, server.node.send_all(link, &pipeline)).await? {
            if let Value::ServerError(error) = reply {
                // A new connection has no subscription that is not wanted.
                return Err(RedisError::from(error).into());
            }
        }
        self.update(|reconciliation| {
            subscriptions.iter().for_each(|s| reconciliation.ended(s, server.id))
        });
        Ok(())
    }

    async fn end_sharded(
        &self,
        server: &Server,
        link: &Link,
        subscriptions: &[Subscription],
    ) -> Result<(), Failure> {
        let mut by_slot: BTreeMap<u16, Vec<Subscription>> = BTreeMap::new();
        for subscription in subscriptions {
            by_slot.entry(get_slot(&subscription.1)).or_default().push(subscription.clone());
        }
        let mut slots = by_slot.into_values();
        let mut ending = JoinSet::new();
        loop {
            while ending.len() < SLOTS_AT_ONCE
                && let Some(channels) = slots.next()
            {
                ending.spawn(end_slot(server.node.clone(), link.clone(), channels));
            }
            let Some(ended) = answered(server, link, ending.join_next()).await else {
                return Ok(());
            };
            let channels = ended.map_err(|_| failure::panicked())??;
            self.update(|reconciliation| {
                channels.iter().for_each(|s| reconciliation.ended(s, server.id))
            });
        }
    }
}

/// Unsubscribes from sharded channels of one slot.
async fn end_slot(
    node: Arc<NodeClient>,
    link: Link,
    channels: Vec<Subscription>,
) -> Result<Vec<Subscription>, Failure> {
    let mut command = redis::fenced_cmd(SubscriptionKind::ShardedChannels.unsubscribe());
    for (_, name) in &channels {
        command.arg(&name[..]);
    }
    match node.send(&link, &command).await? {
        // A server ends the subscriptions of a slot that it no longer has.
        Err(error) if error.code() != Some("MOVED") => Err(error.into()),
        _ => Ok(channels),
    }
}

/// Returns a command for each of some subscriptions.
fn each(subscriptions: &[Subscription], command: fn(SubscriptionKind) -> &'static str) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(subscriptions.len());
    for (kind, name) in subscriptions {
        let mut cmd = redis::cmd(command(*kind));
        cmd.arg(&name[..]);
        pipeline.add_command(cmd);
    }
    pipeline
}

/// Waits for an answer. If it is late, the node client probes the connection.
async fn answered<T>(server: &Server, link: &Link, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        match timeout(OVERDUE, &mut work).await {
            Ok(answer) => return answer,
            Err(_) => server.node.overdue(link),
        }
    }
}

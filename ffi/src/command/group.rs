//! Coalesced commands: one pipeline carries those of one submission to one node, and
//! each caller gets a separate answer.

use super::{
    call::{Start, acquire},
    direct::{Direct, Waiter},
    redirect::{Verdict, may_repeat, refused},
    target::{Node, Target},
};
use crate::{
    abi::Outcome,
    client::Client,
    command::servers::Servers,
    core::calls::{Deadline, Patience},
    routing::{
        node::{Link, NodeClient, Unanswered, answered},
        permits::Permit,
        reserve::Reserved,
    },
    wire::{
        failure::{self, Failure},
        reply::Reply,
    },
};
use redis::{Cmd, Pipeline, RedisError, Value};
use std::{sync::Arc, time::Instant, vec};

/// Who waits for coalesced commands.
struct Member {
    waiter: Waiter,
    /// A permit of the node's inflight limit; parts have those of their whole.
    permit: Option<Permit>,
    deadline: Deadline,
}

/// Commands that one pipeline carries to one node.
pub struct Group {
    pub node: Arc<NodeClient>,
    pipeline: Pipeline,
    /// For each command which node it is for, and whether its reply is
    /// converted.
    entries: Vec<(Node, bool)>,
    members: Vec<Member>,
}

impl Group {
    /// Returns an empty group with room for `commands` commands.
    pub fn new(node: Arc<NodeClient>, commands: usize) -> Self {
        let pipeline = Pipeline::with_capacity(commands);
        let (entries, members) = (Vec::with_capacity(commands), Vec::with_capacity(commands));
        Group { node, pipeline, entries, members }
    }

    /// Adds a command.
    pub fn add(&mut self, cmd: Cmd, target: Node, converted: bool) {
        self.pipeline.add_command(cmd);
        self.entries.push((target, converted));
    }

    /// Adds who waits for the commands that were added last.
    pub fn join(&mut self, waiter: Waiter, permit: Option<Permit>, deadline: Deadline) {
        self.members.push(Member { waiter, permit, deadline });
    }

    /// Sends the commands and completes those who wait for them. Commands that have
    /// to be sent again are, each directly.
    pub async fn run(mut self, client: Arc<Client>, servers: Servers) {
        // Each caller watches its own deadline; the pipeline gets the longest.
        let deadlines = self.members.iter().map(|member| member.deadline);
        let longest = deadlines.reduce(Deadline::max).unwrap_or(Deadline::NONE);
        let sending = self.send(&servers, Patience::until(longest));
        // Closed: the tickets are completed as they are dropped.
        let Some(sent) = client.until_closed(longest.bound(sending)).await else { return };
        let members = std::mem::take(&mut self.members);
        match sent.flatten().and_then(|(link, result)| self.settle(&servers, link, result)) {
            Ok(settled) => self.complete(&client, &servers, members, settled).await,
            Err(failure) => fail(members, &failure),
        }
    }

    /// Sends the commands whose time is not over, and returns how they were
    /// answered, and on which connection.
    async fn send(&mut self, servers: &Servers, patience: Patience) -> Result<Sent, Failure> {
        let link = match self.entries.first() {
            Some((target, _)) => {
                acquire(&servers.router, target, &self.node, false, patience).await?
            }
            None => None,
        };
        let Some(link) = link else {
            // The topology has changed.
            return Ok((None, Err(Unanswered::Unsent(failure::lost()))));
        };
        self.drop_late();
        if self.members.is_empty() {
            return Ok((Some(link), Ok(Vec::new())));
        }
        let sending = self.node.send_all(&link, &self.pipeline);
        let result = answered(&self.node, &link, sending).await;
        Ok((Some(link), result))
    }

    /// Fails the requests whose time was over before anything was sent.
    fn drop_late(&mut self) {
        let now = Instant::now();
        let is_late = |member: &Member| member.deadline.is_over_at(now);
        if !self.members.iter().any(is_late) {
            return;
        }
        let mut entries = std::mem::take(&mut self.entries).into_iter();
        let commands =
            std::mem::replace(&mut self.pipeline, Pipeline::with_capacity(entries.len()));
        let mut commands = commands.commands().iter();
        for member in std::mem::take(&mut self.members) {
            let count = member.waiter.commands();
            let own = commands.by_ref().zip(entries.by_ref()).take(count);
            match is_late(&member) {
                true => {
                    own.for_each(drop);
                    fail(vec![member], &failure::timeout());
                }
                false => {
                    own.for_each(|(cmd, (target, converted))| {
                        self.add(Cmd::clone(cmd), target, converted);
                    });
                    self.members.push(member);
                }
            }
        }
    }
}

/// What became of the commands that were sent, and the connection if there was one.
type Sent = (Option<Link>, Result<Vec<Value>, Unanswered>);

/// What is known of the commands of a group after they were sent.
struct Settled {
    /// Those without a reply are sent again.
    replies: Vec<Option<Reply>>,
    /// How those are sent.
    starts: Vec<Start>,
    /// Whose replies are not converted yet, because that takes long.
    heavy: Vec<usize>,
}

impl Group {
    fn settle(
        &self,
        servers: &Servers,
        link: Option<Link>,
        result: Result<Vec<Value>, Unanswered>,
    ) -> Result<Settled, Failure> {
        let commands = self.pipeline.commands();
        let starts = vec![Start::default(); commands.len()];
        let mut settled = Settled { replies: Vec::new(), starts, heavy: Vec::new() };
        match (link, result) {
            (Some(link), Ok(values)) if values.len() == commands.len() => {
                let values = values.into_iter().enumerate();
                let settle = |(at, value)| self.settle_one(servers, &link, at, value, &mut settled);
                settled.replies = values.map(settle).collect();
            }
            (_, Ok(_)) => {
                let text = "a pipeline was answered with another number of replies";
                return Err(Failure::new(Outcome::Internal, text));
            }
            (_, Err(Unanswered::Unsent(_))) => settled.replies = vec![None; commands.len()],
            (_, Err(Unanswered::MayHaveRun(failure))) => {
                let lost = |(cmd, start): (&Arc<Cmd>, &mut Start)| {
                    start.resent = may_repeat(&servers.router, cmd);
                    (!start.resent).then(|| Err(failure.clone()))
                };
                settled.replies = commands.iter().zip(&mut settled.starts).map(lost).collect();
            }
        }
        Ok(settled)
    }

    /// Returns the reply to a command, or nothing if it is sent again.
    fn settle_one(
        &self,
        servers: &Servers,
        link: &Link,
        at: usize,
        value: Value,
        settled: &mut Settled,
    ) -> Option<Reply> {
        let cmd = &self.pipeline.commands()[at];
        match value {
            Value::ServerError(error) => {
                let error = RedisError::from(error);
                match refused(&servers.router, cmd, &self.node, link, error) {
                    Verdict::Final(failure) => Some(Err(failure)),
                    Verdict::Again(failure, wait) => {
                        settled.starts[at].refused = Some((failure, wait));
                        None
                    }
                    Verdict::Redirected(_, hint) => {
                        let start = &mut settled.starts[at];
                        (start.hint, start.resent) = (Some(hint), true);
                        None
                    }
                }
            }
            value if !self.entries[at].1 => Some(Ok(value)),
            value if servers.conversion.is_heavy(&value) => {
                settled.heavy.push(at);
                Some(Ok(value))
            }
            value => Some(servers.convert_here(cmd, value)),
        }
    }

    /// Completes those who wait: first those whose replies are converted.
    async fn complete(
        &self,
        client: &Arc<Client>,
        servers: &Servers,
        members: Vec<Member>,
        settled: Settled,
    ) {
        let Settled { replies, mut starts, heavy } = settled;
        let mut replies = replies.into_iter();
        let mut late = Vec::new();
        let mut first = 0;
        for member in members {
            let count = member.waiter.commands();
            match heavy.iter().any(|at| (first..first + count).contains(at)) {
                true => {
                    late.push((first, member, replies.by_ref().take(count).collect::<Vec<_>>()));
                }
                false => {
                    self.complete_member(client, servers, member, first, &mut replies, &mut starts);
                }
            }
            first += count;
        }
        for (first, member, mut replies) in late {
            for (at, reply) in (first..).zip(&mut replies) {
                if let Some(Ok(value)) = reply.take_if(|_| heavy.contains(&at)) {
                    *reply = Some(servers.convert(&self.pipeline.commands()[at], value).await);
                }
            }
            let replies = &mut replies.into_iter();
            self.complete_member(client, servers, member, first, replies, &mut starts);
        }
    }

    /// Completes who waits for the commands from a position on, and sends again
    /// those of them that have no reply.
    fn complete_member(
        &self,
        client: &Arc<Client>,
        servers: &Servers,
        member: Member,
        first: usize,
        replies: &mut vec::IntoIter<Option<Reply>>,
        starts: &mut [Start],
    ) {
        let Member { waiter, mut permit, deadline } = member;
        let count = waiter.commands();
        if replies.as_slice()[..count].iter().all(Option::is_some) {
            // It is free before the caller can ask for another.
            permit = None;
        }
        for (index, waiter) in waiter.complete(replies.by_ref().take(count)) {
            let at = first + index;
            let direct = Direct {
                cmd: Cmd::clone(&self.pipeline.commands()[at]),
                target: Target::One(self.entries[at].0.clone()),
                start: std::mem::take(&mut starts[at]),
                reserved: Reserved::Now(permit.take().into_iter().collect()),
                deadline,
            };
            direct.spawn(client, servers, waiter);
        }
    }
}

fn fail(members: Vec<Member>, failure: &Failure) {
    for member in members {
        drop(member.permit);
        member.waiter.fail(failure.clone());
    }
}

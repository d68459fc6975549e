//! Turns the commands of a submission into pipelines and single commands, and their
//! outcomes into completions.

use super::{
    call::{self, Start, acquire},
    changes::Changes,
    classify::{Mode, mode},
    compress::compress,
    fan_out::call_target,
    read_only::{only_reads, writes_no_key},
    redirect::{Hint, Verdict, may_repeat, refused},
    sharing::{self, Sending},
    split::{self, Cut, Parts},
    target::{Node, Target, goes_to_readers},
};
use crate::{
    abi::Outcome,
    auth,
    client::Client,
    command::servers::Servers,
    core::calls::{Deadline, Patience, answer},
    event_loop::ticket::Ticket,
    routing::{
        node::{NodeClient, Unanswered, answered},
        permits::{Permit, Taken},
        reserve::{Reserved, reserve_all},
        slot_map::SlotMap,
    },
    wire::{
        command::command,
        failure::{self, Failure},
        reply::Reply,
        request::{Arguments, Route},
        trace::Trace,
    },
};
use redis::{Cmd, Pipeline, RedisError, Value, cluster_topology::get_slot};
use std::{pin::pin, sync::Arc, time::Instant, vec};

/// Who waits for coalesced commands.
struct Member {
    waiter: Waiter,
    /// A permit of the node's inflight limit; parts have those of their whole.
    permit: Option<Permit>,
    deadline: Deadline,
}

/// Who waits: a caller, for a command, or the command that some are parts of.
enum Waiter {
    Caller(Ticket),
    Whole(Parts),
}

impl Waiter {
    /// For how many commands.
    fn commands(&self) -> usize {
        match self {
            Waiter::Caller(_) => 1,
            Waiter::Whole(parts) => parts.len(),
        }
    }

    /// Completes them with their replies. Of those that have none it returns
    /// the places, and who waits for each.
    fn complete(self, mut replies: impl Iterator<Item = Option<Reply>>) -> Vec<(usize, Waiter)> {
        match self {
            Waiter::Whole(parts) => {
                let others = parts.complete(replies).into_iter();
                others.map(|(index, part)| (index, Waiter::Whole(part))).collect()
            }
            Waiter::Caller(ticket) => match replies.next().flatten() {
                Some(reply) => {
                    ticket.complete(reply);
                    Vec::new()
                }
                None => vec![(0, Waiter::Caller(ticket))],
            },
        }
    }

    /// Takes note of how its command went that was sent by itself.
    fn note(&mut self, trace: Trace) {
        match self {
            Waiter::Caller(ticket) => ticket.set_trace(trace),
            Waiter::Whole(parts) => parts.note(trace),
        }
    }

    fn fail(self, failure: Failure) {
        match self {
            Waiter::Caller(ticket) => ticket.complete(Err(failure)),
            Waiter::Whole(parts) => parts.fail(failure),
        }
    }
}

/// Commands that one pipeline carries to one node.
struct Group {
    node: Arc<NodeClient>,
    pipeline: Pipeline,
    /// For each command which node it is for, and whether its reply is
    /// converted.
    entries: Vec<(Node, bool)>,
    members: Vec<Member>,
}

/// What one submission is sorted into. There are few nodes, so a list is
/// searched faster than a map.
struct Groups {
    /// How many requests there are to sort.
    requests: usize,
    all: Vec<Group>,
}

impl Groups {
    /// Returns the group for a request of so many commands.
    fn of(&mut self, node: &Arc<NodeClient>, commands: usize) -> &mut Group {
        let index = self.all.iter().position(|group| Arc::ptr_eq(&group.node, node));
        let index = index.unwrap_or_else(|| {
            self.all.push(Group {
                node: node.clone(),
                pipeline: Pipeline::with_capacity(self.requests.max(commands)),
                entries: Vec::with_capacity(self.requests.max(commands)),
                members: Vec::with_capacity(self.requests),
            });
            self.all.len() - 1
        });
        &mut self.all[index]
    }
}

impl Group {
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

    fn add(&mut self, cmd: Cmd, target: Node, converted: bool) {
        self.pipeline.add_command(cmd);
        self.entries.push((target, converted));
    }
}

/// A submission whose commands are being sorted.
pub struct Dispatch<'a> {
    client: &'a Arc<Client>,
    servers: &'a Servers,
    map: Arc<SlotMap>,
    groups: Groups,
}

impl<'a> Dispatch<'a> {
    /// Returns a dispatch for the commands of a submission with `requests` requests.
    pub fn new(client: &'a Arc<Client>, servers: &'a Servers, requests: usize) -> Self {
        let groups = Groups { requests, all: Vec::new() };
        Dispatch { client, servers, map: servers.router.map(), groups }
    }

    /// Sends what is coalesced.
    pub fn finish(self) {
        for group in self.groups.all {
            let running = run_group(self.client.clone(), self.servers.clone(), group);
            self.client.engine.runtime.spawn(running);
        }
    }

    /// Starts a command, by itself or with others.
    pub fn command(
        &mut self,
        mut ticket: Ticket,
        deadline: Deadline,
        route: Route<'_>,
        words: &Arguments<'_>,
    ) {
        let client = self.client;
        if client.policy.cluster && route == Route::ByCommand && split::applies(words) {
            return self.start_parts(ticket, deadline, words);
        }
        let cmd = command(words);
        let Some((mode, target, node)) = self.coalesced(route, words, &cmd) else {
            if let Some((reason, _)) = sharing::refusal(self.sending(route), words.iter()) {
                return ticket.complete(Err(sharing::cannot_share(reason)));
            }
            let target = Target::of(client.policy, route, &cmd);
            let (reserved, hint) = match self.reserve(ticket.id(), &target) {
                Ok(reserved) => reserved,
                Err(failure) => return ticket.complete(Err(failure)),
            };
            let start = Start { hint, ..Start::default() };
            let direct = Direct { cmd, target, start, reserved, deadline };
            return self.spawn_direct(direct, Waiter::Caller(ticket));
        };
        let permit = match node.reserve() {
            Taken::Permit(permit) => Some(permit),
            Taken::Rejected => return ticket.complete(Err(failure::inflight_limit())),
            Taken::Queued(queued) => {
                // It is sent by itself, once it has a permit.
                let reserved = Reserved::queued(&client.waits, ticket.id(), queued);
                let start = Start { hint: Some((node, false)), ..Start::default() };
                let target = Target::One(target);
                let direct = Direct { cmd, target, start, reserved, deadline };
                return self.spawn_direct(direct, Waiter::Caller(ticket));
            }
        };
        ticket.set_trace(Trace { node: node.number, resends: 0 });
        let group = self.groups.of(&node, 1);
        group.add(cmd, target, mode == Mode::Converted);
        group.members.push(Member { waiter: Waiter::Caller(ticket), permit, deadline });
    }

    fn sending(&self, route: Route<'_>) -> Sending {
        let policy = self.client.policy;
        let some_nodes = policy.cluster && !matches!(route, Route::ByCommand | Route::AllNodes);
        Sending { some_nodes, tracks: policy.tracks, ..Sending::default() }
    }

    /// Starts the parts of a command over keys of several slots.
    fn start_parts(&mut self, ticket: Ticket, deadline: Deadline, words: &Arguments<'_>) {
        let (client, servers) = (self.client, self.servers);
        let reads = only_reads(&words.name.to_ascii_uppercase());
        let target = |slot| if reads { Node::Reader(slot) } else { Node::Primary(slot) };
        let mut nodes: Vec<Arc<NodeClient>> = Vec::new();
        let map = self.map.clone();
        let number = |slot| {
            let node = target(slot).find(&servers.router, &map)?;
            let known = nodes.iter().position(|known| Arc::ptr_eq(known, &node));
            Some(known.unwrap_or_else(|| {
                nodes.push(node);
                nodes.len() - 1
            }))
        };
        let id = ticket.id();
        let Some(cut) = Cut::new(words, ticket, number) else { return };
        let needed: Vec<_> = cut.nodes().into_iter().map(|node| nodes[node].clone()).collect();
        if let [node] = &needed[..] {
            cut.set_node(node.number);
        }
        let waiting = match reserve_all(&client.waits, id, needed) {
            Ok(Reserved::Now(permits)) => {
                cut.hold(permits);
                None
            }
            Ok(waiting) => Some(waiting),
            Err(failure) => return cut.refuse(failure),
        };
        if let Some(waiting) = waiting {
            let mut parts = Vec::new();
            for (_, some) in cut.by_node() {
                let commands: Vec<_> = cut.commands(&some).zip(cut.slots(&some)).collect();
                let commands = commands.into_iter().map(|(cmd, slot)| (cmd, target(slot)));
                parts.extend(commands.zip(some.each()));
            }
            return self.spawn_parts(waiting, parts, deadline);
        }
        for (node, parts) in cut.by_node() {
            let commands = cut.commands(&parts).zip(cut.slots(&parts));
            let coalesced = !client.policy.singles_only;
            if let Some(node) = node.filter(|_| coalesced) {
                let group = self.groups.of(&nodes[node], parts.len());
                commands.for_each(|(cmd, slot)| group.add(cmd, target(slot), false));
                group.members.push(Member { waiter: Waiter::Whole(parts), permit: None, deadline });
                continue;
            }
            let commands: Vec<(Cmd, u16)> = commands.collect();
            for ((cmd, slot), part) in commands.into_iter().zip(parts.each()) {
                let target = Target::One(target(slot));
                let (start, reserved) = (Start::default(), Reserved::default());
                let direct = Direct { cmd, target, start, reserved, deadline };
                self.spawn_direct(direct, Waiter::Whole(part));
            }
        }
    }

    /// Sends parts, each by itself, once their whole has its permits.
    fn spawn_parts(&self, waiting: Reserved, parts: Vec<((Cmd, Node), Parts)>, deadline: Deadline) {
        let (client, servers) = (self.client.clone(), self.servers.clone());
        self.client.engine.runtime.spawn(async move {
            let reserving = waiting.permits(deadline);
            match client.until_closed(reserving).await {
                // The ticket is completed as the parts are dropped.
                None => return,
                Some(Err(failure)) => {
                    return parts.into_iter().for_each(|(_, part)| part.fail(failure.clone()));
                }
                Some(Ok(permits)) => {
                    if let Some((_, part)) = parts.first() {
                        part.hold(permits);
                    }
                }
            }
            for ((cmd, node), part) in parts {
                let (target, start) = (Target::One(node), Start::default());
                let direct = Direct { cmd, target, start, reserved: Reserved::default(), deadline };
                spawn_direct(&client, &servers, direct, Waiter::Whole(part));
            }
        });
    }

    /// Returns how a command is coalesced, and where it goes, or nothing if it
    /// is sent by itself.
    fn coalesced(
        &self,
        route: Route<'_>,
        words: &Arguments<'_>,
        cmd: &Cmd,
    ) -> Option<(Mode, Node, Arc<NodeClient>)> {
        let slot = match route {
            Route::ByCommand => None,
            Route::Slot(slot) => Some(slot),
            _ => return None,
        };
        let policy = self.client.policy;
        let mode = mode(policy, words.name, words.count, slot.is_some());
        if mode == Mode::Direct {
            return None;
        }
        let slot = match policy.cluster {
            true => slot.or_else(|| words.iter().nth(1).map(get_slot))?,
            false => 0,
        };
        let reader = policy.cluster && policy.reads_from_replicas && goes_to_readers(cmd);
        let target = if reader { Node::Reader(slot) } else { Node::Primary(slot) };
        let node = target.find(&self.servers.router, &self.map)?;
        Some((mode, target, node))
    }

    /// Reserves what a command needs, and returns where it goes first if that is
    /// one node.
    fn reserve(&self, ticket: u64, target: &Target) -> Result<(Reserved, Option<Hint>), Failure> {
        match target {
            Target::One(node) => match node.find(&self.servers.router, &self.map) {
                Some(node) => {
                    let reserved = reserve_all(&self.client.waits, ticket, vec![node.clone()])?;
                    Ok((reserved, Some((node, false))))
                }
                None => Ok((Reserved::default(), None)),
            },
            Target::Many(nodes, _) => {
                Ok((reserve_all(&self.client.waits, ticket, nodes.find(&self.map))?, None))
            }
        }
    }

    fn spawn_direct(&self, direct: Direct, waiter: Waiter) {
        spawn_direct(self.client, self.servers, direct, waiter);
    }
}

/// A command that is sent by itself.
struct Direct {
    cmd: Cmd,
    target: Target,
    start: Start,
    reserved: Reserved,
    deadline: Deadline,
}

fn spawn_direct(client: &Arc<Client>, servers: &Servers, mut direct: Direct, waiter: Waiter) {
    let (reserved, deadline) = (std::mem::take(&mut direct.reserved), direct.deadline);
    let (running, servers) = (client.clone(), servers.traced());
    let tracer = servers.tracer.clone();
    let work = move || run_direct(running, servers, direct);
    client.run(reserved, deadline, work, move |reply| {
        let mut waiter = waiter;
        waiter.note(tracer.trace());
        waiter.complete(std::iter::once(Some(reply)));
    });
}

async fn run_direct(client: Arc<Client>, servers: Servers, direct: Direct) -> Reply {
    let Direct { cmd, target, start, deadline, .. } = direct;
    let patience = Patience::until(deadline);
    // What it has changed is forgotten before the caller can read it.
    let _changes = Changes::of(servers.cache(), servers.cache().map(|_| Arc::new(cmd.clone())));
    if !client.is_healthy() {
        return Err(failure::circuit_open());
    }
    if client.policy.read_only && !writes_no_key(&cmd) {
        return Err(failure::read_only());
    }
    let cmd = compress(servers.conversion.compression().as_deref(), cmd)?;
    let running = pin!(async {
        match (target, start) {
            (Target::One(node), start) => {
                let reply = call::call(&servers, &cmd, node, start, patience).await?;
                servers.convert(&cmd, reply).await
            }
            (target, _) => call_target(&servers, client.policy, &cmd, &target, patience).await,
        }
    });
    let result = deadline.bound(running).await.flatten().and_then(answer);
    match &result {
        Ok(_) => auth::note(&client, &cmd),
        Err(failure) => auth::reconnect_if_unknown(&servers.router, &cmd, failure),
    }
    client.report(&result);
    result
}

async fn run_group(client: Arc<Client>, servers: Servers, mut group: Group) {
    // Each caller watches its own deadline; the pipeline gets the longest.
    let deadlines = group.members.iter().map(|member| member.deadline);
    let longest = deadlines.reduce(Deadline::max).unwrap_or(Deadline::NONE);
    let patience = Patience::until(longest);
    let sending = async {
        let link = match group.entries.first() {
            Some((target, _)) => {
                acquire(&servers.router, target, &group.node, false, patience).await?
            }
            None => None,
        };
        let Some(link) = link else {
            // The topology has changed.
            return Ok((None, Err(Unanswered::Unsent(failure::lost()))));
        };
        group.drop_late();
        if group.members.is_empty() {
            return Ok((Some(link), Ok(Vec::new())));
        }
        let Group { node, pipeline, .. } = &group;
        let result = answered(node, &link, node.send_all(&link, pipeline)).await;
        Ok((Some(link), result))
    };
    let sent = client.until_closed(longest.bound(sending)).await;

    let Group { node, pipeline, entries, members } = group;
    let commands = pipeline.commands();
    let mut starts: Vec<Start> = vec![Start::default(); commands.len()];
    // Whose replies are not converted yet, because that takes long.
    let mut heavy: Vec<usize> = Vec::new();
    let replies: Vec<Option<Reply>> = match sent.map(Result::flatten) {
        // Closed: the tickets are completed as they are dropped.
        None => return,
        Some(Err(failure)) => return fail(members, &failure),
        Some(Ok((Some(link), Ok(values)))) if values.len() == commands.len() => {
            let settle = |(at, value): (usize, Value)| match value {
                Value::ServerError(error) => {
                    let error = RedisError::from(error);
                    match refused(&servers.router, &commands[at], &node, &link, error) {
                        Verdict::Final(failure) => Some(Err(failure)),
                        Verdict::Again(failure, wait) => {
                            starts[at].refused = Some((failure, wait));
                            None
                        }
                        Verdict::Redirected(_, hint) => {
                            (starts[at].hint, starts[at].resent) = (Some(hint), true);
                            None
                        }
                    }
                }
                value if !entries[at].1 => Some(Ok(value)),
                value if servers.conversion.is_heavy(&value) => {
                    heavy.push(at);
                    Some(Ok(value))
                }
                value => Some(servers.convert_here(&commands[at], value)),
            };
            values.into_iter().enumerate().map(settle).collect()
        }
        Some(Ok((_, Ok(_)))) => {
            let text = "a pipeline was answered with another number of replies";
            return fail(members, &Failure::new(Outcome::Internal, text));
        }
        Some(Ok((_, Err(Unanswered::Unsent(_))))) => vec![None; commands.len()],
        Some(Ok((_, Err(Unanswered::MayHaveRun(failure))))) => {
            let repeats = |cmd: &Arc<Cmd>| may_repeat(&servers.router, cmd);
            let lost = |(cmd, start): (&Arc<Cmd>, &mut Start)| {
                start.resent = repeats(cmd);
                (!start.resent).then(|| Err(failure.clone()))
            };
            commands.iter().zip(&mut starts).map(lost).collect()
        }
    };
    let mut settle = |first: usize, member: Member, replies: &mut vec::IntoIter<_>| {
        let Member { waiter, mut permit, deadline } = member;
        let count = waiter.commands();
        if replies.as_slice()[..count].iter().all(Option::is_some) {
            // It is free before the caller can ask for another.
            permit = None;
        }
        for (index, waiter) in waiter.complete(replies.by_ref().take(count)) {
            let at = first + index;
            let direct = Direct {
                cmd: Cmd::clone(&commands[at]),
                target: Target::One(entries[at].0.clone()),
                start: std::mem::take(&mut starts[at]),
                reserved: Reserved::Now(permit.take().into_iter().collect()),
                deadline,
            };
            spawn_direct(&client, &servers, direct, waiter);
        }
    };
    let mut replies = replies.into_iter();
    let mut late = Vec::new();
    let mut first = 0;
    for member in members {
        let count = member.waiter.commands();
        match heavy.iter().any(|at| (first..first + count).contains(at)) {
            true => late.push((first, member, replies.by_ref().take(count).collect::<Vec<_>>())),
            false => settle(first, member, &mut replies),
        }
        first += count;
    }
    for (first, member, mut replies) in late {
        for (at, reply) in (first..).zip(&mut replies) {
            if let Some(Ok(value)) = reply.take_if(|_| heavy.contains(&at)) {
                *reply = Some(servers.convert(&commands[at], value).await);
            }
        }
        settle(first, member, &mut replies.into_iter());
    }
}

fn fail(members: Vec<Member>, failure: &Failure) {
    for member in members {
        drop(member.permit);
        member.waiter.fail(failure.clone());
    }
}

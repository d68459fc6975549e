//! Turns the commands of a submission into pipelines and single commands.

use super::{
    call::Start,
    classify::{Mode, mode},
    direct::{Direct, Waiter},
    group::Group,
    read_only::only_reads,
    redirect::Hint,
    sharing::{self, Sending},
    split::{self, Cut, Parts},
    target::{Node, Target, goes_to_readers},
};
use crate::{
    client::Client,
    command::servers::Servers,
    core::calls::Deadline,
    event_loop::ticket::Ticket,
    routing::{
        node::NodeClient,
        permits::Taken,
        reserve::{Reserved, reserve_all},
        slot_map::SlotMap,
    },
    wire::{
        command::command,
        failure::{self, Failure},
        request::{Arguments, Route},
        trace::Trace,
    },
};
use redis::{Cmd, cluster_topology::get_slot};
use std::sync::Arc;

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
            self.all.push(Group::new(node.clone(), self.requests.max(commands)));
            self.all.len() - 1
        });
        &mut self.all[index]
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
            let running = group.run(self.client.clone(), self.servers.clone());
            self.client.engine.runtime.spawn(running);
        }
    }

    /// Starts a command, directly or coalesced.
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
            let mut target = Target::of(client.policy, route, &cmd);
            if ticket.is_as_sent() {
                target = target.with_single_reply(client.policy);
            }
            let (reserved, hint) = match self.reserve(ticket.id(), &target) {
                Ok(reserved) => reserved,
                Err(failure) => return ticket.complete(Err(failure)),
            };
            let start = Start { hint, ..Start::default() };
            let nodes = match target {
                Target::Many(nodes, _) if route.names_nodes() => Some(nodes),
                _ => None,
            };
            let direct = Direct { cmd, target, start, reserved, deadline };
            return match nodes {
                Some(nodes) => direct.spawn_each(client, self.servers, nodes, ticket),
                None => self.spawn(direct, Waiter::Caller(ticket)),
            };
        };
        let permit = match node.reserve() {
            Taken::Permit(permit) => Some(permit),
            Taken::Rejected => return ticket.complete(Err(failure::inflight_limit())),
            Taken::Queued(queued) => {
                // It is sent directly, once it has a permit.
                let reserved = Reserved::queued(&client.waits, ticket.id(), queued);
                let start = Start { hint: Some((node, false)), ..Start::default() };
                let target = Target::One(target);
                let direct = Direct { cmd, target, start, reserved, deadline };
                return self.spawn(direct, Waiter::Caller(ticket));
            }
        };
        ticket.set_trace(Trace { node: node.number, resends: 0 });
        let group = self.groups.of(&node, 1);
        group.add(cmd, target, mode == Mode::Converted && !ticket.is_as_sent());
        group.join(Waiter::Caller(ticket), permit, deadline);
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
            let index = nodes.iter().position(|other| Arc::ptr_eq(other, &node));
            Some(index.unwrap_or_else(|| {
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
                group.join(Waiter::Whole(parts), None, deadline);
                continue;
            }
            let commands: Vec<(Cmd, u16)> = commands.collect();
            for ((cmd, slot), part) in commands.into_iter().zip(parts.each()) {
                let target = Target::One(target(slot));
                let (start, reserved) = (Start::default(), Reserved::default());
                let direct = Direct { cmd, target, start, reserved, deadline };
                self.spawn(direct, Waiter::Whole(part));
            }
        }
    }

    /// Sends parts, each directly, once their whole has its permits.
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
                direct.spawn(&client, &servers, Waiter::Whole(part));
            }
        });
    }

    /// Returns how a command is coalesced, and where it goes, or nothing if it
    /// is sent directly.
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

    fn spawn(&self, direct: Direct, waiter: Waiter) {
        direct.spawn(self.client, self.servers, waiter);
    }
}

//! Commands that are sent directly, and who waits for a command.

use super::{
    call::{self, Start},
    changes::Changes,
    compress::compress,
    fan_out::{call_each, call_target},
    read_only::writes_no_key,
    split::Parts,
    target::{Nodes, Target},
};
use crate::{
    auth,
    client::Client,
    command::servers::Servers,
    core::calls::{Deadline, Patience, answer},
    event_loop::ticket::Ticket,
    routing::reserve::Reserved,
    wire::{
        failure::{self, Failure},
        reply::{Answer, Reply},
        trace::Trace,
    },
};
use redis::{Cmd, Value};
use std::{pin::pin, sync::Arc};

/// Who waits: a caller, for a command, or the command that some are parts of.
pub enum Waiter {
    Caller(Ticket),
    Whole(Parts),
}

impl Waiter {
    /// For how many commands.
    pub fn commands(&self) -> usize {
        match self {
            Waiter::Caller(_) => 1,
            Waiter::Whole(parts) => parts.len(),
        }
    }

    /// Completes the commands that have a reply. For each of the others it
    /// returns the index and who waits for it.
    pub fn complete(
        self,
        mut replies: impl Iterator<Item = Option<Reply>>,
    ) -> Vec<(usize, Waiter)> {
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

    /// Reports whether replies stay as the server sends them. Those of parts are
    /// never converted.
    fn is_as_sent(&self) -> bool {
        matches!(self, Waiter::Caller(ticket) if ticket.is_as_sent())
    }

    /// Records how its command went that was sent directly.
    pub fn note(&mut self, trace: Trace) {
        match self {
            Waiter::Caller(ticket) => ticket.set_trace(trace),
            Waiter::Whole(parts) => parts.note(trace),
        }
    }

    pub fn fail(self, failure: Failure) {
        match self {
            Waiter::Caller(ticket) => ticket.complete(Err(failure)),
            Waiter::Whole(parts) => parts.fail(failure),
        }
    }
}

/// A command that is sent directly, as a separate request.
pub struct Direct {
    pub cmd: Cmd,
    pub target: Target,
    pub start: Start,
    pub reserved: Reserved,
    pub deadline: Deadline,
}

impl Direct {
    /// Runs it on the event loop, and completes the waiter.
    pub fn spawn(mut self, client: &Arc<Client>, servers: &Servers, mut waiter: Waiter) {
        let (reserved, deadline) = (std::mem::take(&mut self.reserved), self.deadline);
        let (running, servers) = (client.clone(), servers.traced().in_form(waiter.is_as_sent()));
        let tracer = servers.tracer.clone();
        let work = move || run(running, servers, self);
        client.run(reserved, deadline, work, move |reply| {
            waiter.note(tracer.trace());
            waiter.complete(std::iter::once(Some(reply)));
        });
    }

    /// Runs it on several nodes, each of which has its own reply.
    pub fn spawn_each(
        mut self,
        client: &Arc<Client>,
        servers: &Servers,
        nodes: Nodes,
        mut ticket: Ticket,
    ) {
        let (reserved, deadline) = (std::mem::take(&mut self.reserved), self.deadline);
        let (running, servers) = (client.clone(), servers.traced());
        let tracer = servers.tracer.clone();
        let work = move || run_each(running, servers, self.cmd, nodes, deadline);
        client.run(reserved, deadline, work, move |answer| {
            ticket.set_trace(tracer.trace());
            ticket.answer(answer);
        });
    }
}

/// Returns a command as it is sent, unless the client refuses it.
fn prepare(client: &Client, servers: &Servers, cmd: Cmd) -> Result<Cmd, Failure> {
    if !client.is_healthy() {
        return Err(failure::circuit_open());
    }
    if client.policy.read_only && !writes_no_key(&cmd) {
        return Err(failure::read_only());
    }
    compress(servers.conversion.compression().as_deref(), cmd)
}

/// Runs a command on several nodes. The answer has the address of each, followed by
/// its reply.
async fn run_each(
    client: Arc<Client>,
    servers: Servers,
    cmd: Cmd,
    nodes: Nodes,
    deadline: Deadline,
) -> Result<Answer, Failure> {
    // What it has changed is forgotten before the caller can read it.
    let _changes = Changes::of(servers.cache(), servers.cache().map(|_| Arc::new(cmd.clone())));
    let cmd = prepare(&client, &servers, cmd)?;
    let replies = deadline.bound(call_each(&servers, &cmd, nodes, deadline)).await.flatten()?;
    match replies.iter().find_map(|(_, reply)| reply.as_ref().err()) {
        None => auth::note(&client, &cmd),
        Some(failure) => auth::reconnect_if_unknown(&servers.router, &cmd, failure),
    }
    let mut answers = Vec::with_capacity(2 * replies.len());
    for (node, reply) in replies {
        client.report(&reply);
        answers.push(Ok(Value::BulkString(node.address.to_string().into_bytes().into())));
        answers.push(reply);
    }
    Ok(Answer::Each(answers))
}

async fn run(client: Arc<Client>, servers: Servers, direct: Direct) -> Reply {
    let Direct { cmd, target, start, deadline, .. } = direct;
    let patience = Patience::until(deadline);
    // What it has changed is forgotten before the caller can read it.
    let _changes = Changes::of(servers.cache(), servers.cache().map(|_| Arc::new(cmd.clone())));
    let cmd = prepare(&client, &servers, cmd)?;
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

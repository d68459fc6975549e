//! Batches: transactions and pipelines that the caller made.

use super::{
    call::{Attempts, acquire, find},
    changes::Changes,
    compress::compress,
    fan_out::{self, has_several_slots},
    read_only::writes_no_key,
    redirect::{Hint, Verdict, Wait, is_passing, judged, may_repeat, redirected, refused},
    sharing::{self, Sending},
    target::{Node, Target},
};
use crate::{
    abi::Outcome,
    client::{Client, Prepared},
    command::servers::Servers,
    core::{
        calls::{Deadline, Patience, answer},
        config::Policy,
    },
    defects::search,
    routing::{
        Router,
        node::{Link, NodeClient, Unanswered, answered},
        reserve::reserve_all,
    },
    wire::{
        address::{Address, Redirect},
        command::{command, is_command},
        failure::{self, Failure},
        reply::{Answer, Reply},
        request::{Arguments, Batch, Route},
    },
};
use redis::{Cmd, Pipeline, RedisError, RedisResult, Value};
use std::{pin::pin, sync::Arc};
use tokio::task::JoinSet;

/// A batch that runs.
struct Running {
    /// The commands; those of a transaction between MULTI and EXEC.
    pipeline: Pipeline,
    /// Where all of it goes, if the caller says so or it is atomic.
    node: Option<Node>,
    retries: Retries,
    /// Whether the last reply is to a command that the caller did not queue.
    restores_database: bool,
}

/// What the caller lets be sent again, though it may have been run.
#[derive(Clone, Copy)]
struct Retries {
    server_errors: bool,
    connection_errors: bool,
}

/// Prepares a batch: what it reserves, and its work.
pub fn prepare(
    client: &Arc<Client>,
    servers: &Servers,
    ticket: u64,
    deadline: Deadline,
    route: Route<'_>,
    batch: Batch<'_>,
) -> Result<Prepared, Failure> {
    let running = prepared(client, servers, route, batch)?;
    let reserved = reserve_all(&client.waits, ticket, running.nodes(client, servers))?;
    let (client, servers) = (client.clone(), servers.clone());
    let work = async move {
        let running = pin!(run(&client, &servers, deadline, running));
        deadline.bound(running).await?
    };
    Ok(Prepared::new(reserved, work))
}

fn prepared(
    client: &Client,
    servers: &Servers,
    route: Route<'_>,
    batch: Batch<'_>,
) -> Result<Running, Failure> {
    let mut pipeline = Pipeline::with_capacity(batch.count + 1);
    let Policy { cluster, tracks, .. } = client.policy;
    let atomic = batch.atomic;
    let sending = Sending { batch: true, atomic, some_nodes: cluster, of_cluster: cluster, tracks };
    for (at, words) in batch.commands().enumerate() {
        shareable(sending, at, &words)?;
        pipeline.add_command(batched(client, servers, &words)?);
    }
    // The connection is shared: requests after the batch must not run in
    // another database.
    let selects = |cmd: &Arc<Cmd>| is_command(cmd, b"SELECT");
    let restores_database = !cluster && pipeline.commands().iter().any(selects);
    if restores_database {
        let mut select = redis::cmd("SELECT");
        select.arg(client.settings.request().database_id);
        pipeline.add_command(select);
    }
    if batch.atomic {
        pipeline.atomic();
    }
    let node = match cluster {
        false => Some(Node::Primary(0)),
        true => node_of(client, route, pipeline.commands(), batch.atomic)?,
    };
    Ok(Running {
        pipeline,
        node,
        retries: Retries {
            server_errors: batch.retry_server_errors,
            connection_errors: batch.retry_connection_errors,
        },
        restores_database,
    })
}

/// Returns where a cluster's batch goes as a whole. A transaction is run by a
/// primary, even if it only reads.
fn node_of(
    client: &Client,
    route: Route<'_>,
    commands: &[Arc<Cmd>],
    atomic: bool,
) -> Result<Option<Node>, Failure> {
    if route != Route::ByCommand {
        let write = redis::cmd("SET");
        return Ok(match Target::of(client.policy, route, &write) {
            Target::One(node) => Some(node),
            Target::Many(..) => Some(Node::AnyPrimary),
        });
    }
    if !atomic {
        return Ok(None);
    }
    let slot = |cmd: &Arc<Cmd>| match Target::of(client.policy, Route::ByCommand, cmd) {
        Target::One(Node::Primary(slot) | Node::Reader(slot)) => Some(slot),
        _ => None,
    };
    let mut slots = commands.iter().filter_map(slot);
    let Some(first) = slots.next() else { return Ok(Some(Node::AnyPrimary)) };
    if slots.any(|slot| slot != first) || commands.iter().any(|cmd| has_several_slots(cmd)) {
        let text = "the keys of a transaction are of several slots";
        let failure = Failure::new(Outcome::ServerError, text);
        return Err(Failure { code: "CROSSSLOT".to_owned(), ..failure });
    }
    Ok(Some(Node::Primary(first)))
}

/// Refuses a command that cannot be sent with others in a batch.
pub fn shareable(sending: Sending, at: usize, words: &Arguments<'_>) -> Result<(), Failure> {
    match sharing::refusal(sending, words.iter()) {
        None => Ok(()),
        Some((reason, name)) => {
            let text = format!("at {at}: {name}: {}", reason.text());
            Err(Failure::new(Outcome::InvalidRequest, text))
        }
    }
}

/// Returns a batch's command.
pub fn batched(client: &Client, servers: &Servers, words: &Arguments<'_>) -> Result<Cmd, Failure> {
    let cmd = command(words);
    if client.policy.read_only && !writes_no_key(&cmd) {
        return Err(failure::read_only());
    }
    compress(servers.conversion.compression().as_deref(), cmd)
}

impl Running {
    /// Returns the nodes that it goes to, as far as they are known.
    fn nodes(&self, client: &Client, servers: &Servers) -> Vec<Arc<NodeClient>> {
        let (router, map) = (&servers.router, servers.router.map());
        if let Some(node) = &self.node {
            return node.find(router, &map).into_iter().collect();
        }
        let mut nodes: Vec<Arc<NodeClient>> = Vec::new();
        for cmd in self.pipeline.commands() {
            let node = match Target::of(client.policy, Route::ByCommand, cmd) {
                Target::One(Node::Primary(slot) | Node::Reader(slot)) => map.primary(slot),
                _ => None,
            };
            if let Some(node) = node
                && !nodes.iter().any(|known| Arc::ptr_eq(known, node))
            {
                nodes.push(node.clone());
            }
        }
        if nodes.is_empty() {
            nodes.extend(router.any_primary());
        }
        nodes
    }
}

async fn run(
    client: &Client,
    servers: &Servers,
    deadline: Deadline,
    batch: Running,
) -> Result<Answer, Failure> {
    let patience = Patience::until(deadline);
    // What it has changed is forgotten before the caller can read it.
    let _changes = Changes::of(servers.cache(), batch.pipeline.commands().iter().cloned());
    let mut replies: Vec<Reply> = match batch.pipeline.is_atomic() {
        true => {
            let node = batch.node.clone().unwrap_or(Node::AnyPrimary);
            match transaction(servers, &batch.pipeline, node, patience).await? {
                Value::Array(replies) => replies.into_iter().map(Ok).collect(),
                other => return Ok(Answer::One(other)),
            }
        }
        false => pipeline(client.policy, servers, &batch, patience).await?,
    };
    for (cmd, reply) in batch.pipeline.commands().iter().zip(&mut replies) {
        if let Ok(value) = reply
            && is_converted(servers, cmd, value)
        {
            // One that cannot be converted is an error in its own place.
            let value = std::mem::replace(value, Value::Nil);
            *reply = servers.conversion.convert(cmd, value).await;
        }
    }
    if batch.restores_database {
        replies.pop();
    }
    servers.conversion.decompress(replies).await.map(Answer::Each)
}

/// Reports whether a reply is converted by itself. What is only decompressed is
/// decompressed with the others.
fn is_converted(servers: &Servers, cmd: &Cmd, reply: &Value) -> bool {
    !servers.is_as_sent(cmd, reply)
        && (servers.conversion.compression().is_none() || servers.needs_conversion(cmd))
}

/// Runs a transaction. One that ends in a redirect was refused as a whole.
async fn transaction(
    servers: &Servers,
    transaction: &Pipeline,
    node: Node,
    patience: Patience,
) -> Result<Value, Failure> {
    let router = &servers.router;
    let mut attempts = Attempts::new(servers, patience);
    let mut hint: Option<Hint> = None;
    loop {
        let (at, asking) = match hint.take() {
            Some(hint) => hint,
            None => (find(router, &node).await?, false),
        };
        let Some(link) = acquire(router, &node, &at, asking, patience).await? else { continue };
        servers.tracer.sent_to(at.number);
        let result = answered(&at, &link, exec(&at, &link, transaction, asking)).await;
        let error = match result {
            Ok(Ok(value)) => return answer(value),
            Ok(Err(error)) => error,
            Err(Unanswered::Unsent(failure)) => {
                attempts.lost(router, failure).await?;
                continue;
            }
            Err(Unanswered::MayHaveRun(failure)) => return Err(failure),
        };
        let (code, message) =
            (error.code().unwrap_or_default(), error.detail().unwrap_or_default());
        match Redirect::parse(code, message, &at.address).filter(|_| router.is_cluster()) {
            Some(redirect) => match redirected(router, &at, &link, redirect, error.into()) {
                Verdict::Redirected(failure, next) => {
                    attempts.redirected(router, &at.address, failure).await?;
                    hint = Some(next);
                }
                Verdict::Final(failure) | Verdict::Again(failure, _) => return Err(failure),
            },
            // All of it was refused when the first write was queued.
            None if !router.is_cluster() && failure::refuses_writes(code, message) => {
                router.refuses_writes(&at, &link);
                if !router.resends() {
                    return Err(error.into());
                }
                attempts.again(router, &at.address, error.into(), Some(Wait)).await?;
            }
            None => {
                if matches!(code, "READONLY" | "CLUSTERDOWN" | "MASTERDOWN") {
                    router.refresh_soon();
                }
                if !is_passing(code) || !router.resends() {
                    return Err(error.into());
                }
                attempts.again(router, &at.address, error.into(), Some(Wait)).await?;
            }
        }
    }
}

/// Sends MULTI, the commands and EXEC, after ASKING if that is needed: a
/// server keeps it in mind until the transaction ends.
async fn exec(
    at: &Arc<NodeClient>,
    link: &Link,
    transaction: &Pipeline,
    asking: bool,
) -> Result<RedisResult<Value>, Unanswered> {
    if !asking {
        return at.send_transaction(link, transaction).await;
    }
    let commands = transaction.commands();
    let mut pipeline = Pipeline::with_capacity(commands.len() + 3);
    pipeline.add_command(redis::cmd("ASKING")).add_command(redis::cmd("MULTI"));
    for cmd in commands {
        pipeline.add_command(Cmd::clone(cmd));
    }
    pipeline.add_command(redis::cmd("EXEC"));
    let mut replies = at.send_all(link, &pipeline).await?;
    let last = replies.pop().unwrap_or(Value::Nil);
    let first_error = replies.into_iter().find_map(|reply| match reply {
        Value::ServerError(error) => Some(error),
        _ => None,
    });
    Ok(match (first_error, last) {
        (Some(error), _) | (None, Value::ServerError(error)) => Err(error.into()),
        (None, value) => Ok(value),
    })
}

/// One of a pipeline's commands, as long as it has no reply.
struct Item {
    at: usize,
    cmd: Arc<Cmd>,
    node: Node,
    hint: Option<Hint>,
}

/// Reports whether a command of a cluster's pipeline runs after those before it and
/// before those after it: it has keys of several nodes, or looks for documents of all.
fn runs_alone(cmd: &Cmd) -> bool {
    has_several_slots(cmd) || search::is_query(cmd.arg_idx(0).unwrap_or_default())
}

/// Runs a pipeline and returns the reply to each command. Each node runs its
/// own commands in their order. A command without a key goes to the node of
/// the last one before it that has a key, or else of the first one after it; one
/// for several nodes is run after those before it and before those after it.
async fn pipeline(
    policy: Policy,
    servers: &Servers,
    batch: &Running,
    patience: Patience,
) -> Result<Vec<Reply>, Failure> {
    let commands = batch.pipeline.commands();
    let mut replies: Vec<Reply> = commands.iter().map(|_| Ok(Value::Nil)).collect();
    let mut items: Vec<Item> = Vec::with_capacity(commands.len());
    let mut of_key: Option<Node> = None;
    for (at, cmd) in commands.iter().enumerate() {
        let node = match &batch.node {
            Some(node) => node.clone(),
            None => match target_of(policy, servers, cmd) {
                Target::One(Node::Any | Node::AnyPrimary) => {
                    of_key.clone().unwrap_or(Node::AnyPrimary)
                }
                Target::One(node) if !runs_alone(cmd) => {
                    let node = node.primary();
                    if of_key.replace(node.clone()).is_none() {
                        items.iter_mut().for_each(|item| item.node = node.clone());
                    }
                    node
                }
                target => {
                    servers.tracer.sent_to_several();
                    run_items(servers, batch, std::mem::take(&mut items), &mut replies, patience)
                        .await?;
                    replies[at] =
                        fan_out::call_target(servers, policy, cmd, &target, patience).await;
                    continue;
                }
            },
        };
        items.push(Item { at, cmd: cmd.clone(), node, hint: None });
    }
    run_items(servers, batch, items, &mut replies, patience).await?;
    Ok(replies)
}

/// Returns where a command of a pipeline goes.
fn target_of(policy: Policy, servers: &Servers, cmd: &Cmd) -> Target {
    let target = Target::of(policy, Route::ByCommand, cmd);
    if servers.as_sent { target.with_single_reply(policy) } else { target }
}

/// A command that has no reply yet.
struct Again {
    item: Item,
    /// What it is answered with if it is not sent again.
    reply: Reply,
    from: Address,
    why: Why,
}

/// Why a command is sent again.
#[derive(Clone, Copy)]
enum Why {
    Redirected,
    /// There is no connection, or it was lost before.
    Lost,
    /// The connection was lost while it was in flight.
    Broke,
    /// The server refused it.
    Refused(Option<Wait>),
}

/// Runs commands, those of each node as one pipeline, until each has a reply.
async fn run_items(
    servers: &Servers,
    batch: &Running,
    mut items: Vec<Item>,
    replies: &mut [Reply],
    patience: Patience,
) -> Result<(), Failure> {
    let mut attempts = Attempts::new(servers, patience);
    while !items.is_empty() {
        let mut groups = by_node(servers, items).await?;
        note_nodes(servers, &groups, batch);
        let mut again: Vec<Again> = Vec::new();
        let mut settle = |Sent { done, left }: Sent| {
            done.into_iter().for_each(|(at, reply)| replies[at] = reply);
            again.extend(left);
        };
        if let [(node, false, items)] = &mut groups[..]
            && items.len() == batch.pipeline.len()
        {
            // All of them go to one node, as they are.
            let (items, pipeline) = (std::mem::take(items), &batch.pipeline);
            let part = Part { node, asking: false, pipeline, whole: batch.node.is_some() };
            settle(send(servers, batch.retries, part, items, patience).await?);
        } else {
            let mut sending = JoinSet::new();
            for (node, asking, items) in groups {
                let (servers, retries) = (servers.clone(), batch.retries);
                sending.spawn(async move {
                    let pipeline = &pipeline_of(&items, asking);
                    let whole = !servers.router.is_cluster();
                    let part = Part { node: &node, asking, pipeline, whole };
                    send(&servers, retries, part, items, patience).await
                });
            }
            while let Some(sent) = sending.join_next().await {
                settle(sent.map_err(|_| failure::panicked())??);
            }
        }
        again.sort_by_key(|again| again.item.at);
        let Some(first) = again.first() else { break };
        let failure = first.reply.as_ref().err().cloned().unwrap_or_else(failure::timeout);
        let router = &servers.router;
        let waits = again.iter().find(|again| matches!(again.why, Why::Refused(Some(_))));
        let going_on = match waits.unwrap_or(first).why {
            Why::Redirected => attempts.redirected(router, &first.from, failure).await,
            Why::Lost => attempts.lost(router, failure).await,
            Why::Broke => attempts.broke(router, failure).await,
            Why::Refused(wait) => attempts.again(router, &first.from, failure, wait).await,
        };
        items = Vec::new();
        match going_on {
            Ok(()) => items.extend(again.into_iter().map(|again| again.item)),
            // Nothing else is known of it.
            Err(failure) if batch.node.is_some() && again.len() == batch.pipeline.len() => {
                return Err(failure);
            }
            Err(Failure { timed_out, .. }) => {
                for Again { item, reply, .. } in again {
                    replies[item.at] = reply.map_err(|failure| Failure { timed_out, ..failure });
                }
            }
        }
    }
    Ok(())
}

/// Records where a pipeline goes. What goes on after another node has answered
/// some of it goes to several.
fn note_nodes(servers: &Servers, groups: &[(Arc<NodeClient>, bool, Vec<Item>)], batch: &Running) {
    let tracer = &servers.tracer;
    match groups {
        [(node, _, items)] if items.len() == batch.pipeline.len() => tracer.sent_to(node.number),
        [(node, ..)] if tracer.trace().node == node.number => {}
        _ => tracer.sent_to_several(),
    }
}

/// Returns the commands of each node, in their order.
async fn by_node(
    servers: &Servers,
    items: Vec<Item>,
) -> Result<Vec<(Arc<NodeClient>, bool, Vec<Item>)>, Failure> {
    let mut groups: Vec<(Arc<NodeClient>, bool, Vec<Item>)> = Vec::new();
    // A node that is chosen at random is the same one for all.
    let mut chosen: Vec<(Node, Arc<NodeClient>)> = Vec::new();
    for mut item in items {
        let (node, asking) = match item.hint.take() {
            Some(hint) => hint,
            None => match chosen.iter().find(|(node, _)| *node == item.node) {
                Some((_, node)) => (node.clone(), false),
                None => {
                    let node = find(&servers.router, &item.node).await?;
                    chosen.push((item.node.clone(), node.clone()));
                    (node, false)
                }
            },
        };
        match groups.iter_mut().find(|(n, a, _)| Arc::ptr_eq(n, &node) && *a == asking) {
            Some((_, _, items)) => items.push(item),
            None => groups.push((node, asking, vec![item])),
        }
    }
    Ok(groups)
}

/// What became of some commands that were sent to one node.
#[derive(Default)]
struct Sent {
    done: Vec<(usize, Reply)>,
    left: Vec<Again>,
}

fn pipeline_of(items: &[Item], asking: bool) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(items.len() * (1 + usize::from(asking)));
    for item in items {
        if asking {
            pipeline.add_command(redis::cmd("ASKING"));
        }
        pipeline.add_command(Cmd::clone(&item.cmd));
    }
    pipeline
}

/// Commands for one node, as they are sent to it.
struct Part<'a> {
    node: &'a Arc<NodeClient>,
    asking: bool,
    pipeline: &'a Pipeline,
    /// Whether a node that cannot be reached is the failure of all of the
    /// batch: no other node may have run some of it.
    whole: bool,
}

async fn send(
    servers: &Servers,
    retries: Retries,
    part: Part<'_>,
    items: Vec<Item>,
    patience: Patience,
) -> Result<Sent, Failure> {
    let Part { node, asking, pipeline, whole } = part;
    let router = &servers.router;
    let mut sent = Sent::default();
    let link = match acquire(router, &items[0].node, node, asking, patience).await {
        Ok(link) => link,
        Err(failure) if !whole => {
            sent.done.extend(items.into_iter().map(|item| (item.at, Err(failure.clone()))));
            return Ok(sent);
        }
        Err(failure) => return Err(failure),
    };
    let result = match &link {
        None => Err(Unanswered::Unsent(failure::lost())),
        Some(link) => answered(node, link, node.send_all(link, pipeline)).await,
    };
    let again = |item: Item, failure: Failure, why: Why| Again {
        item,
        reply: Err(failure),
        from: node.address.clone(),
        why,
    };
    match (result, link) {
        (Ok(replies), Some(link)) => {
            let replies = match asking {
                true => replies.into_iter().skip(1).step_by(2).collect(),
                false => replies,
            };
            return Ok(settled(router, node, &link, retries, items, replies));
        }
        (Ok(_), None) => return Err(failure::panicked()),
        (Err(Unanswered::Unsent(failure)), _) => {
            sent.left.extend(items.into_iter().map(|item| again(item, failure.clone(), Why::Lost)));
        }
        (Err(Unanswered::MayHaveRun(failure)), _) => {
            let resent = |cmd: &Cmd| retries.connection_errors || may_repeat(router, cmd);
            if whole && !items.iter().all(|item| resent(&item.cmd)) {
                return Err(failure);
            }
            for item in items {
                match resent(&item.cmd) {
                    true => sent.left.push(again(item, failure.clone(), Why::Broke)),
                    false => sent.done.push((item.at, Err(failure.clone()))),
                }
            }
        }
    }
    Ok(sent)
}

/// Sorts commands by what they were answered with. One that a server refused
/// for now is left, and with it what was read after it, so that they are run in
/// their order. It is not if something was written after it: then it would be
/// run after that, which is for the caller to ask for.
fn settled(
    router: &Router,
    node: &Arc<NodeClient>,
    link: &Link,
    retries: Retries,
    items: Vec<Item>,
    replies: Vec<Value>,
) -> Sent {
    let mut sent = Sent::default();
    if !replies.iter().any(|reply| matches!(reply, Value::ServerError(_))) {
        let replies = items.into_iter().zip(replies);
        sent.done = replies.map(|(item, reply)| (item.at, Ok(reply))).collect();
        return sent;
    }
    for (item, reply) in items.into_iter().zip(replies) {
        let (mut item, reply, why) = settle(router, node, link, retries, item, reply);
        let why = match why {
            Some(why) => why,
            None if may_repeat(router, &item.cmd) => {
                match sent.left.iter().any(Again::is_refused) && !retries.server_errors {
                    true => Why::Refused(None),
                    false => {
                        sent.done.push((item.at, reply));
                        continue;
                    }
                }
            }
            None => {
                sent.done.push((item.at, reply));
                if !retries.server_errors {
                    let overtaken = sent.left.extract_if(.., |again| again.is_refused());
                    sent.done.extend(overtaken.map(|again| (again.item.at, again.reply)));
                }
                continue;
            }
        };
        if !matches!(why, Why::Redirected) {
            item.hint = None;
        }
        sent.left.push(Again { item, reply, from: node.address.clone(), why });
    }
    sent
}

impl Again {
    fn is_refused(&self) -> bool {
        matches!(self.why, Why::Refused(_))
    }
}

/// Returns what became of a command: its reply, and why it is sent again if it is.
fn settle(
    router: &Router,
    node: &Arc<NodeClient>,
    link: &Link,
    retries: Retries,
    mut item: Item,
    reply: Value,
) -> (Item, Reply, Option<Why>) {
    let Value::ServerError(error) = reply else { return (item, Ok(reply), None) };
    let error = RedisError::from(error);
    let verdict = match retries.server_errors {
        true => judged(router, &item.cmd, node, link, error),
        false => refused(router, &item.cmd, node, link, error),
    };
    match verdict {
        Verdict::Redirected(failure, hint) => {
            item.hint = Some(hint);
            (item, Err(failure), Some(Why::Redirected))
        }
        Verdict::Again(failure, wait) => (item, Err(failure), Some(Why::Refused(wait))),
        Verdict::Final(failure) => (item, Err(failure), None),
    }
}

//! A dedicated connection, which one caller at a time uses.
//!
//! It is closed the moment it is dropped, even if it waits for a reply: otherwise a
//! blocking command that was given up would take an element with it. It
//! does not connect again by itself, so what was watched or selected is there
//! as long as the connection is.

use crate::{
    abi::Outcome,
    core::{
        connect::{Connector, Single},
        login::Login,
        pulse::Pulse,
    },
    event_loop::Engine,
    wire::{
        address::Address,
        failure::{CLOSED, Failure},
    },
};
use redis::{Cmd, ErrorKind, Pipeline, RedisError, Value};
use std::sync::{Arc, atomic::Ordering};
use tokio::task::yield_now;

pub struct Connection {
    single: Single,
    /// By which the server knows the connection, if it was asked.
    id: Option<i64>,
    /// How many signs of life there were when it was used last.
    beats: u32,
    engine: &'static Engine,
}

impl Connection {
    /// Connects and authenticates, within the connection timeout.
    pub async fn open(
        engine: &'static Engine,
        connector: &Connector,
        address: &Address,
    ) -> Result<Connection, Failure> {
        let single = connector.dedicated(address).await?;
        engine.connections.fetch_add(1, Ordering::Relaxed);
        Ok(Connection { single, id: None, beats: 0, engine })
    }

    pub fn login(&self) -> &Arc<Login> {
        &self.single.login
    }

    pub fn engine(&self) -> &'static Engine {
        self.engine
    }

    pub fn pulse(&self) -> &Arc<Pulse> {
        &self.single.pulse
    }

    pub fn id(&self) -> Option<i64> {
        self.id
    }

    /// Asks for the id by which the server knows the connection, once.
    pub async fn learn_id(&mut self) -> Result<(), Failure> {
        if self.id.is_none() {
            let mut question = redis::cmd("CLIENT");
            question.arg("ID");
            self.id = match self.send(&question).await? {
                Value::Int(id) => Some(id),
                _ => None,
            };
        }
        Ok(())
    }

    /// Records that the connection is idle from now on.
    pub fn rest(&mut self) {
        self.beats = self.single.pulse.beats();
    }

    /// Reports whether it can be used after a rest: the server has not closed
    /// it, nor sent anything unasked.
    pub async fn is_usable(&self) -> bool {
        // What has arrived is read first.
        yield_now().await;
        let pulse = &self.single.pulse;
        pulse.end().is_none() && pulse.beats() == self.beats
    }

    /// Sends a command and returns its reply; an error reply is a failure.
    pub async fn send(&mut self, cmd: &Cmd) -> Result<Value, Failure> {
        self.single.connection.send_packed_command(cmd).await.map_err(unanswered)
    }

    /// Sends commands at once and returns their replies; those of a transaction
    /// are one.
    pub async fn send_all(&mut self, pipeline: &Pipeline) -> Result<Vec<Value>, Failure> {
        let commands = pipeline.commands().len();
        let (skipped, wanted) = match pipeline.is_atomic() {
            true => (commands + 1, 1),
            false if commands == 0 => return Ok(Vec::new()),
            false => (0, commands),
        };
        let sending = self.single.connection.send_packed_commands(pipeline, skipped, wanted);
        sending.await.map_err(unanswered)
    }
}

/// Says why there is no reply. Nothing was sent on a connection whose task had
/// ended before.
fn unanswered(error: RedisError) -> Failure {
    match error.kind() {
        ErrorKind::FatalSendError => Failure::new(Outcome::Unreachable, CLOSED),
        _ => error.into(),
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.engine.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

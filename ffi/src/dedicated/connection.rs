//! A dedicated connection, which one caller at a time uses.
//!
//! It is the core's plain connection, not its multiplexed one: it has no task,
//! and is closed the moment it is dropped, whatever it waits for. Otherwise a
//! blocking command that nobody waits for would take an element with it. It
//! does not connect again by itself, so what was watched or selected is there
//! as long as the connection is.

use crate::{
    core::{connect::Connector, login::Login, pulse::Pulse},
    event_loop::Engine,
    reply::Failure,
    routing::address::Address,
};
use redis::{Cmd, Pipeline, RedisResult, Value, aio::ConnectionLike};
use std::{
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, Waker},
};

pub struct Connection {
    // The core deprecates it in favour of the multiplexed one, for whose
    // purposes it is none.
    #[allow(deprecated)]
    link: redis::aio::Connection,
    login: Arc<Login>,
    pulse: Arc<Pulse>,
    /// By which the server knows the connection, if it was asked.
    id: Option<i64>,
    engine: &'static Engine,
}

impl Connection {
    /// Connects and authenticates, within the connection timeout.
    pub async fn open(
        engine: &'static Engine,
        connector: &Connector,
        address: &Address,
    ) -> Result<Connection, Failure> {
        let (link, login, pulse) = connector.dedicated(address).await?;
        engine.connections.fetch_add(1, Ordering::Relaxed);
        Ok(Connection { link, login, pulse, id: None, engine })
    }

    pub fn login(&self) -> &Arc<Login> {
        &self.login
    }

    pub fn engine(&self) -> &'static Engine {
        self.engine
    }

    pub fn pulse(&self) -> &Arc<Pulse> {
        &self.pulse
    }

    pub fn id(&self) -> Option<i64> {
        self.id
    }

    /// Asks for the id by which the server knows the connection, once.
    pub async fn learn_id(&mut self) -> RedisResult<()> {
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

    /// Whether it can be used: the server has not closed it, nor sent what
    /// nobody asked for. It looks, and does not wait.
    pub fn is_idle(&mut self) -> bool {
        let nothing = Pipeline::new();
        let mut reply = self.link.req_packed_commands(&nothing, 0, 1, None);
        let mut context = Context::from_waker(Waker::noop());
        matches!(reply.as_mut().poll(&mut context), Poll::Pending)
    }

    pub async fn send(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        self.link.req_packed_command(cmd).await
    }

    /// Sends commands at once and gives their replies; those of a transaction
    /// are one.
    pub async fn send_all(&mut self, pipeline: &Pipeline) -> RedisResult<Vec<Value>> {
        let commands = pipeline.commands().len();
        let (skipped, wanted) = match pipeline.is_atomic() {
            true => (commands + 1, 1),
            false => (0, commands),
        };
        self.link.req_packed_commands(pipeline, skipped, wanted, None).await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.engine.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

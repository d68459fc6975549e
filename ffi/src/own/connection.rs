//! A connection that one caller at a time uses.
//!
//! It is the core's plain connection, not its multiplexed one. The plain one
//! is closed the moment it is dropped, whatever it waits for: a multiplexed
//! one stays open until the server has answered all that was sent, and a
//! blocking command that nobody waits for would take an element with it.
//! Neither connects again by itself, so what was watched or selected is there
//! as long as the connection is.

use crate::{
    event_loop::Engine,
    failure, iam,
    preflight::{connection_address, tls_params},
    reply::Failure,
    route::node_address,
    status::Outcome,
};
use glide_core::{
    ConnectionRequest,
    client::get_valkey_connection_info,
};
use redis::{
    Cmd, ConnectionInfo, Pipeline, RedisConnectionInfo, RedisResult, Value, aio::ConnectionLike,
};
use std::{
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};
use tokio::time::timeout;

pub struct Connection {
    // The core deprecates it in favour of the multiplexed one, for whose
    // purposes it is none.
    #[allow(deprecated)]
    link: redis::aio::Connection,
    login: Arc<Login>,
    engine: &'static Engine,
}

/// What connections are logged in with: the same as the client's others.
pub struct Login {
    request: Arc<ConnectionRequest>,
    info: RedisConnectionInfo,
    database: u32,
    made: Instant,
}

impl Login {
    /// What is right by now.
    pub async fn new(request: Arc<ConnectionRequest>, database: u32) -> Result<Self, Failure> {
        let tokens = iam::tokens(&request).await?;
        let info = RedisConnectionInfo {
            db: database.into(),
            // Nothing that is read here is kept on the client's side.
            cache: None,
            server_assisted_cache: false,
            ..get_valkey_connection_info(&request, tokens.as_ref()).await
        };
        Ok(Login { request, info, database, made: Instant::now() })
    }

    /// Whether it still is. A token is good for a quarter of an hour.
    pub fn holds(&self, request: &Arc<ConnectionRequest>, database: u32) -> bool {
        const TOKEN_TIME: Duration = Duration::from_secs(10 * 60);
        let by_token = request.authentication_info.as_ref().is_some_and(|l| l.iam_config.is_some());
        Arc::ptr_eq(&self.request, request)
            && self.database == database
            && !(by_token && self.made.elapsed() > TOKEN_TIME)
    }
}

impl Connection {
    /// Connects and logs in, within the connection timeout.
    pub async fn open(
        engine: &'static Engine,
        address: &str,
        login: Arc<Login>,
    ) -> Result<Connection, Failure> {
        let unreachable =
            |text: &str| Failure::new(Outcome::Unreachable, format!("{address}: {text}"));
        let place = node_address(address).ok_or_else(|| unreachable("no address"))?;
        let request = &login.request;
        let info = ConnectionInfo {
            addr: connection_address(&place, request.tls_mode, &tls_params(request)?),
            redis: login.info.clone(),
        };
        let opening = async {
            #[allow(deprecated)] // see above
            redis::Client::open(info)?.get_async_connection(None).await
        };
        match timeout(request.get_connection_timeout(), opening).await {
            Ok(Ok(link)) => {
                engine.connections.fetch_add(1, Ordering::Relaxed);
                Ok(Connection { link, login, engine })
            }
            Ok(Err(error)) => {
                let text = error.to_string();
                let outcome = failure::of_connecting(&text).unwrap_or(Outcome::Unreachable);
                Err(Failure::new(outcome, format!("{address}: {text}")))
            }
            Err(_) => Err(unreachable("timed out")),
        }
    }

    pub fn login(&self) -> &Arc<Login> {
        &self.login
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

//! How a client's connections are made: the one place that turns its settings
//! into a connection, whether many share it or one caller has it.

use super::{
    cache::{Cache, tracked},
    closable::{Closer, closable},
    login::{Login, Logins, wipe},
    program::Program,
    pulse::{self, Pulse},
    reach::Reach,
    refusal,
    reply_stream::{Heaviness, ReplyStream},
    settings::Settings,
    stream,
    task::ConnectionTask,
    tls::{self, Tls},
};
use crate::{
    abi::Outcome,
    core::secrets::Request,
    defects::refusals,
    event_loop::{Engine, observer::Observer, stream::Stream},
    wire::{self, address::Address, failure::Failure},
};
use glide_core::{ConnectionRequest, client::NodeAddress};
use redis::{
    ConnectionAddr, ConnectionInfo, GlideConnectionOptions, PushInfo, RedisConnectionInfo,
    RetryStrategy,
    aio::{DisconnectNotifier, MultiplexedConnection},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::mpsc::UnboundedSender, time::timeout};

impl From<&NodeAddress> for Address {
    fn from(node: &NodeAddress) -> Self {
        Address::new(&node.host, node.port)
    }
}

/// Makes a client's connections.
pub struct Connector {
    pub settings: Arc<Settings>,
    pub logins: Logins,
    /// How connections are encrypted, if they are; or why that is not known.
    tls: Result<Option<Tls>, Failure>,
    reach: Reach,
    /// What commands that only read are answered from.
    cache: Option<Arc<Cache>>,
    observer: Arc<Observer>,
}

impl Connector {
    pub fn new(engine: &'static Engine, settings: Arc<Settings>, observer: Arc<Observer>) -> Self {
        let cache = settings.cache();
        // What cannot be read opens no connection: see `open_at`.
        let (mut message, unreadable) = match settings.message() {
            Ok(message) => (message, None),
            Err(failure) => (wire::ConnectionRequest::default(), Some(failure)),
        };
        let program = Program::of(engine, &message);
        let tls = match (unreadable, settings.checked()) {
            (Some(failure), _) | (None, Err(failure)) => Err(failure),
            (None, Ok(request)) => Ok(Tls::of(&request, message.tls.take().unwrap_or_default())),
        };
        let reach = Reach::of(&message, program);
        let logins = Logins::new(settings.clone(), message.asks_for_credentials.then_some(program));
        Connector { settings, logins, tls, reach, cache, observer }
    }

    pub fn cache(&self) -> Option<&Arc<Cache>> {
        self.cache.as_ref()
    }

    pub fn request(&self) -> Arc<Request> {
        self.settings.request()
    }

    /// Makes a connection that many requests share, within the connection
    /// timeout. It is closed when its task is ended or dropped. On one that has pushes nothing is read into the client's
    /// cache.
    pub async fn multiplexed(
        &self,
        address: &Address,
        discover_zone: bool,
        notifier: Box<dyn DisconnectNotifier>,
        pushes: Option<UnboundedSender<PushInfo>>,
    ) -> Result<(MultiplexedConnection, ConnectionTask, Arc<Pulse>), Failure> {
        let (request, configured) = (self.settings.checked()?, self.logins.configured().await?);
        let cache = self.cache.as_ref().filter(|_| pushes.is_none());
        let opening = async {
            let (stream, login) = self.open(&request, configured, address).await?;
            let info = match cache {
                None => login.info(),
                Some(cache) => with_cache(login.info(), cache),
            };
            drop(login);
            let options = GlideConnectionOptions {
                discover_az: discover_zone,
                disconnect_notifier: Some(notifier),
                push_sender: pushes,
                ..GlideConnectionOptions::default()
            };
            let made = self.set_up(&request, address, stream, info, options).await?;
            let task = match cache.filter(|cache| cache.tracks()) {
                Some(cache) => {
                    let task = tracked(cache.clone(), made.task);
                    ConnectionTask::spawn_reading(task, made.heaviness)
                }
                None => ConnectionTask::spawn_reading(made.task, made.heaviness),
            };
            Ok((made.connection, task, made.pulse))
        };
        within_connection_timeout(&request, address, opening).await
    }

    /// Makes a dedicated connection, within the connection
    /// timeout. Nothing that is read there is kept in the client's cache.
    pub async fn dedicated(&self, address: &Address) -> Result<Single, Failure> {
        let (request, configured) = (self.settings.checked()?, self.logins.configured().await?);
        let opening = async {
            let (stream, login) = self.open(&request, configured, address).await?;
            let (stream, closer) = closable(stream);
            let (info, login) = (login.info(), self.logins.to_keep(&login));
            let options = GlideConnectionOptions::default();
            let made = self.set_up(&request, address, stream, info, options).await?;
            Ok(Single {
                connection: made.connection,
                login,
                pulse: made.pulse,
                _closer: closer,
                _task: ConnectionTask::spawn_reading(made.task, made.heaviness),
            })
        };
        within_connection_timeout(&request, address, opening).await
    }

    /// Opens a socket to a server, and returns what to authenticate with there.
    /// A function is only asked for that once a server can be reached.
    async fn open(
        &self,
        request: &ConnectionRequest,
        configured: Option<Arc<Login>>,
        address: &Address,
    ) -> Result<(Stream, Arc<Login>), Failure> {
        let stream = self.open_socket(request, address).await?;
        let login = match configured {
            Some(login) => login,
            None => self.logins.supplied(question_time(request)).await.map_err(|failure| {
                Failure { message: format!("{address}: {}", failure.message), ..failure }
            })?,
        };
        Ok((stream, login))
    }

    /// Opens a socket to a server, wherever its address leads.
    async fn open_socket(
        &self,
        request: &ConnectionRequest,
        address: &Address,
    ) -> Result<Stream, Failure> {
        let reached = self.reach.address(address, question_time(request)).await?;
        let opened = self.open_at(request, &reached).await;
        opened.map_err(|error| match reached == *address {
            true => error,
            false => Failure { message: format!("{address}: {}", error.message), ..error },
        })
    }

    async fn open_at(
        &self,
        request: &ConnectionRequest,
        address: &Address,
    ) -> Result<Stream, Failure> {
        let open = |encrypted| stream::open(address, request.tcp_nodelay, encrypted);
        let Some(tls) = self.tls.as_ref().map_err(Failure::clone)? else {
            return open(None).await.map_err(|error| refusal::unopened(request, address, &error));
        };
        if address.path().is_some() {
            let text = format!("{address}: there is no TLS for Unix sockets");
            return Err(Failure::new(Outcome::Configuration, text));
        }
        let config = tls.config().await?;
        let mut opened = open(Some(tls.encrypted(config.clone(), &address.host)?)).await;
        if opened.as_ref().is_err_and(tls::is_refused_certificate)
            && let Some(config) = tls.with_new_roots(&config).await?
        {
            opened = open(Some(tls.encrypted(config, &address.host)?)).await;
        }
        opened.map_err(|error| refusal::unopened(request, address, &error))
    }
}

impl Connector {
    /// Authenticates and introduces a connection on a stream.
    async fn set_up(
        &self,
        request: &ConnectionRequest,
        address: &Address,
        stream: Stream,
        login: RedisConnectionInfo,
        options: GlideConnectionOptions,
    ) -> Result<Made<impl Future<Output = ()> + Send + use<>>, Failure> {
        let (stream, listener) = refusals::listen(stream);
        let (stream, pulse) = pulse::watched(stream, self.observer.counters.clone());
        let (stream, heaviness) = ReplyStream::above(stream);
        let addr = ConnectionAddr::Tcp(address.host.clone(), address.port);
        let mut info = ConnectionInfo { addr, redis: login };
        let made = MultiplexedConnection::new(&info, stream, options).await;
        wipe(&mut info.redis);
        let (mut connection, task) =
            made.map_err(|error| refusal::refused(request, address, error, &listener))?;
        // It has no more use for the password.
        connection.update_connection_password(None).await?;
        Ok(Made { connection, task, pulse, heaviness })
    }
}

/// A connection that one caller uses. It is closed when this is
/// dropped, even if requests are in flight on it.
pub struct Single {
    pub connection: MultiplexedConnection,
    /// What it was made with.
    pub login: Arc<Login>,
    pub pulse: Arc<Pulse>,
    _closer: Closer,
    _task: ConnectionTask,
}

/// A connection that is set up, and the task that is to read and write it.
struct Made<T> {
    connection: MultiplexedConnection,
    task: T,
    pulse: Arc<Pulse>,
    heaviness: Arc<Heaviness>,
}

/// Returns how a connection introduces itself that reads through a cache.
fn with_cache(info: RedisConnectionInfo, cache: &Arc<Cache>) -> RedisConnectionInfo {
    RedisConnectionInfo {
        cache: Some(cache.clone()),
        server_assisted_cache: cache.tracks(),
        ..info
    }
}

/// How long the program may take to answer a question: somewhat less than the
/// connection may take, so that what is told is what took so long.
fn question_time(request: &ConnectionRequest) -> Duration {
    const MARGIN: Duration = Duration::from_millis(100);
    let timeout = request.get_connection_timeout();
    timeout - MARGIN.min(timeout / 8)
}

async fn within_connection_timeout<T>(
    request: &ConnectionRequest,
    address: &Address,
    opening: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    match timeout(request.get_connection_timeout(), opening).await {
        Ok(opened) => opened,
        Err(_) => Err(refusal::silent(request, address)),
    }
}

/// How long to wait before the next try to connect, try after try.
pub fn retry_strategy(request: &ConnectionRequest) -> RetryStrategy {
    request.connection_retry_strategy.map_or_else(RetryStrategy::default, |strategy| {
        RetryStrategy::new(
            strategy.exponent_base,
            strategy.factor,
            strategy.number_of_retries,
            strategy.jitter_percent,
        )
    })
}

/// Reports whether another try to connect would only meet the same failure.
pub fn is_final(failure: &Failure) -> bool {
    failure.lasting
        || matches!(
            failure.outcome,
            Outcome::Authentication | Outcome::Configuration | Outcome::Certificate
        )
}

/// How often connecting is tried again for a client that has never been
/// connected; at least once.
pub fn retries(request: &ConnectionRequest) -> u32 {
    const DEFAULT: u32 = 5;
    request.connection_retry_strategy.map_or(DEFAULT, |strategy| strategy.number_of_retries).max(1)
}

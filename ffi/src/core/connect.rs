//! How a client's connections are made: the one place that turns its settings
//! into a connection, whether many share it or one caller has it.

use super::{
    login::{Login, Logins, wipe},
    program::Program,
    pulse::{self, Pulse},
    reach::Reach,
    settings::Settings,
    stream::{self, Stream},
    task::ConnectionTask,
    tls::{self, Tls},
};
use crate::{
    event_loop::Engine,
    failure,
    reply::Failure,
    routing::address::Address,
    status::Outcome,
};
use glide_core::{
    ConnectionRequest,
    client::{NodeAddress, TlsMode},
};
use redis::{
    ConnectionAddr, ConnectionInfo, ErrorKind, GlideConnectionOptions, PushInfo,
    RedisConnectionInfo, RedisError, RetryStrategy,
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
    /// How connections are encrypted, if they are.
    tls: Option<Tls>,
    reach: Reach,
}

impl Connector {
    pub fn new(engine: &'static Engine, settings: Arc<Settings>) -> Self {
        let mut message = settings.message();
        let program = Program::of(engine, &message);
        let tls = Tls::of(&settings.request(), message.tls.take().unwrap_or_default());
        let reach = Reach::of(&message, program);
        let logins =
            Logins::new(settings.clone(), message.asks_for_credentials.then_some(program));
        Connector { settings, logins, tls, reach }
    }

    pub fn request(&self) -> Arc<ConnectionRequest> {
        self.settings.request()
    }

    /// Makes a connection that many requests share, within the connection
    /// timeout. It is closed when its task is
    /// ended or dropped. On one that has pushes nothing is read into the client's
    /// cache.
    pub async fn multiplexed(
        &self,
        address: &Address,
        discover_zone: bool,
        notifier: Box<dyn DisconnectNotifier>,
        pushes: Option<UnboundedSender<PushInfo>>,
    ) -> Result<(MultiplexedConnection, ConnectionTask, Arc<Pulse>), Failure> {
        let (request, configured) = (self.request(), self.logins.configured().await?);
        let opening = async {
            let (stream, login) = self.open(&request, configured, address).await?;
            let (stream, pulse) = pulse::watched(stream);
            let mut info = ConnectionInfo {
                addr: ConnectionAddr::Tcp(address.host.clone(), address.port),
                redis: match pushes {
                    None => login.info(),
                    Some(_) => without_cache(login.info()),
                },
            };
            drop(login);
            let options = GlideConnectionOptions {
                discover_az: discover_zone,
                disconnect_notifier: Some(notifier),
                push_sender: pushes,
                ..GlideConnectionOptions::default()
            };
            let made = MultiplexedConnection::new(&info, stream, options).await;
            wipe(&mut info.redis);
            let (mut connection, task) =
                made.map_err(|error| failed(&request, address, error))?;
            // It has no more use for the password.
            connection.update_connection_password(None).await?;
            Ok((connection, ConnectionTask::spawn(task), pulse))
        };
        within_connection_timeout(&request, address, opening).await
    }

    /// Makes a connection that one caller has for itself, and returns the login
    /// that it was made with. Nothing that is read there is kept in the client's
    /// cache.
    #[allow(deprecated)] // see dedicated/connection.rs
    pub async fn dedicated(
        &self,
        address: &Address,
    ) -> Result<(redis::aio::Connection, Arc<Login>, Arc<Pulse>), Failure> {
        let (request, configured) = (self.request(), self.logins.configured().await?);
        let opening = async {
            let (stream, login) = self.open(&request, configured, address).await?;
            let (stream, pulse) = pulse::watched(stream);
            let mut info = without_cache(login.info());
            let login = self.logins.to_keep(&login);
            let made = redis::aio::Connection::new(&info, stream).await;
            wipe(&mut info);
            Ok((made.map_err(|error| failed(&request, address, error))?, login, pulse))
        };
        within_connection_timeout(&request, address, opening).await
    }

    /// Opens a socket to a server, and returns what to authenticate with there.
    /// A function is only asked for that when there is somebody to tell.
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
        let Some(tls) = &self.tls else {
            return open(None).await.map_err(|error| failed(request, address, error.into()));
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
        opened.map_err(|error| failed(request, address, error.into()))
    }
}

fn without_cache(info: RedisConnectionInfo) -> RedisConnectionInfo {
    RedisConnectionInfo { cache: None, server_assisted_cache: false, ..info }
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
        Err(_) => Err(silent(request, address)),
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
    matches!(
        failure.outcome,
        Outcome::Authentication | Outcome::Configuration | Outcome::Certificate
    )
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encryption {
    None,
    OneSided,
    /// The client shows a certificate, too.
    Mutual,
}

impl Encryption {
    fn of(request: &ConnectionRequest) -> Self {
        if request.tls_mode == Some(TlsMode::NoTls) {
            Encryption::None
        } else if request.client_cert.is_empty() && request.client_cert_path.is_none() {
            Encryption::OneSided
        } else {
            Encryption::Mutual
        }
    }
}

/// Says that a server did not answer in time.
pub fn silent(request: &ConnectionRequest, address: &Address) -> Failure {
    let hint = match Encryption::of(request) {
        Encryption::None => "",
        _ => " (does it speak TLS?)",
    };
    Failure::new(Outcome::Unreachable, format!("{address}: timed out{hint}"))
}

/// Says why a connection could not be made, and what may be the cause.
fn failed(request: &ConnectionRequest, address: &Address, error: RedisError) -> Failure {
    let text = error.to_string();
    let known = failure::of_connecting(&text);
    // What a server says of RESP's versions reads much the same.
    let encrypted = Encryption::of(request) != Encryption::None && known.is_none();
    if encrypted && (text.contains("ProtocolVersion") || text.contains("protocol version")) {
        let text = format!("{address}: the server does not speak a version of TLS that TLS.MinVersion allows");
        return Failure::new(Outcome::Configuration, text);
    }
    let outcome = known.unwrap_or(match error.kind() {
        ErrorKind::InvalidClientConfig | ErrorKind::RESP3NotSupported => Outcome::Configuration,
        _ => Outcome::Unreachable,
    });
    let closed = error.is_connection_dropped() || text.contains("terminated");
    let hint = match Encryption::of(request) {
        _ if outcome == Outcome::Certificate => failure::wrong_certificate(&text),
        Encryption::None if closed => " (does it expect TLS?)",
        Encryption::OneSided | Encryption::Mutual if text.contains("InvalidContentType") => {
            " (does it speak TLS?)"
        }
        // With TLS 1.3 a server refuses the client's certificate, or the lack
        // of one, when the client already takes the connection for made.
        Encryption::OneSided if closed || text.contains("alert") => {
            " (does it expect a client certificate?)"
        }
        Encryption::Mutual if closed || text.contains("alert") => {
            " (does it accept the client certificate?)"
        }
        _ => "",
    };
    Failure::new(outcome, format!("{address}: {text}{hint}"))
}

/// How often connecting is tried again for a client that has never been
/// connected; at least once.
pub fn retries(request: &ConnectionRequest) -> u32 {
    const DEFAULT: u32 = 5;
    request.connection_retry_strategy.map_or(DEFAULT, |strategy| strategy.number_of_retries).max(1)
}

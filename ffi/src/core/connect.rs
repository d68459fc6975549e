//! How a client's connections are made: the one place that turns its settings
//! into a connection, whether many share it or one caller has it.

use super::settings::Settings;
use crate::{
    defects::iam,
    failure,
    reply::Failure,
    routing::address::Address,
    status::Outcome,
};
use glide_core::{
    ConnectionRequest,
    client::{NodeAddress, TlsMode, get_valkey_connection_info},
    tls_reload::CertReloadManager,
};
use redis::{
    ClientTlsConfig, ConnectionAddr, ConnectionInfo, ErrorKind, GlideConnectionOptions,
    RedisConnectionInfo, RedisError, RedisResult, RetryStrategy, TlsCertificates, TlsConnParams,
    aio::{DisconnectNotifier, MultiplexedConnection},
    retrieve_tls_certificates,
};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{sync::OnceCell, time::timeout};

impl From<&NodeAddress> for Address {
    fn from(node: &NodeAddress) -> Self {
        Address::new(&node.host, node.port)
    }
}

/// Makes a client's connections.
pub struct Connector {
    pub settings: Arc<Settings>,
    /// What connections authenticate with, as long as it is valid.
    login: Mutex<Option<Arc<Login>>>,
    /// The certificates that connections show and trust, from when one is made.
    certificates: OnceCell<Certificates>,
}

/// The certificates of a client, as the core keeps them.
enum Certificates {
    None,
    Fixed(TlsConnParams),
    /// Those of the client are in files.
    Files(CertReloadManager),
}

/// What connections authenticate with, and how they introduce themselves.
pub struct Login {
    pub request: Arc<ConnectionRequest>,
    info: RedisConnectionInfo,
    made: Instant,
}

impl Login {
    pub async fn new(request: Arc<ConnectionRequest>) -> Result<Self, Failure> {
        let tokens = iam::tokens(&request).await?;
        let info = get_valkey_connection_info(&request, tokens.as_ref()).await;
        Ok(Login { request, info, made: Instant::now() })
    }

    /// Returns the username and the password or token.
    pub fn credentials(&self) -> (Option<String>, Option<String>) {
        (self.info.username.clone(), self.info.password.clone())
    }

    /// Reports whether it is what connections are to be made with now. A token
    /// is used for as long as the configuration says.
    fn is_current(&self, request: &Arc<ConnectionRequest>) -> bool {
        const TOKEN_SECONDS: u32 = 300;
        let iam = request.authentication_info.as_ref().and_then(|l| l.iam_config.as_ref());
        let age = |seconds: u32| self.made.elapsed() < Duration::from_secs(seconds.into());
        Arc::ptr_eq(&self.request, request)
            && iam.is_none_or(|iam| age(iam.refresh_interval_seconds.unwrap_or(TOKEN_SECONDS)))
    }
}

impl Connector {
    pub fn new(settings: Arc<Settings>) -> Self {
        Connector { settings, login: Mutex::default(), certificates: OnceCell::new() }
    }

    pub fn request(&self) -> Arc<ConnectionRequest> {
        self.settings.request()
    }

    /// Returns what a connection that is made now authenticates with.
    pub async fn login(&self) -> Result<Arc<Login>, Failure> {
        let request = self.request();
        let known = self.login.lock().unwrap_or_else(|e| e.into_inner()).clone();
        if let Some(known) = known.filter(|known| known.is_current(&request)) {
            return Ok(known);
        }
        let login = Arc::new(Login::new(request).await?);
        self.keep(login.clone());
        Ok(login)
    }

    /// Makes anew what connections authenticate with.
    pub async fn renewed(&self) -> Result<Arc<Login>, Failure> {
        Ok(Arc::new(Login::new(self.request()).await?))
    }

    /// Has connections authenticate with this from now on.
    pub fn keep(&self, login: Arc<Login>) {
        *self.login.lock().unwrap_or_else(|e| e.into_inner()) = Some(login);
    }

    /// Makes a connection that many requests share, within the connection
    /// timeout.
    pub async fn multiplexed(
        &self,
        address: &Address,
        discover_zone: bool,
        notifier: Box<dyn DisconnectNotifier>,
    ) -> Result<MultiplexedConnection, Failure> {
        let login = self.login().await?;
        let opening = async {
            let info = login.connection_info(address, true, self.tls_params(&login.request).await?);
            let options = GlideConnectionOptions {
                discover_az: discover_zone,
                tcp_nodelay: login.request.tcp_nodelay,
                disconnect_notifier: Some(notifier),
                ..GlideConnectionOptions::default()
            };
            let client = redis::Client::open(info).map_err(|e| failed(&login.request, address, e))?;
            let connecting = client.get_multiplexed_async_connection(options);
            connecting.await.map_err(|e| failed(&login.request, address, e))
        };
        within_connection_timeout(&login.request, address, opening).await
    }

    /// Makes a connection that one caller has for itself. Nothing that is read
    /// there is kept in the client's cache.
    #[allow(deprecated)] // see dedicated/connection.rs
    pub async fn dedicated(
        &self,
        address: &Address,
        login: &Login,
    ) -> Result<redis::aio::Connection, Failure> {
        let opening = async {
            let info = login.connection_info(address, false, self.tls_params(&login.request).await?);
            let connect = async || redis::Client::open(info)?.get_async_connection(None).await;
            let connected: RedisResult<_> = connect().await;
            connected.map_err(|e| failed(&login.request, address, e))
        };
        within_connection_timeout(&login.request, address, opening).await
    }
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

impl Login {
    fn connection_info(
        &self,
        address: &Address,
        cached: bool,
        tls_params: Option<TlsConnParams>,
    ) -> ConnectionInfo {
        let mut redis = self.info.clone();
        if !cached {
            (redis.cache, redis.server_assisted_cache) = (None, false);
        }
        let request = &self.request;
        ConnectionInfo {
            addr: match request.tls_mode.unwrap_or_default() {
                TlsMode::NoTls => ConnectionAddr::Tcp(address.host.clone(), address.port),
                mode => ConnectionAddr::TcpTls {
                    host: address.host.clone(),
                    port: address.port,
                    insecure: mode == TlsMode::InsecureTls,
                    tls_params,
                },
            },
            redis,
        }
    }
}

impl Certificates {
    /// Reads the certificates of a client. Files are read again as often as the
    /// configuration says; what is wrong with them then changes nothing.
    async fn of(request: &ConnectionRequest) -> Result<Self, Failure> {
        let wrong = |text: String| Failure::new(Outcome::Configuration, text);
        let roots = (!request.root_certs.is_empty()).then(|| request.root_certs.concat());
        if let (Some(certificate), Some(key)) = (&request.client_cert_path, &request.client_key_path) {
            let reload = request.cert_reload.as_ref().filter(|reload| reload.enabled);
            let interval = reload.and_then(|reload| reload.interval_seconds);
            let files = CertReloadManager::new(certificate.into(), key.into(), roots, interval);
            let mut files = files.await.map_err(|error| wrong(error.to_string()))?;
            if reload.is_some() {
                files.start_reload_task();
            }
            return Ok(Certificates::Files(files));
        }
        let client_tls = (!request.client_cert.is_empty()).then(|| ClientTlsConfig {
            client_cert: request.client_cert.clone(),
            client_key: request.client_key.clone(),
        });
        if client_tls.is_none() && roots.is_none() {
            return Ok(Certificates::None);
        }
        retrieve_tls_certificates(TlsCertificates { client_tls, root_cert: roots })
            .map(Certificates::Fixed)
            .map_err(|error| wrong(error.to_string()))
    }
}

impl Connector {
    async fn tls_params(
        &self,
        request: &ConnectionRequest,
    ) -> Result<Option<TlsConnParams>, Failure> {
        Ok(match self.certificates.get_or_try_init(|| Certificates::of(request)).await? {
            Certificates::None => None,
            Certificates::Fixed(params) => Some(params.clone()),
            Certificates::Files(files) => Some(files.get_params().await),
        })
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
enum Tls {
    None,
    OneSided,
    /// The client shows a certificate, too.
    Mutual,
}

impl Tls {
    fn of(request: &ConnectionRequest) -> Self {
        if request.tls_mode == Some(TlsMode::NoTls) {
            Tls::None
        } else if request.client_cert.is_empty() && request.client_cert_path.is_none() {
            Tls::OneSided
        } else {
            Tls::Mutual
        }
    }
}

/// Says that a server did not answer in time.
pub fn silent(request: &ConnectionRequest, address: &Address) -> Failure {
    let hint = match Tls::of(request) {
        Tls::None => "",
        _ => " (does it speak TLS?)",
    };
    Failure::new(Outcome::Unreachable, format!("{address}: timed out{hint}"))
}

/// Says why a connection could not be made, and what may be the cause.
fn failed(request: &ConnectionRequest, address: &Address, error: RedisError) -> Failure {
    let text = error.to_string();
    let outcome = failure::of_connecting(&text).unwrap_or(match error.kind() {
        ErrorKind::InvalidClientConfig | ErrorKind::RESP3NotSupported => Outcome::Configuration,
        _ => Outcome::Unreachable,
    });
    let closed = error.is_connection_dropped() || text.contains("terminated");
    let hint = match Tls::of(request) {
        _ if outcome == Outcome::Certificate => failure::wrong_certificate(&text),
        Tls::None if closed => " (does it expect TLS?)",
        Tls::OneSided | Tls::Mutual if text.contains("InvalidContentType") => {
            " (does it speak TLS?)"
        }
        // With TLS 1.3 a server refuses the client's certificate, or the lack
        // of one, when the client already takes the connection for made.
        Tls::OneSided if closed || text.contains("alert") => {
            " (does it expect a client certificate?)"
        }
        Tls::Mutual if closed || text.contains("alert") => {
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

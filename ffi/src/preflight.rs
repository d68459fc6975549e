//! Whether a server can be talked to, found out before the core is asked to.
//!
//! When the core's own first attempts fail it says "timed out", whatever the
//! reason was, and it goes on trying in the background for a client that will
//! never be. So each address is tried here first, in the core's own way but
//! without its persistence: the caller learns why it failed, and nothing is
//! left behind.

use crate::{failure, iam, reply::Failure, status::Outcome};
use glide_core::client::{
    ConnectionRequest, NodeAddress, TlsMode, get_valkey_connection_info,
};
use redis::{
    ClientTlsConfig, ConnectionAddr, ConnectionInfo, ErrorKind, GlideConnectionOptions, RedisError,
    RetryStrategy, TlsCertificates, TlsConnParams, retrieve_tls_certificates,
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};

/// Ends as soon as one of the addresses can be talked to; fails when none
/// could within the connection timeout, or when trying on is pointless.
pub async fn check(request: &ConnectionRequest) -> Result<(), Failure> {
    if request.lazy_connect {
        return Ok(());
    }
    let tls_params = tls_params(request)?;
    let tokens = iam::tokens(request).await?;
    let login = get_valkey_connection_info(request, tokens.as_ref()).await;
    let mut attempts = JoinSet::new();
    for address in &request.addresses {
        let info = ConnectionInfo {
            addr: connection_address(address, request.tls_mode, &tls_params),
            redis: login.clone(),
        };
        let attempt = Attempt {
            address: format!("{}:{}", address.host, address.port),
            tls: Tls::of(request),
            deadline: Instant::now() + request.get_connection_timeout(),
            nodelay: request.tcp_nodelay,
        };
        attempts.spawn(attempt.run(info, retry_strategy(request)));
    }
    let mut failures: Vec<Failure> = Vec::new();
    while let Some(attempt) = attempts.join_next().await {
        match attempt {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(failure)) => failures.push(failure),
            Err(_) => failures.push(failure::panicked()),
        }
    }
    let texts: Vec<&str> = failures.iter().map(|f| f.message.as_str()).collect();
    let outcome = failures.first().map_or(Outcome::Configuration, |f| f.outcome);
    Err(Failure::new(outcome, texts.join("; ")))
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

struct Attempt {
    address: String,
    tls: Tls,
    deadline: Instant,
    nodelay: bool,
}

impl Attempt {
    async fn run(self, info: ConnectionInfo, retries: RetryStrategy) -> Result<(), Failure> {
        let client = redis::Client::open(info).map_err(|error| self.failure(error))?;
        let mut delays = retries.get_bounded_backoff_dur_iterator();
        let mut last = None;
        loop {
            let options = GlideConnectionOptions {
                tcp_nodelay: self.nodelay,
                ..GlideConnectionOptions::default()
            };
            let connecting = client.get_multiplexed_async_connection(options);
            match timeout_at(self.deadline, connecting).await {
                Ok(Ok(_connection)) => return Ok(()),
                Ok(Err(error)) if is_final(&error) => return Err(self.failure(error)),
                Ok(Err(error)) => last = Some(self.failure(error)),
                Err(_) => return Err(last.unwrap_or_else(|| self.silence())),
            }
            match delays.next() {
                Some(delay) if Instant::now() + delay < self.deadline => sleep(delay).await,
                _ => return Err(last.unwrap_or_else(|| self.silence())),
            }
        }
    }

    fn silence(&self) -> Failure {
        let hint = match self.tls {
            Tls::None => "",
            _ => " (does it speak TLS?)",
        };
        Failure::new(Outcome::Unreachable, format!("{}: timed out{hint}", self.address))
    }

    fn failure(&self, error: RedisError) -> Failure {
        let text = error.to_string();
        let outcome = failure::of_connecting(&text).unwrap_or(match error.kind() {
            ErrorKind::InvalidClientConfig | ErrorKind::RESP3NotSupported => Outcome::Configuration,
            _ => Outcome::Unreachable,
        });
        let closed = error.is_connection_dropped() || text.contains("terminated");
        let hint = match self.tls {
            _ if outcome == Outcome::Certificate => failure::wrong_certificate(&text),
            Tls::None if closed => " (does it expect TLS?)",
            Tls::OneSided | Tls::Mutual if text.contains("InvalidContentType") => {
                " (does it speak TLS?)"
            }
            // With TLS 1.3 a server refuses the client's certificate, or the
            // want of one, when the client takes the connection for made.
            Tls::OneSided if closed || text.contains("alert") => {
                " (does it expect a client certificate?)"
            }
            Tls::Mutual if closed || text.contains("alert") => {
                " (does it accept the client certificate?)"
            }
            _ => "",
        };
        Failure::new(outcome, format!("{}: {text}{hint}", self.address))
    }
}

/// Errors that another attempt would only meet again.
fn is_final(error: &RedisError) -> bool {
    let text = error.to_string();
    failure::of_connecting(&text).is_some()
        || matches!(
            error.kind(),
            ErrorKind::InvalidClientConfig | ErrorKind::RESP3NotSupported
        )
}

pub fn connection_address(
    address: &NodeAddress,
    mode: Option<TlsMode>,
    tls_params: &Option<TlsConnParams>,
) -> ConnectionAddr {
    // An IPv6 address may stand in brackets, as in a URL.
    let host = address.host.trim_start_matches('[').trim_end_matches(']').to_owned();
    match mode.unwrap_or_default() {
        TlsMode::NoTls => ConnectionAddr::Tcp(host, address.port),
        mode => ConnectionAddr::TcpTls {
            host,
            port: address.port,
            insecure: mode == TlsMode::InsecureTls,
            tls_params: tls_params.clone(),
        },
    }
}

pub fn tls_params(request: &ConnectionRequest) -> Result<Option<TlsConnParams>, Failure> {
    let read = |path: &Option<String>| match path {
        Some(path) => std::fs::read(path)
            .map(Some)
            .map_err(|error| Failure::new(Outcome::Configuration, format!("{path}: {error}"))),
        None => Ok(None),
    };
    let or_file = |bytes: &Vec<u8>, path| match bytes.is_empty() {
        true => read(path),
        false => Ok(Some(bytes.clone())),
    };
    let certificate = or_file(&request.client_cert, &request.client_cert_path)?;
    let key = or_file(&request.client_key, &request.client_key_path)?;
    let roots = (!request.root_certs.is_empty()).then(|| request.root_certs.concat());
    if certificate.is_none() && roots.is_none() {
        return Ok(None);
    }
    let client_tls = certificate
        .zip(key)
        .map(|(client_cert, client_key)| ClientTlsConfig { client_cert, client_key });
    retrieve_tls_certificates(TlsCertificates { client_tls, root_cert: roots })
        .map(Some)
        .map_err(|error| Failure::new(Outcome::Configuration, error.to_string()))
}

fn retry_strategy(request: &ConnectionRequest) -> RetryStrategy {
    request.connection_retry_strategy.map_or_else(RetryStrategy::default, |strategy| {
        RetryStrategy::new(
            strategy.exponent_base,
            strategy.factor,
            strategy.number_of_retries,
            strategy.jitter_percent,
        )
    })
}

//! Sockets to servers, with or without TLS.

use super::race;
use crate::{event_loop::stream::Stream, wire::address::Address};
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use std::{io, net::SocketAddr, time::Duration};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

/// For how long what was sent may stay unacknowledged before the system takes
/// the connection for lost, where it can be told.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(5);

/// After how much silence the system asks whether the other side is still there,
/// how long it waits before it asks again, and how often it does. Nothing else
/// tests the connection of a blocking command that waits.
const KEEPALIVE: Duration = Duration::from_secs(5);
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "windows"))]
const KEEPALIVE_AGAIN: (Duration, u32) = (Duration::from_secs(1), 5);

/// How a connection is encrypted, and what the server's certificate has to be
/// for: a name or an IP address.
pub type Encrypted = (TlsConnector, ServerName<'static>);

/// Connects to servers that are scripts, where tests set it.
#[cfg(test)]
pub static MOCK: std::sync::OnceLock<fn(&Address) -> Option<Stream>> = std::sync::OnceLock::new();

/// Connects to a server. If its name has several addresses they are tried at
/// the same time, and the first that is connected is taken; if none can be,
/// the error is that of the last.
pub async fn open(address: &Address, nodelay: bool, tls: Option<Encrypted>) -> io::Result<Stream> {
    #[cfg(test)]
    if let Some(stream) = MOCK.get().and_then(|connect| connect(address)) {
        return Ok(stream);
    }
    if let Some(path) = address.path() {
        return connect_to_path(path).await;
    }
    let found: Vec<SocketAddr> =
        lookup_host((address.host.as_str(), address.port)).await?.collect();
    if let [only] = found[..] {
        return connect(only, nodelay, tls).await;
    }
    let attempts = found.into_iter().map(|socket| connect(socket, nodelay, tls.clone()));
    let none = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    race::first(attempts, none).await
}

/// Connects to a Unix socket.
#[cfg(unix)]
async fn connect_to_path(path: &str) -> io::Result<Stream> {
    Ok(Box::pin(tokio::net::UnixStream::connect(path).await?))
}

#[cfg(not(unix))]
async fn connect_to_path(_: &str) -> io::Result<Stream> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no Unix sockets"))
}

async fn connect(socket: SocketAddr, nodelay: bool, tls: Option<Encrypted>) -> io::Result<Stream> {
    let tcp = TcpStream::connect(socket).await?;
    tcp.set_nodelay(nodelay)?;
    let options = SockRef::from(&tcp);
    options.set_tcp_keepalive(&keepalive())?;
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
    options.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    Ok(match tls {
        None => Box::pin(tcp),
        Some((tls, name)) => Box::pin(tls.connect(name, tcp).await?),
    })
}

fn keepalive() -> TcpKeepalive {
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE);
    #[cfg(any(target_os = "linux", target_os = "macos", target_os = "windows"))]
    let keepalive = keepalive.with_interval(KEEPALIVE_AGAIN.0).with_retries(KEEPALIVE_AGAIN.1);
    keepalive
}

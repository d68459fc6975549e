//! Sockets to servers, with or without TLS.

use super::race;
use crate::routing::address::Address;
use redis::aio::AsyncStream;
use rustls::{ClientConfig, pki_types::ServerName};
use socket2::{SockRef, TcpKeepalive};
use std::{io, net::SocketAddr, pin::Pin, sync::Arc};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

/// For how long what was sent may stay unacknowledged before the system takes
/// the connection for lost, where it can be told.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
const UNACKNOWLEDGED: std::time::Duration = std::time::Duration::from_secs(5);

/// A connection to a server. It is closed when it is dropped.
pub type Stream = Pin<Box<dyn AsyncStream + Send + Sync>>;

/// Connects to a server. If its name has several addresses they are tried at
/// the same time, and the first that is connected is taken; if none can be,
/// the error is that of the last.
pub async fn open(
    address: &Address,
    nodelay: bool,
    tls: Option<Arc<ClientConfig>>,
) -> io::Result<Stream> {
    let found: Vec<SocketAddr> =
        lookup_host((address.host.as_str(), address.port)).await?.collect();
    let tls = match tls {
        Some(config) => Some((TlsConnector::from(config), server_name(&address.host)?)),
        None => None,
    };
    if let [only] = found[..] {
        return connect(only, nodelay, tls).await;
    }
    let attempts = found.into_iter().map(|socket| connect(socket, nodelay, tls.clone()));
    let none = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    race::first(attempts, none).await
}

/// Returns what a server's certificate has to be for: a name or an IP address.
fn server_name(host: &str) -> io::Result<ServerName<'static>> {
    let name = ServerName::try_from(host.to_owned());
    name.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}

async fn connect(
    socket: SocketAddr,
    nodelay: bool,
    tls: Option<(TlsConnector, ServerName<'static>)>,
) -> io::Result<Stream> {
    let tcp = TcpStream::connect(socket).await?;
    tcp.set_nodelay(nodelay)?;
    let options = SockRef::from(&tcp);
    // How often and how many probes are sent is for the system to say.
    options.set_tcp_keepalive(&TcpKeepalive::new())?;
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
    options.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    Ok(match tls {
        None => Box::pin(tcp),
        Some((tls, name)) => Box::pin(tls.connect(name, tcp).await?),
    })
}

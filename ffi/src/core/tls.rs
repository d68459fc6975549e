//! How a client's connections use TLS: which servers they trust, and which
//! certificate they show.

use super::stream::Encrypted;
use crate::{
    abi::Outcome,
    wire::{
        self,
        failure::{self, Failure},
    },
};
use glide_core::{ConnectionRequest, client::TlsMode};
use rustls::{
    ALL_VERSIONS, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    SupportedProtocolVersion,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};
use rustls_platform_verifier::Verifier;
use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex as BlockingMutex},
    time::{Duration, Instant},
};
use tokio::{
    sync::Mutex,
    task::{JoinHandle, spawn_blocking},
    time::timeout_at,
};
use zeroize::Zeroize;

/// How old what was read from files may become, unless it is configured.
const RELOAD_INTERVAL: Duration = Duration::from_secs(300);

/// For how long connections wait for files that are read again.
const RELOADING: Duration = Duration::from_secs(1);

/// TLS 1.3 as the minimum version, and what is left then.
const TLS_1_3: u32 = 0x0304;
static ONLY_1_3: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

/// The verifier with the system's roots, which takes milliseconds to make. All
/// clients of the process share it.
static SYSTEM: BlockingMutex<Option<Arc<Verifier>>> = BlockingMutex::new(None);

/// The TLS configuration of a client. It is made when the first connection is,
/// and again when the files have changed that it is made of.
pub struct Tls {
    source: Arc<Source>,
    /// What certificates have to be for, if that is not the host that is
    /// connected to.
    server_name: Option<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Current>,
    /// The files are read at the moment, on a separate thread. It goes on
    /// when a connection that waits for it is given up: where files cannot be
    /// read each try would take another thread.
    reading: Option<Reading>,
}

struct Reading {
    task: JoinHandle<Result<Current, Failure>>,
    begun: Instant,
}

/// What a configuration is made of.
struct Source {
    insecure: bool,
    /// In PEM; nothing for those of the system.
    roots: Option<Vec<u8>>,
    identity: Identity,
    versions: &'static [&'static SupportedProtocolVersion],
    /// Whether servers are told which of them is meant.
    sni: bool,
}

enum Identity {
    None,
    Fixed(Pem),
    Files {
        certificate: PathBuf,
        key: PathBuf,
        /// How old what was read may become; nothing if it is read once.
        reload: Option<Duration>,
    },
}

/// A client's certificate and its key.
#[derive(Clone, PartialEq, Eq)]
struct Pem {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Drop for Pem {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

#[derive(Clone)]
struct Current {
    config: Arc<ClientConfig>,
    identity: Option<Pem>,
    /// When the identity was last looked for.
    read: Instant,
    /// The verifier with the system's roots, if they are what it trusts.
    system: Option<Arc<Verifier>>,
}

impl Tls {
    /// Returns the configuration that a request asks for, or nothing if its
    /// connections do not use TLS. The core's request lacks what is `more`.
    pub fn of(request: &ConnectionRequest, mut more: wire::Tls) -> Option<Self> {
        // Only who asks for no TLS has none.
        let mode = request.tls_mode.unwrap_or(TlsMode::SecureTls);
        if mode == TlsMode::NoTls {
            return None;
        }
        let identity = match (&request.client_cert_path, &request.client_key_path) {
            (Some(certificate), Some(key)) => {
                let reload = request.cert_reload.as_ref().filter(|reload| reload.enabled);
                Identity::Files {
                    certificate: certificate.into(),
                    key: key.into(),
                    reload: reload.map(|reload| match reload.interval_seconds {
                        Some(seconds @ 1..) => Duration::from_secs(seconds.into()),
                        _ => RELOAD_INTERVAL,
                    }),
                }
            }
            _ if request.client_cert.is_empty() => Identity::None,
            _ => Identity::Fixed(Pem {
                certificate: request.client_cert.clone(),
                key: request.client_key.clone(),
            }),
        };
        let roots = (!request.root_certs.is_empty()).then(|| request.root_certs.concat());
        let insecure = mode == TlsMode::InsecureTls;
        let server_name =
            (!more.server_name.is_empty()).then(|| std::mem::take(&mut more.server_name));
        let versions = match more.minimum_version {
            TLS_1_3 => ONLY_1_3,
            _ => ALL_VERSIONS,
        };
        let sni = !insecure || server_name.is_some();
        let source = Source { insecure, roots, identity, versions, sni };
        Some(Tls { source: Arc::new(source), server_name, state: Mutex::default() })
    }

    /// Returns how to encrypt a connection to a host.
    pub fn encrypted(&self, config: Arc<ClientConfig>, host: &str) -> Result<Encrypted, Failure> {
        let name = self.server_name.as_deref().unwrap_or(host);
        let known = ServerName::try_from(name.to_owned());
        Ok((
            config.into(),
            known.map_err(|error| wrong(&format!("TLS server name {name}"), error))?,
        ))
    }

    /// Returns the configuration for a connection that is made now. Files are
    /// read again at most once per reload interval; if there is something wrong
    /// with them then, or reading takes long, what was read before stays in use.
    pub async fn config(&self) -> Result<Arc<ClientConfig>, Failure> {
        let mut state = self.state.lock().await;
        let State { current, reading } = &mut *state;
        if let Some(known) = current
            && reading.is_none()
            && !self.source.identity.is_due(known.read)
        {
            return Ok(known.config.clone());
        }
        let Reading { task, begun } = reading.get_or_insert_with(|| {
            let (source, known) = (self.source.clone(), current.clone());
            Reading { task: spawn_blocking(move || source.make(known)), begun: Instant::now() }
        });
        let read = match current {
            None => task.await,
            Some(known) => match timeout_at((*begun + RELOADING).into(), task).await {
                Ok(read) => read,
                Err(_) => return Ok(known.config.clone()),
            },
        };
        *reading = None;
        match (read.unwrap_or_else(|_| Err(failure::panicked())), current) {
            (Ok(next), current) => Ok(current.insert(next).config.clone()),
            (Err(failure), None) => Err(failure),
            (Err(failure), Some(known)) => {
                known.read = Instant::now();
                let text = failure.message;
                tracing::warn!(target: "glide", "the client certificate stays what it was: {text}");
                Ok(known.config.clone())
            }
        }
    }

    /// Returns a configuration for when a server's certificate was refused
    /// with this one and the system's roots may have changed since.
    pub async fn with_new_roots(
        &self,
        refused: &Arc<ClientConfig>,
    ) -> Result<Option<Arc<ClientConfig>>, Failure> {
        let mut state = self.state.lock().await;
        let Some(known) = &mut state.current else { return Ok(None) };
        let Some(system) = known.system.clone() else { return Ok(None) };
        if Arc::ptr_eq(&known.config, refused) {
            let (source, identity) = (self.source.clone(), known.identity.clone());
            let config = blocking(move || {
                let system = system_verifier(Some(&system))?;
                Ok((source.config(identity.as_ref(), Some(&system))?, system))
            });
            let (config, system) = config.await?;
            (known.config, known.system) = (config, Some(system));
        }
        Ok(Some(known.config.clone()))
    }
}

impl Source {
    /// Makes a configuration, unless it would be the one that is known. It
    /// blocks.
    fn make(&self, known: Option<Current>) -> Result<Current, Failure> {
        let read = Instant::now();
        let identity = self.identity.read()?;
        if let Some(known) = known
            && known.identity == identity
        {
            return Ok(Current { read, ..known });
        }
        let uses_system = !self.insecure && self.roots.is_none();
        let system = if uses_system { Some(system_verifier(None)?) } else { None };
        let config = self.config(identity.as_ref(), system.as_ref())?;
        Ok(Current { config, identity, read, system })
    }

    fn config(
        &self,
        identity: Option<&Pem>,
        system: Option<&Arc<Verifier>>,
    ) -> Result<Arc<ClientConfig>, Failure> {
        // Roots that cannot be read are a mistake even if they are not used.
        let roots = self.roots.as_deref().map(roots).transpose()?;
        let verifier: Arc<dyn ServerCertVerifier> = match (self.insecure, system, roots) {
            (true, _, _) => {
                Arc::new(Anyone(aws_lc_rs::default_provider().signature_verification_algorithms))
            }
            (false, Some(system), _) => system.clone(),
            (false, None, roots) => {
                let roots = roots.unwrap_or_else(RootCertStore::empty);
                let builder = WebPkiServerVerifier::builder_with_provider(roots.into(), provider());
                builder.build().map_err(|error| wrong("root certificates", error))?
            }
        };
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(self.versions)
            .map_err(|error| wrong("TLS", error))?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let chain = certificates(&pem.certificate, "client certificate")?;
                // What is wrong with a key is not told: it is secret.
                let key = PrivateKeyDer::from_pem_slice(&pem.key)
                    .map_err(|_| wrong("client key", "it is no private key in PEM"))?;
                // This also checks that they belong together.
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| wrong("client certificate and key", error))?
            }
        };
        config.enable_sni = self.sni;
        Ok(Arc::new(config))
    }
}

impl Identity {
    fn is_due(&self, read: Instant) -> bool {
        matches!(self, Identity::Files { reload: Some(interval), .. } if read.elapsed() >= *interval)
    }

    fn read(&self) -> Result<Option<Pem>, Failure> {
        Ok(match self {
            Identity::None => None,
            Identity::Fixed(pem) => Some(pem.clone()),
            Identity::Files { certificate, key, .. } => {
                Some(Pem { certificate: read(certificate)?, key: read(key)? })
            }
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| wrong(&path.display().to_string(), error))
}

fn wrong(what: &str, why: impl fmt::Display) -> Failure {
    Failure::new(Outcome::Configuration, format!("{what}: {why}"))
}

/// Runs what blocks where it does not keep the event loop from its work.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    spawn_blocking(work).await.unwrap_or_else(|_| Err(failure::panicked()))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Returns the verifier with the system's roots, which are read unless they
/// have been; and again if it would be one that is stale.
fn system_verifier(stale: Option<&Arc<Verifier>>) -> Result<Arc<Verifier>, Failure> {
    let mut system = SYSTEM.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(known) = &*system
        && stale.is_none_or(|stale| !Arc::ptr_eq(known, stale))
    {
        return Ok(known.clone());
    }
    let verifier = Verifier::new(provider()).map_err(|error| wrong("system roots", error))?;
    Ok(system.insert(Arc::new(verifier)).clone())
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(wrong(what, "it is no certificate in PEM")),
        Err(error) => Err(wrong(what, error)),
    }
}

fn roots(pem: &[u8]) -> Result<RootCertStore, Failure> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(pem, "root certificates")? {
        store.add(certificate).map_err(|error| wrong("root certificates", error))?;
    }
    Ok(store)
}

/// Reports whether a connection could not be made because the certificate of
/// the server was refused.
pub fn is_refused_certificate(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
    matches!(cause, Some(Error::InvalidCertificate(_)))
}

/// Takes any server for the right one, as an insecure configuration asks.
#[derive(Debug)]
struct Anyone(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

//! Our connection request, as the core's.

use super::cache;
use crate::{
    abi::Outcome,
    core::secrets::Request,
    defects::conversion::CORE_TIMEOUT_MS,
    wire::{self, compression::Algorithm, failure::Failure, iam::Service},
};
use glide_core::{
    client::{self as core, ConnectionRequest},
    compression::{CompressionBackendType, CompressionConfig, DEFAULT_MAX_DECOMPRESSED_SIZE},
    iam::ServiceType,
};
use redis::ProtocolVersion;
use std::{mem::take, time::Duration};

/// What a client's configuration means for how its commands are sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    pub cluster: bool,
    /// It connects with its first command.
    pub lazy: bool,
    /// Reads may go to replicas.
    pub reads_from_replicas: bool,
    /// Something is done for each command separately: client-side cache,
    /// compression, circuit breaker.
    pub singles_only: bool,
    /// It refuses commands that write.
    pub read_only: bool,
    /// Its servers tell it what of its cache is no longer true.
    pub tracks: bool,
}

pub fn policy(request: &wire::ConnectionRequest) -> Policy {
    Policy {
        cluster: request.cluster,
        lazy: request.lazy,
        reads_from_replicas: request.read_from() != wire::ReadFrom::Primary,
        singles_only: request.read_only
            || request.compression.is_some()
            || request.cache.is_some()
            || request.circuit_breaker.is_some(),
        read_only: request.read_only,
        tracks: request.cache.as_ref().is_some_and(|cache| cache.server_assisted),
    }
}

pub fn connection_request(request: wire::ConnectionRequest) -> Result<Request, Failure> {
    cache::check(&request)?;
    check_values(&request)?;
    let read_from = read_from(&request);
    let protocol = protocol(&request);
    let node_discovery_mode = node_discovery(&request);
    let addresses = request.addresses.iter().map(address).collect::<Result<_, _>>()?;
    let tls_mode = tls_mode(&request);
    let mut tls = request.tls.unwrap_or_default();

    Ok(Request::from(ConnectionRequest {
        read_from: Some(read_from),
        client_name: none_if_empty(request.client_name),
        lib_name: none_if_empty(request.library_name),
        lib_ver: none_if_empty(request.library_version),
        authentication_info: request.credentials.map(|mut c| core::AuthenticationInfo {
            username: c.username.take(),
            password: c.password.take(),
            iam_config: c.iam.take().map(iam),
        }),
        database_id: request.database,
        protocol: Some(protocol),
        tls_mode: Some(tls_mode),
        addresses,
        cluster_mode_enabled: request.cluster,
        request_timeout: Some(CORE_TIMEOUT_MS),
        connection_timeout: none_if_zero(request.connection_timeout_ms),
        connection_retry_strategy: request.retry_strategy.map(retry_strategy),
        inflight_requests_limit: none_if_zero(request.inflight_limit),
        lazy_connect: request.lazy,
        root_certs: take(&mut tls.root_certificates),
        client_cert: take(&mut tls.client_certificate),
        client_key: take(&mut tls.client_key),
        client_cert_path: none_if_empty(take(&mut tls.client_certificate_path)),
        client_key_path: none_if_empty(take(&mut tls.client_key_path)),
        cert_reload: none_if_zero(tls.reload_interval_s).map(|interval| core::CertReloadConfig {
            enabled: true,
            interval_seconds: Some(interval),
        }),
        compression_config: request.compression.map(compression),
        tcp_nodelay: !request.tcp_delay,
        read_only: request.read_only,
        node_discovery_mode,
        periodic_checks: Some(match request.topology_check_s {
            0 => core::PeriodicCheck::Disabled,
            seconds => core::PeriodicCheck::ManualInterval(Duration::from_secs(seconds.into())),
        }),
        refresh_topology_from_initial_nodes: request.refresh_topology_from_addresses,
        client_circuit_breaker: request.circuit_breaker.map(circuit_breaker),
        ..ConnectionRequest::default()
    }))
}

fn protocol(request: &wire::ConnectionRequest) -> ProtocolVersion {
    match request.protocol() {
        wire::Protocol::Resp3 => ProtocolVersion::RESP3,
        wire::Protocol::Resp2 => ProtocolVersion::RESP2,
    }
}

fn node_discovery(request: &wire::ConnectionRequest) -> core::NodeDiscoveryMode {
    match request.node_discovery() {
        wire::NodeDiscovery::Standard => core::NodeDiscoveryMode::Standard,
        wire::NodeDiscovery::Static => core::NodeDiscoveryMode::Static,
        wire::NodeDiscovery::DiscoverAll => core::NodeDiscoveryMode::DiscoverAll,
    }
}

fn tls_mode(request: &wire::ConnectionRequest) -> core::TlsMode {
    match &request.tls {
        None => core::TlsMode::NoTls,
        Some(tls) if tls.insecure => core::TlsMode::InsecureTls,
        Some(_) => core::TlsMode::SecureTls,
    }
}

/// Refuses values that a newer program may know: what is read instead of them would
/// not be what it means.
fn check_values(request: &wire::ConnectionRequest) -> Result<(), Failure> {
    let iam = request.credentials.as_ref().and_then(|credentials| credentials.iam.as_ref());
    let compression = request.compression.as_ref();
    let version = request.tls.as_ref().map_or(0, |tls| tls.minimum_version);
    let are_valid = [
        ("protocol", wire::Protocol::try_from(request.protocol).is_ok()),
        ("read_from", wire::ReadFrom::try_from(request.read_from).is_ok()),
        ("node_discovery", wire::NodeDiscovery::try_from(request.node_discovery).is_ok()),
        ("iam.service", iam.is_none_or(|iam| Service::try_from(iam.service).is_ok())),
        (
            "compression.algorithm",
            compression.is_none_or(|c| Algorithm::try_from(c.algorithm).is_ok()),
        ),
        ("tls.minimum_version", matches!(version, 0 | 0x0303 | 0x0304)),
    ];
    match are_valid.iter().find(|(_, is_valid)| !is_valid) {
        Some((name, _)) => {
            Err(Failure::new(Outcome::Configuration, format!("{name} has an unknown value")))
        }
        None => Ok(()),
    }
}

fn address(address: &wire::Address) -> Result<core::NodeAddress, Failure> {
    let port = u16::try_from(address.port)
        .map_err(|_| Failure::new(Outcome::Configuration, "port out of range"))?;
    Ok(core::NodeAddress { host: address.host.clone(), port })
}

fn iam(iam: wire::Iam) -> core::IamAuthenticationConfig {
    core::IamAuthenticationConfig {
        service_type: match iam.service() {
            Service::Elasticache => ServiceType::ElastiCache,
            Service::Memorydb => ServiceType::MemoryDB,
        },
        cluster_name: iam.cluster,
        region: iam.region,
        refresh_interval_seconds: none_if_zero(iam.refresh_interval_s),
        credentials_provider: None,
    }
}

fn read_from(request: &wire::ConnectionRequest) -> core::ReadFrom {
    let zone = || request.availability_zone.clone();
    match request.read_from() {
        wire::ReadFrom::Primary => core::ReadFrom::Primary,
        wire::ReadFrom::PreferReplica => core::ReadFrom::PreferReplica,
        wire::ReadFrom::AllNodes => core::ReadFrom::AllNodes,
        wire::ReadFrom::AzAffinity => core::ReadFrom::AZAffinity(zone()),
        wire::ReadFrom::AzAffinityReplicasAndPrimary => {
            core::ReadFrom::AZAffinityReplicasAndPrimary(zone())
        }
        wire::ReadFrom::AzAffinityAllNodes => core::ReadFrom::AZAffinityAllNodes(zone()),
    }
}

fn retry_strategy(strategy: wire::RetryStrategy) -> core::ConnectionRetryStrategy {
    core::ConnectionRetryStrategy {
        exponent_base: strategy.base,
        factor: strategy.factor_ms,
        // The core computes the delay after the last retry, which needs one.
        number_of_retries: strategy.retries.max(1),
        jitter_percent: strategy.jitter_percent.map(|percent| percent.min(100)),
    }
}

fn compression(compression: wire::Compression) -> CompressionConfig {
    CompressionConfig {
        enabled: true,
        backend: match compression.algorithm() {
            Algorithm::Zstd => CompressionBackendType::Zstd,
            Algorithm::Lz4 => CompressionBackendType::Lz4,
        },
        compression_level: compression.level,
        min_compression_size: compression.minimum_bytes as usize,
        max_decompressed_size: Some(match compression.maximum_decompressed_bytes {
            0 => DEFAULT_MAX_DECOMPRESSED_SIZE,
            bytes => bytes as usize,
        }),
    }
}

fn circuit_breaker(breaker: wire::CircuitBreaker) -> core::ClientCircuitBreakerConfig {
    core::ClientCircuitBreakerConfig {
        window_size_ms: breaker.window_ms,
        failure_rate_threshold: breaker.failure_rate,
        min_errors: breaker.minimum_errors,
        open_timeout_ms: breaker.open_ms,
        count_timeouts: breaker.count_timeouts,
        consecutive_successes: breaker.consecutive_successes,
    }
}

fn none_if_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn none_if_zero(number: u32) -> Option<u32> {
    (number != 0).then_some(number)
}

//! The core's conversion of replies, and its compression of values.
//!
//! The core returns every reply in one form, whatever the protocol and version
//! of the server, but only as it comes from one of its clients. Our connections
//! return replies as the server sent them. So a reply is handed to the core by a
//! connection to nothing, whose client-side cache holds the reply that is asked
//! for.

use super::config;
use crate::{
    failure,
    reply::{Failure, is_large_value},
};
use glide_core::{
    ConnectionRequest,
    client::Client as Core,
    compression::{
        CompressionManager, DEFAULT_MAX_DECOMPRESSED_SIZE, decompress_single_value_response,
    },
};
use redis::{
    Cmd, ConnectionAddr, ConnectionInfo, GlideConnectionOptions, ProtocolVersion,
    RedisConnectionInfo, RedisError, RedisResult, Value,
    aio::MultiplexedConnection,
    cache::glide_cache::{CacheConfig, CacheCore, CacheFillToken, CachedKeyType, GlideCache},
};
use std::{
    pin::pin,
    sync::{Arc, Mutex, atomic::AtomicU64},
    task::{Context, Poll, Waker},
};
use tokio::{io::AsyncWriteExt, sync::OnceCell};

/// Converts and decompresses replies.
pub struct Conversion {
    /// It never connects.
    core: Core,
    held: Arc<Held>,
    /// Locked from the moment a reply is held until it is converted.
    connection: Mutex<MultiplexedConnection>,
    /// How many bytes the strings of a reply may have together when they are
    /// decompressed.
    decompressed_max: usize,
}

/// Serves all clients that do not compress.
static PLAIN: OnceCell<Arc<Conversion>> = OnceCell::const_new();

impl Conversion {
    /// Returns what converts the replies of a client with these settings.
    pub async fn of(request: &ConnectionRequest) -> Result<Arc<Self>, Failure> {
        match &request.compression_config {
            None => PLAIN.get_or_try_init(|| Self::new(ConnectionRequest::default())).await.cloned(),
            Some(compression) => {
                let compression_config = Some(compression.clone());
                Self::new(ConnectionRequest { compression_config, ..Default::default() }).await
            }
        }
    }

    async fn new(request: ConnectionRequest) -> Result<Arc<Self>, Failure> {
        let max = request.compression_config.as_ref().and_then(|c| c.max_decompressed_size);
        let decompressed_max = max.unwrap_or(DEFAULT_MAX_DECOMPRESSED_SIZE);
        let request = ConnectionRequest {
            lazy_connect: true,
            request_timeout: Some(config::CORE_TIMEOUT_MS),
            ..request
        };
        let core = Core::new(request, None).await?;
        let held = Arc::new(Held {
            core: CacheCore::new(CacheConfig {
                max_memory_bytes: 0,
                ttl: None,
                enable_metrics: false,
            }),
            reply: Mutex::new(None),
        });
        let info = ConnectionInfo {
            addr: ConnectionAddr::Tcp(String::new(), 0),
            redis: RedisConnectionInfo {
                protocol: ProtocolVersion::RESP2,
                cache: Some(held.clone()),
                ..RedisConnectionInfo::default()
            },
        };
        // It introduces itself with two commands, to which these are the
        // replies.
        let (near, mut far) = tokio::io::duplex(1024);
        far.write_all(b"+OK\r\n+OK\r\n").await.map_err(|_| failure::panicked())?;
        let options = GlideConnectionOptions::default();
        let (connection, _driver) = MultiplexedConnection::new(&info, near, options).await?;
        Ok(Arc::new(Conversion { core, held, connection: Mutex::new(connection), decompressed_max }))
    }

    /// Returns what compresses and decompresses values, if the client does.
    pub fn compression(&self) -> Option<Arc<CompressionManager>> {
        self.core.compression_manager()
    }

    /// Reports whether converting a reply may take long.
    pub fn is_heavy(&self, reply: &Value) -> bool {
        /// Little may be compressed that is much.
        const COMPRESSED: usize = 1024;
        is_large_value(reply) || self.compression().is_some() && length(reply) > COMPRESSED
    }

    /// Decompresses the strings of a reply that are compressed. Together they
    /// may have as many bytes as one.
    pub fn decompress(&self, reply: Value) -> RedisResult<Value> {
        match self.compression() {
            Some(manager) => decompress(&manager, reply, &mut { self.decompressed_max }),
            None => Ok(reply),
        }
    }

    /// Converts a command's reply.
    pub fn convert(&self, cmd: &Cmd, reply: Value) -> RedisResult<Value> {
        if cmd.arg_idx(0).is_some_and(|name| name.eq_ignore_ascii_case(b"MGET")) {
            // The core asks a cache for its keys one by one; all there is to
            // do with its reply is this.
            return self.decompress(reply);
        }
        let mut connection = self.connection.lock().unwrap_or_else(|e| e.into_inner());
        *self.held.reply() = Some(reply);
        let seen = AtomicU64::new(0);
        // To authenticate again is not this connection's business.
        let converting =
            pin!(self.core.send_command_on_connection(cmd, &mut connection, &seen, true));
        match converting.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result,
            Poll::Pending => {
                Err(RedisError::from((redis::ErrorKind::ClientError, "the core did not convert a reply")))
            }
        }
    }
}

/// Returns how many bytes the strings of a reply have, within arrays too.
fn length(reply: &Value) -> usize {
    match reply {
        Value::BulkString(bytes) => bytes.len(),
        Value::Array(items) => items.iter().map(length).sum(),
        _ => 0,
    }
}

/// Decompresses as many bytes as are left.
fn decompress(
    manager: &CompressionManager,
    reply: Value,
    left: &mut usize,
) -> RedisResult<Value> {
    if let Value::Array(items) = reply {
        let items = items.into_iter().map(|item| decompress(manager, item, left));
        return Ok(Value::Array(items.collect::<RedisResult<_>>()?));
    }
    let before = length(&reply);
    let reply = decompress_single_value_response(reply, manager)
        .map_err(|error| wrong(error.to_string()))?;
    let after = length(&reply);
    if after != before {
        let rest = left.checked_sub(after);
        *left = rest.ok_or_else(|| wrong("the reply has too many bytes".to_owned()))?;
    }
    Ok(reply)
}

fn wrong(detail: String) -> RedisError {
    (redis::ErrorKind::TypeError, "decompression", detail).into()
}

/// Holds the reply that is to be converted.
#[derive(Debug)]
struct Held {
    core: CacheCore,
    reply: Mutex<Option<Value>>,
}

impl Held {
    fn reply(&self) -> std::sync::MutexGuard<'_, Option<Value>> {
        self.reply.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl GlideCache for Held {
    fn core(&self) -> &CacheCore {
        &self.core
    }
    fn get_cached_cmd_with_fill(&self, _: &Cmd) -> (Option<Value>, Option<CacheFillToken>) {
        (self.reply().take(), None)
    }
    fn get(&self, _: &[u8], _: CachedKeyType) -> Option<Value> {
        None
    }
    fn insert(&self, _: Vec<u8>, _: CachedKeyType, _: Value) {}
    fn invalidate(&self, _: &[u8]) {}
    fn flush_all(&self) {}
    fn entry_count(&self) -> u64 {
        0
    }
}

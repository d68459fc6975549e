//! The core's conversion of replies, and its compression of values.
//!
//! The core returns every reply in one form, regardless of the protocol and version
//! of the server, but only as it comes from one of its clients. Our connections
//! return replies as the server sent them. So a reply is handed to the core by a
//! connection to nothing, whose client-side cache holds the reply that is asked
//! for.

use crate::{
    abi::Outcome,
    defects::options::convertible,
    event_loop::run_blocking,
    wire::{
        failure::{self, Failure},
        reply::{Reply, is_large_value},
    },
};
use glide_core::{
    ConnectionRequest,
    client::Client as Core,
    compression::{
        CompressionManager, DEFAULT_MAX_DECOMPRESSED_SIZE, decompress_single_value_response,
    },
};
use redis::{
    Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, GlideConnectionOptions, ProtocolVersion,
    RedisConnectionInfo, RedisError, Value,
    aio::MultiplexedConnection,
    cache::glide_cache::{CacheConfig, CacheCore, CacheFillToken, CachedKeyType, GlideCache},
};
use std::{
    pin::pin,
    sync::{Arc, Mutex, atomic::AtomicU64},
    task::{Context, Poll, Waker},
};
use tokio::{io::AsyncWriteExt, sync::OnceCell};

/// The core's own bound for a command. Every request brings the deadline of
/// its caller, which may be longer than any the core could be given once and
/// for all, so the core's is only a last resort.
pub const CORE_TIMEOUT_MS: u32 = 60 * 60 * 1000;

/// How connections to nothing introduce themselves.
const NAME: &str = "nothing";

/// Converts and decompresses replies.
pub struct Conversion {
    /// It never connects.
    core: Core,
    /// For conversions on the event loop, and on other threads: those may take long,
    /// and the event loop must not wait for them.
    here: Mutex<Holder>,
    beside: Mutex<Holder>,
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
            None => {
                PLAIN.get_or_try_init(|| Self::new(ConnectionRequest::default())).await.cloned()
            }
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
            request_timeout: Some(CORE_TIMEOUT_MS),
            ..request
        };
        let core = Core::new(request, None).await?;
        let (here, beside) = (Holder::new().await?.into(), Holder::new().await?.into());
        Ok(Arc::new(Conversion { core, here, beside, decompressed_max }))
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

    /// Decompresses the strings of replies that are compressed. Together they may
    /// have as many bytes as one; a reply with more fails by itself.
    pub async fn decompress(self: &Arc<Self>, replies: Vec<Reply>) -> Result<Vec<Reply>, Failure> {
        let Some(manager) = self.compression() else { return Ok(replies) };
        let mut left = self.decompressed_max;
        let is_heavy = replies.iter().flatten().any(|reply| self.is_heavy(reply));
        let all = move || {
            let mut one = |reply| decompress(&manager, reply, &mut left);
            replies.into_iter().map(|reply: Reply| reply.and_then(&mut one)).collect()
        };
        if is_heavy { run_blocking(all).await } else { Ok(all()) }
    }

    /// Converts a command's reply. If that may take long it is done on another
    /// thread.
    pub async fn convert(self: &Arc<Self>, cmd: &Cmd, reply: Value) -> Reply {
        if !self.is_heavy(&reply) {
            return self.convert_here(cmd, reply);
        }
        let (this, cmd) = (self.clone(), cmd.clone());
        run_blocking(move || this.convert_with(&this.beside, &cmd, reply)).await?
    }

    /// Converts a command's reply here and now.
    pub fn convert_here(&self, cmd: &Cmd, reply: Value) -> Reply {
        self.convert_with(&self.here, cmd, reply)
    }

    fn convert_with(&self, holder: &Mutex<Holder>, cmd: &Cmd, reply: Value) -> Reply {
        if cmd.arg_idx(0).is_some_and(|name| name.eq_ignore_ascii_case(b"MGET")) {
            // The core asks a cache for its keys one by one; all there is to
            // do with its reply is this.
            return match self.compression() {
                Some(manager) => decompress(&manager, reply, &mut { self.decompressed_max }),
                None => Ok(reply),
            };
        }
        let cmd = convertible(cmd);
        let mut holder = holder.lock().unwrap_or_else(|e| e.into_inner());
        let Holder { connection, held } = &mut *holder;
        *held.reply() = Some(reply);
        let seen = AtomicU64::new(0);
        // To authenticate again is not this connection's business.
        let converting = pin!(self.core.send_command_on_connection(&cmd, connection, &seen, true));
        match converting.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result.map_err(unconverted),
            Poll::Pending => {
                Err(Failure::new(Outcome::Internal, "the core did not convert a reply"))
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
fn decompress(manager: &CompressionManager, reply: Value, left: &mut usize) -> Reply {
    if let Value::Array(items) = reply {
        let items = items.into_iter().map(|item| decompress(manager, item, left));
        return Ok(Value::Array(items.collect::<Result<_, _>>()?));
    }
    let before = length(&reply);
    let reply = decompress_single_value_response(reply, manager).map_err(|_| not_decompressed())?;
    let after = length(&reply);
    if after != before {
        *left = left.checked_sub(after).ok_or_else(not_decompressed)?;
    }
    Ok(reply)
}

/// Returns an error of the core's conversion as what it means. Nothing is sent for it,
/// so it is not about a connection: the core reports so that it could not decompress.
fn unconverted(error: RedisError) -> Failure {
    match error.kind() {
        ErrorKind::IoError => not_decompressed(),
        _ => error.into(),
    }
}

fn not_decompressed() -> Failure {
    Failure::new(
        Outcome::UnexpectedReply,
        "it cannot be decompressed, or not within MaximumDecompressedBytes",
    )
}

/// A connection to nothing that answers with the reply it holds. It is locked from
/// the moment that it holds one until that is converted.
struct Holder {
    connection: MultiplexedConnection,
    held: Arc<Held>,
}

impl Holder {
    async fn new() -> Result<Self, Failure> {
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
                // Without both the core warns that it has none.
                lib_name: Some(NAME.to_owned()),
                lib_ver: Some(NAME.to_owned()),
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
        Ok(Holder { connection, held })
    }
}

/// Holds the reply that is converted next.
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

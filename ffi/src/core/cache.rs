//! Client-side caches.
//!
//! The core's connections read through a cache and, with server assistance,
//! forget what the server says has changed. What they do not do is done here:
//! each client has a cache for itself, or shares it with those that mean the
//! same servers, database and user; it is cleared when a connection that tracks
//! changes ends; and it forgets what the client itself changes.
//!
//! A read that is in flight when something is forgotten does not put its value
//! into the cache afterwards: the core cancels its *fill*.

use crate::{
    abi::Outcome,
    wire::{self, ConnectionRequest, Credentials, failure::Failure},
};
use prost::Message;
use redis::{
    Cmd, Value,
    cache::{
        glide_cache::{CacheConfig, CacheCore, CacheFillToken, CachedKeyType, GlideCache},
        lfu_cache::new_lfu_cache,
        lru_cache::new_lru_cache,
    },
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// A client's cache.
#[derive(Debug)]
pub struct Cache {
    /// What it shares with other clients, until it is no longer like them.
    shared: Option<Arc<dyn GlideCache>>,
    own: Arc<dyn GlideCache>,
    has_left: AtomicBool,
    tracks: bool,
    /// How often it had a value, and how often it had none.
    hits: AtomicU64,
    misses: AtomicU64,
}

/// The stores that clients share, by what these clients have in common.
type ById = HashMap<Vec<u8>, Weak<dyn GlideCache>>;

static SHARED: Mutex<Option<ById>> = Mutex::new(None);

impl Cache {
    /// Returns the cache of a client, if it is to have one.
    pub fn of(request: &ConnectionRequest) -> Option<Arc<Self>> {
        let settings = request.cache.as_ref()?;
        // Of clients whose program supplies credentials or addresses it is not known
        // whether they are alike.
        let is_known = !request.asks_for_credentials && !request.asks_for_addresses;
        let shared = (is_known && !settings.id.is_empty()).then(|| shared(request, settings));
        Some(Arc::new(Cache {
            shared,
            own: store(settings),
            has_left: AtomicBool::new(false),
            tracks: settings.server_assisted,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }))
    }

    /// Reports whether the server reports what has changed.
    pub fn tracks(&self) -> bool {
        self.tracks
    }

    /// Returns how often there was a value, and how often there was none.
    pub fn hits_and_misses(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    pub fn clear(&self) {
        self.store().flush_all_server_assisted();
    }

    /// Forgets the value of a key.
    pub fn forget(&self, key: &[u8]) {
        self.store().invalidate_server_assisted(key);
    }

    /// Has the client use a cache for itself alone from now on: its commands are
    /// about to be for another database, or another user.
    pub fn leave(&self) {
        if let Some(shared) = &self.shared
            && !self.has_left.swap(true, Ordering::SeqCst)
        {
            // A fill that began there would end here.
            shared.flush_all_server_assisted();
        }
        self.clear();
    }

    fn store(&self) -> &Arc<dyn GlideCache> {
        match &self.shared {
            Some(shared) if !self.has_left.load(Ordering::SeqCst) => shared,
            _ => &self.own,
        }
    }
}

/// Runs the task of a connection that tracks changes. However it ends, what is
/// cached is not tracked any more.
pub fn tracked(
    cache: Arc<Cache>,
    task: impl Future<Output = ()> + Send + 'static,
) -> impl Future<Output = ()> + Send + 'static {
    struct Cleared(Arc<Cache>);
    impl Drop for Cleared {
        fn drop(&mut self) {
            self.0.clear();
        }
    }
    let cleared = Cleared(cache);
    async move {
        task.await;
        drop(cleared);
    }
}

/// Returns the store of the clients that name the same cache and are alike.
fn shared(request: &ConnectionRequest, settings: &wire::Cache) -> Arc<dyn GlideCache> {
    let mut known = SHARED.lock().unwrap_or_else(|e| e.into_inner());
    let known = known.get_or_insert_default();
    known.retain(|_, store| store.strong_count() > 0);
    let identity = identity(request);
    if let Some(store) = known.get(&identity).and_then(Weak::upgrade) {
        return store;
    }
    let store = store(settings);
    known.insert(identity, Arc::downgrade(&store));
    store
}

/// Returns all that clients have in common that share a cache.
fn identity(request: &ConnectionRequest) -> Vec<u8> {
    let mut addresses = request.addresses.clone();
    addresses.iter_mut().for_each(|address| address.host.make_ascii_lowercase());
    addresses.sort_by(|a, b| (&a.host, a.port).cmp(&(&b.host, b.port)));
    addresses.dedup();
    let username = request.credentials.as_ref().and_then(|login| login.username.clone());
    let mut credentials = Credentials::default();
    credentials.username = username;
    ConnectionRequest {
        addresses,
        cluster: request.cluster,
        database: request.database,
        credentials: Some(credentials),
        protocol: request.protocol,
        read_from: request.read_from,
        address_map: request.address_map.clone(),
        cache: request.cache.clone(),
        ..ConnectionRequest::default()
    }
    .encode_to_vec()
}

fn store(settings: &wire::Cache) -> Arc<dyn GlideCache> {
    let config = CacheConfig {
        max_memory_bytes: settings.maximum_kilobytes.saturating_mul(1024),
        ttl: (settings.time_to_live_ms > 0)
            .then(|| Duration::from_millis(settings.time_to_live_ms)),
        enable_metrics: false,
    };
    match settings.least_frequently_used {
        true => new_lfu_cache(config),
        false => new_lru_cache(config),
    }
}

/// Refuses a cache whose values would never be brought up to date.
pub fn check(request: &ConnectionRequest) -> Result<(), Failure> {
    let Some(cache) = &request.cache else { return Ok(()) };
    let refuse = |text| Err(Failure::new(Outcome::Configuration, text));
    if cache.server_assisted && request.protocol() == wire::Protocol::Resp2 {
        return refuse("a cache with server assistance needs RESP3");
    }
    if !cache.server_assisted && cache.time_to_live_ms == 0 {
        return refuse("a cache needs a time to live or server assistance");
    }
    Ok(())
}

/// The core's connections read and fill the store that the client uses.
impl GlideCache for Cache {
    fn core(&self) -> &CacheCore {
        self.store().core()
    }

    fn get(&self, key: &[u8], expected_type: CachedKeyType) -> Option<Value> {
        self.store().get(key, expected_type)
    }

    fn insert(&self, key: Vec<u8>, key_type: CachedKeyType, value: Value) {
        self.store().insert(key, key_type, value);
    }

    fn insert_if_active_fill(
        &self,
        key: Vec<u8>,
        key_type: CachedKeyType,
        value: Value,
        fill: CacheFillToken,
    ) {
        self.store().insert_if_active_fill(key, key_type, value, fill);
    }

    fn get_cached_cmd_with_fill(&self, cmd: &Cmd) -> (Option<Value>, Option<CacheFillToken>) {
        let found = self.store().get_cached_cmd_with_fill(cmd);
        // Without either the command is none whose reply is kept.
        match &found {
            (Some(_), _) => self.hits.fetch_add(1, Ordering::Relaxed),
            (None, Some(_)) => self.misses.fetch_add(1, Ordering::Relaxed),
            (None, None) => 0,
        };
        found
    }

    fn complete_cached_cmd(&self, cmd: &Cmd, value: Value, fill: CacheFillToken) {
        self.store().complete_cached_cmd(cmd, value, fill);
    }

    fn invalidate(&self, key: &[u8]) {
        self.store().invalidate(key);
    }

    fn invalidate_server_assisted(&self, key: &[u8]) {
        self.store().invalidate_server_assisted(key);
    }

    fn flush_all(&self) {
        self.store().flush_all();
    }

    fn flush_all_server_assisted(&self) {
        self.store().flush_all_server_assisted();
    }

    fn entry_count(&self) -> u64 {
        self.store().entry_count()
    }
}

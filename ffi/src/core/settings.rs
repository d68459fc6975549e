//! How connections are made for a client, as of now: the password is the one
//! that was set last.
//!
//! Few clients need that again once they are connected. So it is kept as the
//! message that it came as, which is much smaller than the core's request.

use super::{cache::Cache, config};
use crate::{
    abi::Outcome,
    core::secrets::Request,
    wire::{self, Credentials, failure::Failure},
};
use prost::Message;
use std::{
    sync::{Arc, Mutex, MutexGuard, Weak},
    time::Duration,
};
use zeroize::Zeroizing;

pub struct Settings(Mutex<Kept>);

struct Kept {
    message: Zeroizing<Box<[u8]>>,
    /// The core's, as long as it is in use.
    request: Weak<Request>,
}

/// How many dedicated connections there may be.
pub struct Limits {
    /// How many there may be to each server.
    pub limit: usize,
    /// For how long idle ones are kept.
    pub idle_time: Duration,
}

impl Settings {
    pub fn new(message: &wire::ConnectionRequest) -> Self {
        Settings(Mutex::new(Kept::new(message)))
    }

    /// Returns the core's request. It is the same one as before if that is
    /// still in use and nothing has changed. It fails if the settings cannot be
    /// read: then nothing may be connected, least of all as by default, without TLS
    /// and a password.
    pub fn checked(&self) -> Result<Arc<Request>, Failure> {
        let mut kept = self.lock();
        if let Some(request) = kept.request.upgrade() {
            return Ok(request);
        }
        let request = Arc::new(config::connection_request(kept.message()?)?);
        kept.request = Arc::downgrade(&request);
        Ok(request)
    }

    /// The same, for what decides neither where connections lead nor how they are
    /// made.
    pub fn request(&self) -> Arc<Request> {
        self.checked().unwrap_or_default()
    }

    /// Returns our own request, which also has what the core's has no place for.
    pub fn message(&self) -> Result<wire::ConnectionRequest, Failure> {
        self.lock().message()
    }

    pub fn limits(&self) -> Limits {
        let message = self.harmless();
        Limits {
            limit: message.dedicated_limit as usize,
            idle_time: Duration::from_millis(message.dedicated_idle_ms),
        }
    }

    /// Returns for how long a connection may be silent before it is tested.
    pub fn heartbeat(&self) -> Option<Duration> {
        let interval = self.harmless().heartbeat_ms;
        (interval > 0).then(|| Duration::from_millis(interval.into()))
    }

    /// Reports whether requests may be sent again, if that is safe.
    pub fn resends(&self) -> bool {
        self.message().is_ok_and(|message| !message.no_retries)
    }

    /// Reports whether requests beyond the inflight limit wait.
    pub fn inflight_waits(&self) -> bool {
        self.harmless().inflight_wait
    }

    /// Returns the client's cache, if it is to have one.
    pub fn cache(&self) -> Option<Arc<Cache>> {
        Cache::of(&self.message().ok()?)
    }

    /// Changes how connections are made from now on. Settings that cannot be read
    /// stay so.
    pub fn change(&self, change: impl FnOnce(&mut wire::ConnectionRequest)) {
        let mut kept = self.lock();
        let Ok(mut message) = kept.message() else { return };
        change(&mut message);
        *kept = Kept::new(&message);
    }

    /// Changes what connections authenticate with.
    pub fn change_credentials(&self, change: impl FnOnce(&mut Credentials)) {
        self.change(|message| change(message.credentials.get_or_insert_default()));
    }

    /// Returns settings that are the same but for a change.
    pub fn with(
        &self,
        change: impl FnOnce(&mut wire::ConnectionRequest),
    ) -> Result<Arc<Settings>, Failure> {
        let mut message = self.message()?;
        change(&mut message);
        Ok(Arc::new(Settings::new(&message)))
    }

    /// Returns our own request, for what decides neither where connections lead
    /// nor how they are made.
    fn harmless(&self) -> wire::ConnectionRequest {
        self.message().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Kept {
    fn new(message: &wire::ConnectionRequest) -> Self {
        Kept { message: Zeroizing::new(message.encode_to_vec().into()), request: Weak::new() }
    }

    fn message(&self) -> Result<wire::ConnectionRequest, Failure> {
        wire::ConnectionRequest::decode(&**self.message)
            .map_err(|_| Failure::new(Outcome::Internal, "the client's settings cannot be read"))
    }
}

#[cfg(test)]
impl Settings {
    /// Makes settings of bytes that may be none.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Settings(Mutex::new(Kept { message: Zeroizing::new(bytes.into()), request: Weak::new() }))
    }
}

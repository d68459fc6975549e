//! How connections are made for a client, as of now: the password is the one
//! that was set last.
//!
//! Few clients need that again once they are connected. So it is kept as the
//! message that it came as, which is much smaller than the core's request.

use crate::{
    config,
    own::Limits,
    wire::{self, Credentials},
};
use glide_core::ConnectionRequest;
use prost::Message;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

pub struct Settings(Mutex<Kept>);

struct Kept {
    message: Box<[u8]>,
    /// The core's, as long as somebody has it.
    request: Weak<ConnectionRequest>,
}

impl Settings {
    pub fn new(message: &wire::ConnectionRequest) -> Self {
        Settings(Mutex::new(Kept::new(message)))
    }

    /// Gives the core's request. It is the same one as before if that is still
    /// in use and nothing has changed.
    pub fn request(&self) -> Arc<ConnectionRequest> {
        let mut kept = self.lock();
        kept.request.upgrade().unwrap_or_else(|| {
            // Whoever asks is connected: the message is valid.
            let request = config::connection_request(kept.message()).unwrap_or_default();
            let request = Arc::new(request);
            kept.request = Arc::downgrade(&request);
            request
        })
    }

    pub fn limits(&self) -> Limits {
        config::own(&self.lock().message())
    }

    /// Changes what connections authenticate with.
    pub fn change_credentials(&self, change: impl FnOnce(&mut Credentials)) {
        let mut kept = self.lock();
        let mut message = kept.message();
        change(message.credentials.get_or_insert_default());
        *kept = Kept::new(&message);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Kept {
    fn new(message: &wire::ConnectionRequest) -> Self {
        Kept { message: message.encode_to_vec().into(), request: Weak::new() }
    }

    fn message(&self) -> wire::ConnectionRequest {
        // It was encoded here.
        wire::ConnectionRequest::decode(&*self.message).unwrap_or_default()
    }
}

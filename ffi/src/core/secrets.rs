//! Secrets are overwritten where they were when they are not needed any more:
//! passwords, tokens and private keys, in memory that is ours. The core's own copies
//! are not; DESIGN.md lists them.

use crate::wire;
use glide_core::ConnectionRequest;
use std::ops::Deref;
use zeroize::Zeroize;

impl Drop for wire::Credentials {
    fn drop(&mut self) {
        self.password.zeroize();
    }
}

impl Drop for wire::Tls {
    fn drop(&mut self) {
        self.client_key.zeroize();
    }
}

/// The core's request, whose secrets are overwritten when it is dropped.
#[derive(Default)]
pub struct Request(ConnectionRequest);

impl From<ConnectionRequest> for Request {
    fn from(request: ConnectionRequest) -> Self {
        Request(request)
    }
}

impl Deref for Request {
    type Target = ConnectionRequest;

    fn deref(&self) -> &ConnectionRequest {
        &self.0
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if let Some(login) = &mut self.0.authentication_info {
            login.password.zeroize();
        }
        self.0.client_key.zeroize();
    }
}

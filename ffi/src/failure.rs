//! The core's errors, as the ways a request can end.

use crate::{reply::Failure, status::Outcome};
use glide_core::client::ConnectionError;
use redis::{ErrorKind, RedisError};

/// What the core says when its inflight limit is reached; it has no kind of
/// its own for that.
const INFLIGHT_MESSAGE: &str = "Reached maximum inflight requests";

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        if error.is_timeout() {
            return Failure::new(Outcome::Timeout, "no reply in time");
        }
        if let Some(code) = error.code() {
            return Failure {
                outcome: Outcome::ServerError,
                code: code.to_owned(),
                message: error.detail().unwrap_or_default().to_owned(),
            };
        }
        let text = error.to_string();
        let outcome = match error.kind() {
            ErrorKind::FatalSendError
            | ErrorKind::FatalReceiveError
            | ErrorKind::IoError
            | ErrorKind::ProtocolDesync => Outcome::ConnectionLost,
            ErrorKind::AllConnectionsUnavailable | ErrorKind::ConnectionNotFoundForRoute => {
                Outcome::Unreachable
            }
            ErrorKind::AuthenticationFailed => Outcome::Authentication,
            ErrorKind::InvalidClientConfig | ErrorKind::RESP3NotSupported => Outcome::Configuration,
            ErrorKind::CircuitBreakerOpen => Outcome::CircuitOpen,
            ErrorKind::TypeError | ErrorKind::ParseError => Outcome::UnexpectedReply,
            ErrorKind::ClientError if text.contains(INFLIGHT_MESSAGE) => return inflight_limit(),
            ErrorKind::ClientError | ErrorKind::UserOperationError => Outcome::InvalidRequest,
            _ => Outcome::Internal,
        };
        Failure::new(outcome, text)
    }
}

impl From<ConnectionError> for Failure {
    fn from(error: ConnectionError) -> Self {
        // The core formats the underlying error into text, so the text is all
        // there is to tell a refused password from an absent server.
        let text = error.to_string().trim_end().to_owned();
        let outcome = match &error {
            ConnectionError::Configuration(_) => Outcome::Configuration,
            ConnectionError::Timeout => Outcome::Timeout,
            ConnectionError::IAMError(_) => Outcome::Authentication,
            _ if ["WRONGPASS", "NOAUTH", "NOPERM", "AuthenticationFailed", "authentication failed"]
                .iter()
                .any(|word| text.contains(word)) =>
            {
                Outcome::Authentication
            }
            _ if text.contains("InvalidClientConfig") || text.contains("invalid client config") => {
                Outcome::Configuration
            }
            _ => Outcome::Unreachable,
        };
        Failure::new(outcome, text)
    }
}

pub fn inflight_limit() -> Failure {
    Failure::new(Outcome::InflightLimit, "too many requests in flight")
}

pub fn closed() -> Failure {
    Failure::new(Outcome::Closed, "the client is closed")
}

pub fn timeout() -> Failure {
    Failure::new(Outcome::Timeout, "no reply in time")
}

pub fn panicked() -> Failure {
    Failure::new(Outcome::Internal, "a task of the library panicked")
}

//! The core's errors, as the ways a request can end.

use crate::{reply::Failure, status::Outcome};
use glide_core::client::ConnectionError;
use redis::{ErrorKind, RedisError, Value};

/// What the core says when its inflight limit is reached; it has no kind of
/// its own for that.
const INFLIGHT_MESSAGE: &str = "Reached maximum inflight requests";

/// What the core says while all connections to a cluster are being made anew.
const RECOVERY_MESSAGE: &str = "Connection in recovery";

/// How the core's errors of lazy clients begin that could not connect.
const LAZY_CONNECT_MESSAGES: [&str; 2] =
    ["Standalone connect failed", "Failed to create initial connections"];

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        if error.is_timeout() {
            return Failure::new(Outcome::Timeout, "no reply in time");
        }
        if let Some(code) = error.code() {
            let message = error.detail().unwrap_or_default().to_owned();
            return match of_the_core(code) {
                Some(outcome) => Failure::new(outcome, message),
                None => Failure { code: code.to_owned(), ..Failure::new(Outcome::ServerError, message) },
            };
        }
        let text = error.to_string();
        // A lazy client connects within its first command, and the core makes
        // a text of what comes of it.
        if LAZY_CONNECT_MESSAGES.iter().any(|message| text.contains(message)) {
            let text = text.trim_end().to_owned();
            return Failure::new(of_connecting(&text).unwrap_or(Outcome::Unreachable), text);
        }
        let outcome = match error.kind() {
            ErrorKind::FatalSendError
            | ErrorKind::FatalReceiveError
            | ErrorKind::IoError
            | ErrorKind::ParseError
            | ErrorKind::ProtocolDesync => Outcome::ConnectionLost,
            ErrorKind::AllConnectionsUnavailable | ErrorKind::ConnectionNotFoundForRoute => {
                Outcome::Unreachable
            }
            ErrorKind::AuthenticationFailed => Outcome::Authentication,
            ErrorKind::InvalidClientConfig | ErrorKind::RESP3NotSupported => Outcome::Configuration,
            ErrorKind::CircuitBreakerOpen => Outcome::CircuitOpen,
            ErrorKind::TypeError => Outcome::UnexpectedReply,
            ErrorKind::ClientError if text.contains(INFLIGHT_MESSAGE) => return inflight_limit(),
            ErrorKind::ClientError if text.contains(RECOVERY_MESSAGE) => Outcome::Unreachable,
            ErrorKind::ClientError | ErrorKind::UserOperationError => Outcome::InvalidRequest,
            _ => Outcome::Internal,
        };
        Failure::new(outcome, text)
    }
}

impl From<ConnectionError> for Failure {
    fn from(error: ConnectionError) -> Self {
        let text = error.to_string().trim_end().to_owned();
        let outcome = match &error {
            ConnectionError::Configuration(_) => Outcome::Configuration,
            ConnectionError::IAMError(_) => Outcome::Authentication,
            _ => of_connecting(&text).unwrap_or(Outcome::Unreachable),
        };
        Failure::new(outcome, text)
    }
}

/// Tells refused credentials and wrong settings from a server that is not
/// there. The core makes a text of what failed, so that is all there is to
/// go by.
pub fn of_connecting(text: &str) -> Option<Outcome> {
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if text.contains(PEER_CERTIFICATE) {
        return Some(Outcome::Certificate);
    }
    if says(&["WRONGPASS", "NOAUTH", "NOPERM", "PermissionDenied", "AuthenticationFailed", "authentication failed"]) {
        Some(Outcome::Authentication)
    } else if says(&["InvalidClientConfig", "invalid client config"]) {
        Some(Outcome::Configuration)
    } else {
        None
    }
}

/// How the core's errors say that a server's certificate was refused.
const PEER_CERTIFICATE: &str = "invalid peer certificate";

/// Says what is wrong with a server's certificate, where its error has it in
/// other words.
pub fn wrong_certificate(text: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["Expired", "expired"]) {
        " (the certificate has expired)"
    } else if says(&["NotValidYet", "not valid yet"]) {
        " (the certificate is not valid yet)"
    } else if says(&["NotValidForName", "not valid for name"]) {
        " (the certificate is another host's)"
    } else if says(&["UnknownIssuer", "BadSignature"]) {
        " (the certificate is of an authority that is not trusted)"
    } else {
        ""
    }
}

/// Tells by its code an error that the core made itself from a server's: in
/// the place of the replies of a cluster's pipeline it gives both as a
/// server's, its own under the names of their kinds.
pub fn of_the_core(code: &str) -> Option<Outcome> {
    Some(match code {
        "BrokenPipe" | "FatalReceiveError" | "FatalSendError" | "IoError" | "ParseError"
        | "ProtocolDesync" => Outcome::ConnectionLost,
        "AllConnectionsUnavailable" | "ConnectionNotFoundForRoute" => Outcome::Unreachable,
        "TypeError" => Outcome::UnexpectedReply,
        "Timeout" => Outcome::Timeout,
        _ => return None,
    })
}

impl Failure {
    /// Returns this failure as what kept a request from being answered until
    /// its time was over.
    pub fn when_time_was_over(self) -> Self {
        Failure { timed_out: true, ..self }
    }

    /// Returns this failure as that of a command of which other parts were sent:
    /// it does not say that nothing was.
    pub fn after_others_were_sent(self) -> Self {
        match self.outcome {
            Outcome::Unreachable
            | Outcome::Certificate
            | Outcome::Authentication
            | Outcome::Configuration
            | Outcome::InflightLimit
            | Outcome::CircuitOpen => Failure { outcome: Outcome::ConnectionLost, ..self },
            _ => self,
        }
    }

    /// Returns this failure as the reply to one command of several.
    pub fn into_value(self) -> Value {
        let code = match self.outcome {
            Outcome::ServerError => self.code.as_str(),
            Outcome::ConnectionLost => "FatalReceiveError",
            Outcome::Timeout => "Timeout",
            Outcome::Unreachable | Outcome::Certificate => "AllConnectionsUnavailable",
            _ => "TypeError",
        };
        // An error line is how the core makes such a value.
        let line = format!("-{code} {}", self.message).replace(['\r', '\n'], " ");
        redis::parse_redis_value(format!("{line}\r\n").as_bytes()).unwrap_or(Value::Nil)
    }
}

/// Whether nothing was run and it may be otherwise soon.
pub fn may_pass(failure: &Failure) -> bool {
    failure.outcome == Outcome::Unreachable
        || failure.outcome == Outcome::ServerError
            && matches!(
                failure.code.as_str(),
                "CLUSTERDOWN" | "LOADING" | "MASTERDOWN" | "READONLY" | "TRYAGAIN"
            )
}

/// Whether a server has refused to write because it is a replica: then nothing
/// of it was run, a transaction neither.
pub fn refuses_writes(code: &str, message: &str) -> bool {
    const REPLICA: [&str; 2] = ["READONLY", "read only replica"];
    code == "READONLY" || code == "EXECABORT" && REPLICA.iter().any(|word| message.contains(word))
}

/// Tells a server that wants other credentials by its answer to a question of
/// ours.
pub fn of_setup(answer: Failure) -> Failure {
    match answer.code.as_str() {
        "NOAUTH" | "NOPERM" | "WRONGPASS" => refused(answer),
        _ => answer,
    }
}

/// The server's answer to an AUTH, as what it means.
pub fn refused(answer: Failure) -> Failure {
    Failure::new(Outcome::Authentication, format!("{} {}", answer.code, answer.message))
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

pub fn circuit_open() -> Failure {
    Failure::new(Outcome::CircuitOpen, "the circuit breaker is open")
}

pub fn read_only() -> Failure {
    Failure::new(Outcome::InvalidRequest, "write commands are not allowed in read-only mode")
}

pub fn panicked() -> Failure {
    Failure::new(Outcome::Internal, "a task of the library panicked")
}

/// What the failures of several addresses are together.
pub fn joined(failures: Vec<Failure>) -> Failure {
    joined_or(failures, Failure::new(Outcome::Configuration, "no addresses"))
}

/// The same, or another failure if there are none.
pub fn joined_or(failures: Vec<Failure>, none: Failure) -> Failure {
    let Some(first) = failures.first() else { return none };
    let (outcome, code) = (first.outcome, first.code.clone());
    let texts: Vec<&str> = failures.iter().map(|f| f.message.as_str()).collect();
    Failure { code, ..Failure::new(outcome, texts.join("; ")) }
}

//! The core's errors, as the ways a request can end.
//!
//! What a server or the system says is reported as it is. What the core says is
//! not: it describes the core's own code. The core has no kind for some of its
//! errors, and puts its text before the server's in others, so those are
//! recognised by their texts.

use crate::{
    abi::Outcome,
    wire::failure::{
        Failure, circuit_open, inflight_limit, lost, no_connection, refused, server, timeout,
        wants_credentials,
    },
};
use glide_core::client::ConnectionError;
use redis::{ErrorKind, RedisError};
use std::fmt::{self, Write};

/// What the core says when its inflight limit is reached; it has no kind of
/// its own for that.
const INFLIGHT_MESSAGE: &str = "Reached maximum inflight requests";

/// What the core says while all connections to a cluster are being made again.
const RECOVERY_MESSAGE: &str = "Connection in recovery";

/// How the core's errors of lazy clients begin that could not connect.
const LAZY_CONNECT_MESSAGES: [&str; 2] =
    ["Standalone connect failed", "Failed to create initial connections"];

/// How the core describes an error reply whose code it knows. Errors that it makes
/// may have the same kinds.
const SIGNALLED: &str = "An error was signalled by the server";

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        if error.is_timeout() {
            return timeout();
        }
        if let Some(failure) = of_server(&error) {
            return failure;
        }
        let text = error.to_string();
        if error.kind() == ErrorKind::IoError && is_of_system(&text) {
            return Failure::new(Outcome::ConnectionLost, text);
        }
        // A lazy client connects within its first command.
        if LAZY_CONNECT_MESSAGES.iter().any(|message| text.contains(message)) {
            return no_connection();
        }
        match error.kind() {
            ErrorKind::ClientError if text.contains(INFLIGHT_MESSAGE) => inflight_limit(),
            ErrorKind::ClientError if text.contains(RECOVERY_MESSAGE) => no_connection(),
            kind => of_kind(kind),
        }
    }
}

/// Returns a server's error reply.
fn of_server(error: &RedisError) -> Option<Failure> {
    let code = error.code()?;
    let made_by_core = match error.kind() {
        ErrorKind::ExtensionError => of_core(code).is_some(),
        _ => !says_first(error, SIGNALLED),
    };
    (!made_by_core).then(|| server(code, error.detail().unwrap_or_default()))
}

/// Reports whether what an error says begins with a text. It may say very much,
/// which is not written for that.
fn says_first(error: &RedisError, text: &str) -> bool {
    let mut left = Left(text);
    // It fails at the end of the text.
    let _ = write!(left, "{error}");
    left.0.is_empty()
}

/// What is left of a text when that which is written is taken off its beginning.
struct Left<'a>(&'a str);

impl fmt::Write for Left<'_> {
    fn write_str(&mut self, written: &str) -> fmt::Result {
        match self.0.strip_prefix(written) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => {
                if written.starts_with(self.0) {
                    self.0 = "";
                }
                Err(fmt::Error)
            }
        }
    }
}

/// Reports whether a text is the system's, or that of the TLS below a connection,
/// which the core passes on.
fn is_of_system(text: &str) -> bool {
    text.contains("(os error ") || text.contains("received fatal alert")
}

/// Returns an error of the core as what it means.
fn of_kind(kind: ErrorKind) -> Failure {
    match kind {
        ErrorKind::FatalSendError | ErrorKind::FatalReceiveError | ErrorKind::IoError => lost(),
        ErrorKind::ParseError | ErrorKind::ProtocolDesync => {
            Failure::new(Outcome::ConnectionLost, "what the server sent cannot be understood")
        }
        ErrorKind::AllConnectionsUnavailable
        | ErrorKind::ConnectionNotFoundForRoute
        | ErrorKind::Moved
        | ErrorKind::Ask
        | ErrorKind::TryAgain
        | ErrorKind::ClusterDown
        | ErrorKind::MasterDown
        | ErrorKind::NotAllSlotsCovered
        | ErrorKind::MasterNameNotFoundBySentinel
        | ErrorKind::NoValidReplicasFoundBySentinel => no_connection(),
        ErrorKind::AuthenticationFailed | ErrorKind::PermissionDenied => {
            Failure::new(Outcome::Authentication, "")
        }
        ErrorKind::InvalidClientConfig | ErrorKind::EmptySentinelList => {
            Failure::new(Outcome::Configuration, "the settings cannot be used")
        }
        ErrorKind::RESP3NotSupported => {
            Failure::new(Outcome::Configuration, "the server does not speak RESP3")
        }
        ErrorKind::CircuitBreakerOpen => circuit_open(),
        ErrorKind::TypeError | ErrorKind::ResponseError | ErrorKind::ExtensionError => {
            Failure::new(
                Outcome::UnexpectedReply,
                "it has not the form that the command's replies have",
            )
        }
        ErrorKind::ClientError | ErrorKind::UserOperationError => {
            Failure::new(Outcome::InvalidRequest, "the command cannot be sent as it is")
        }
        _ => Failure::new(Outcome::Internal, ""),
    }
}

/// Tells by its code an error that the core made itself: where it puts both in
/// the place of replies, its own have the names of their kinds as codes.
fn of_core(code: &str) -> Option<Failure> {
    let kind = match code {
        "Timeout" => return Some(timeout()),
        "BrokenPipe" | "FatalReceiveError" | "FatalSendError" | "IoError" => ErrorKind::IoError,
        "ParseError" | "ProtocolDesync" => ErrorKind::ParseError,
        "AllConnectionsUnavailable" | "ConnectionNotFoundForRoute" => {
            ErrorKind::AllConnectionsUnavailable
        }
        "TypeError" => ErrorKind::TypeError,
        "ClientError" => ErrorKind::ClientError,
        "AuthenticationFailed" => ErrorKind::AuthenticationFailed,
        _ => return None,
    };
    Some(of_kind(kind))
}

impl From<ConnectionError> for Failure {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::Configuration(_) => of_kind(ErrorKind::InvalidClientConfig),
            ConnectionError::IAMError(_) => {
                Failure::new(Outcome::Authentication, "no token could be made")
            }
            ConnectionError::Timeout => Failure::new(Outcome::Unreachable, "timed out"),
            ConnectionError::IoError(error) => {
                let text = error.to_string();
                match is_of_system(&text) {
                    true => Failure::new(Outcome::Unreachable, text),
                    false => no_connection(),
                }
            }
            ConnectionError::Cluster(error) => connecting(error.into()),
            // What is inside has no public name, only a text.
            ConnectionError::Standalone(error) => connecting(of_text(&format!("{error:?}"))),
        }
    }
}

/// Returns what kept the core from connecting.
fn connecting(failure: Failure) -> Failure {
    match failure.outcome {
        Outcome::Authentication | Outcome::Configuration | Outcome::Certificate => failure,
        Outcome::ServerError if wants_credentials(&failure.code) => refused(failure),
        _ => no_connection(),
    }
}

/// Tells by its text what an error of the core is about.
fn of_text(text: &str) -> Failure {
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if is_about_certificate(text) {
        Failure::new(Outcome::Certificate, wrong_certificate(text).trim())
    } else if says(&["WRONGPASS", "NOAUTH", "NOPERM", "PermissionDenied", "AuthenticationFailed"]) {
        of_kind(ErrorKind::AuthenticationFailed)
    } else if says(&["InvalidClientConfig"]) {
        of_kind(ErrorKind::InvalidClientConfig)
    } else {
        no_connection()
    }
}

/// Reports whether an error says that a server's certificate was refused.
pub fn is_about_certificate(text: &str) -> bool {
    text.contains("invalid peer certificate")
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    /// Words that only the core uses.
    const WORDS: [&str; 20] = [
        "Error",
        "Redis",
        "redis",
        "Fatal",
        "channel",
        "RecvError",
        "topology",
        "recovery",
        "Multiplexed",
        "signalled",
        "description",
        "detail",
        "kind",
        "Standalone",
        "Unavailable",
        "Desync",
        "Sentinel",
        "Iam",
        "AWS",
        "unexpectedly",
    ];

    /// What the core has been seen to say.
    const TEXTS: [&str; 8] = [
        "FatalReceiveError: channel closed",
        "RecvError(())",
        "No topology views found",
        "Connection in recovery",
        "Multiplexed connection driver unexpectedly terminated",
        "Redis server refused to switch database",
        "Standalone connect failed: description",
        "Failed to create initial connections",
    ];

    const KINDS: [ErrorKind; 32] = [
        ErrorKind::ResponseError,
        ErrorKind::ParseError,
        ErrorKind::AuthenticationFailed,
        ErrorKind::PermissionDenied,
        ErrorKind::TypeError,
        ErrorKind::ExecAbortError,
        ErrorKind::BusyLoadingError,
        ErrorKind::NoScriptError,
        ErrorKind::InvalidClientConfig,
        ErrorKind::Moved,
        ErrorKind::Ask,
        ErrorKind::TryAgain,
        ErrorKind::ClusterDown,
        ErrorKind::CrossSlot,
        ErrorKind::MasterDown,
        ErrorKind::IoError,
        ErrorKind::FatalSendError,
        ErrorKind::FatalReceiveError,
        ErrorKind::ClientError,
        ErrorKind::CircuitBreakerOpen,
        ErrorKind::ExtensionError,
        ErrorKind::ReadOnly,
        ErrorKind::MasterNameNotFoundBySentinel,
        ErrorKind::NoValidReplicasFoundBySentinel,
        ErrorKind::EmptySentinelList,
        ErrorKind::NotBusy,
        ErrorKind::AllConnectionsUnavailable,
        ErrorKind::ConnectionNotFoundForRoute,
        ErrorKind::RESP3NotSupported,
        ErrorKind::NotAllSlotsCovered,
        ErrorKind::UserOperationError,
        ErrorKind::ProtocolDesync,
    ];

    fn check(failure: &Failure, of: &str) {
        for word in WORDS {
            assert!(!failure.text().contains(word), "{of}: {}", failure.text());
        }
        let about_server = failure.outcome == Outcome::ServerError;
        assert!(!about_server && failure.code.is_empty(), "{of} is no server's: {failure:?}");
    }

    #[test]
    fn core_has_no_say() {
        for kind in KINDS {
            for text in TEXTS {
                check(&RedisError::from((kind, text)).into(), &format!("{kind:?}, {text}"));
                let error = RedisError::from((kind, text, "detail of a kind".to_owned()));
                check(&error.into(), &format!("{kind:?}, {text} with detail"));
            }
        }
    }

    #[test]
    fn core_has_no_say_in_connecting() {
        let io = || io::Error::other("RecvError(())");
        let errors = [
            ConnectionError::Timeout,
            ConnectionError::IoError(io()),
            ConnectionError::Configuration("Failed to create: description".into()),
            ConnectionError::IAMError("IAM description of AWS".into()),
        ];
        for error in errors {
            let of = error.to_string();
            check(&error.into(), &of);
        }
        for kind in KINDS {
            for text in TEXTS {
                let error = ConnectionError::Cluster(RedisError::from((kind, text)));
                check(&error.into(), &format!("{kind:?}, {text}"));
            }
        }
    }

    #[test]
    fn server_and_system_are_told() {
        let lines = [
            "ERR max number of clients reached",
            "WRONGPASS invalid",
            "LOADING it is loading",
            "MOVED 1 host:1",
            "NOPERM no",
            "READONLY no",
            "CUSTOM text",
            "EXECABORT no",
        ];
        for line in lines {
            let value = redis::parse_redis_value(format!("-{line}\r\n").as_bytes());
            let Ok(redis::Value::ServerError(error)) = value else { panic!("{line}") };
            let failure = Failure::from(RedisError::from(error));
            assert_eq!((failure.outcome, failure.text()), (Outcome::ServerError, line.to_owned()));
        }
        for line in [format!("ERR {}", "x".repeat(1 << 20)), "X".repeat(1 << 20)] {
            let value = redis::parse_redis_value(format!("-{line}\r\n").as_bytes());
            let Ok(redis::Value::ServerError(error)) = value else { panic!("no error") };
            let failure = Failure::from(RedisError::from(error));
            assert_eq!(failure.outcome, Outcome::ServerError);
            assert!(failure.text().len() < 8 << 10 && failure.text().contains(" bytes in all)"));
        }
        let refused = io::Error::from_raw_os_error(111);
        let failure = Failure::from(RedisError::from(refused));
        assert_eq!(failure.outcome, Outcome::ConnectionLost);
        assert!(failure.message.ends_with("(os error 111)"), "{}", failure.message);
    }
}

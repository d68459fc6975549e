//! How a request fails.

use crate::abi::Outcome;
use std::{borrow::Cow, io};

/// A failure as it crosses the boundary. The message names no argument.
#[derive(Clone, Debug)]
pub struct Failure {
    pub outcome: Outcome,
    /// The server's, if one has said why. Unless it is the outcome, the
    /// message has it, too.
    pub code: String,
    pub message: String,
    /// It would have been tried again if there had been more time.
    pub timed_out: bool,
    /// Another try to connect would only meet the same.
    pub lasting: bool,
}

impl Failure {
    pub fn new(outcome: Outcome, message: impl Into<String>) -> Self {
        Failure {
            outcome,
            code: String::new(),
            message: message.into(),
            timed_out: false,
            lasting: false,
        }
    }
}

/// The texts of errors and log records are cut after so many bytes.
const ERROR_MAX: usize = 4096;

/// Returns the text of an error, or its beginning and how long it is if it is very
/// long. What was shortened stays as it is.
pub fn shortened(text: &str) -> Cow<'_, str> {
    /// How long that may be which is added.
    const SUFFIX: usize = 64;
    if text.len() <= ERROR_MAX {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(ERROR_MAX - SUFFIX);
    Cow::Owned(format!("{} ({} bytes in all)", &text[..end], text.len()))
}

/// Returns what the system, or the TLS below a connection, says of an error.
pub fn system_text(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::WriteZero | io::ErrorKind::BrokenPipe => {
            CLOSED.to_owned()
        }
        _ => error.to_string(),
    }
}

/// What is said of a connection that was closed from the other side.
pub const CLOSED: &str = "the server closed the connection";

impl Failure {
    /// Returns this failure as what kept a request from being answered until
    /// its time was over.
    pub fn when_time_was_over(self) -> Self {
        Failure { timed_out: true, ..self }
    }

    /// Returns this failure as that of a command of which other parts were sent:
    /// it does not say that nothing was.
    pub fn after_others_were_sent(self) -> Self {
        let unsent = matches!(self.outcome, Outcome::InflightLimit | Outcome::CircuitOpen);
        match unsent || self.is_about_connecting() {
            true => Failure { outcome: Outcome::ConnectionLost, ..self },
            false => self,
        }
    }

    /// Reports whether no connection could be made: nothing was sent.
    pub fn is_about_connecting(&self) -> bool {
        matches!(
            self.outcome,
            Outcome::Unreachable
                | Outcome::Certificate
                | Outcome::Authentication
                | Outcome::Configuration
        )
    }

    /// Returns this failure with the address of the server that it is about.
    pub fn at(self, address: &impl std::fmt::Display) -> Self {
        let message = match self.message.as_str() {
            "" => address.to_string(),
            message => format!("{address}: {message}"),
        };
        Failure { message, ..self }
    }

    /// Returns a server's error as what it means where it is no reply to a
    /// command of the caller's. The message then has the code in it.
    pub fn meaning(self, outcome: Outcome) -> Self {
        Failure { outcome, message: self.text(), ..self }
    }

    /// Returns all that it says, a server's code included.
    pub fn text(&self) -> String {
        match self.outcome {
            Outcome::ServerError => format!("{} {}", self.code, self.message).trim_end().to_owned(),
            _ => self.message.clone(),
        }
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

/// Reports whether a code says that a server wants other credentials, or a
/// user who may do more.
pub fn wants_credentials(code: &str) -> bool {
    matches!(code, "DENIED" | "NOAUTH" | "NOPERM" | "WRONGPASS")
}

/// Tells a server that wants other credentials by its answer to a question of
/// ours.
pub fn of_setup(answer: Failure) -> Failure {
    match wants_credentials(&answer.code) {
        true => refused(answer),
        false => answer,
    }
}

/// The server's answer to an AUTH, as what it means.
pub fn refused(answer: Failure) -> Failure {
    answer.meaning(Outcome::Authentication)
}

/// A server's error reply.
pub fn server(code: &str, message: &str) -> Failure {
    let failure = Failure::new(Outcome::ServerError, shortened(message));
    Failure { code: shortened(code).into_owned(), ..failure }
}

pub fn lost() -> Failure {
    Failure::new(Outcome::ConnectionLost, "")
}

pub fn no_connection() -> Failure {
    Failure::new(Outcome::Unreachable, "there is no connection")
}

pub fn inflight_limit() -> Failure {
    Failure::new(Outcome::InflightLimit, "too many requests in flight")
}

pub fn dedicated_limit() -> Failure {
    Failure::new(Outcome::InflightLimit, "as many connections are in use as DedicatedLimit allows")
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

/// The same, or another failure if there are none. What kind it is says the
/// first.
pub fn joined_or(failures: Vec<Failure>, none: Failure) -> Failure {
    let mut failures = failures.into_iter();
    let Some(mut first) = failures.next() else { return none };
    for other in failures {
        first.message = format!("{}; {}", first.message, other.text());
        first.lasting &= other.lasting;
        if first.code != other.code {
            first.code.clear();
        }
    }
    first
}

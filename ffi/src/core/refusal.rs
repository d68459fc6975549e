//! Why a connection could not be made, and whether another try may succeed.

use crate::{
    abi::Outcome,
    defects::{error_text, refusals::Listener},
    wire::{
        address::Address,
        failure::{self, CLOSED, Failure},
    },
};
use glide_core::{ConnectionRequest, client::TlsMode};
use redis::RedisError;
use std::io;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encryption {
    None,
    OneSided,
    /// The client shows a certificate, too.
    Mutual,
}

impl Encryption {
    fn of(request: &ConnectionRequest) -> Self {
        if request.tls_mode == Some(TlsMode::NoTls) {
            Encryption::None
        } else if request.client_cert.is_empty() && request.client_cert_path.is_none() {
            Encryption::OneSided
        } else {
            Encryption::Mutual
        }
    }

    /// Returns what may be the cause of a failure.
    fn hint(self, failure: &Failure) -> &'static str {
        let text = failure.message.as_str();
        let closed = text == CLOSED || text.contains("reset") || text.contains("alert");
        match self {
            _ if failure.outcome == Outcome::Certificate => error_text::wrong_certificate(text),
            Encryption::None if closed => " (does it expect TLS?)",
            Encryption::OneSided | Encryption::Mutual if text.contains("InvalidContentType") => {
                " (does it speak TLS?)"
            }
            // With TLS 1.3 a server refuses the client's certificate, or the lack
            // of one, when the client already takes the connection for made.
            Encryption::OneSided if closed => " (does it expect a client certificate?)",
            Encryption::Mutual if closed => " (does it accept the client certificate?)",
            _ => "",
        }
    }
}

/// Says that a server did not answer in time.
pub fn silent(request: &ConnectionRequest, address: &Address) -> Failure {
    let hint = match Encryption::of(request) {
        Encryption::None => "",
        _ => " (does it speak TLS?)",
    };
    Failure::new(Outcome::Unreachable, format!("timed out{hint}")).at(address)
}

/// Says why a socket could not be opened.
pub fn unopened(request: &ConnectionRequest, address: &Address, error: &io::Error) -> Failure {
    let text = failure::system_text(error);
    let outcome = match error_text::is_about_certificate(&text) {
        true => Outcome::Certificate,
        false => Outcome::Unreachable,
    };
    // A name that is not known, and what is no TLS.
    let lasting = text.contains("InvalidContentType")
        || text.contains("failed to lookup address") && !text.contains("Temporary failure");
    let failure = Failure { lasting, ..Failure::new(outcome, text) };
    hinted(request, address, failure)
}

/// Says why a connection could not be set up on an open socket.
pub fn refused(
    request: &ConnectionRequest,
    address: &Address,
    error: RedisError,
    listener: &Listener,
) -> Failure {
    let failure = Failure::from(error);
    let closed = matches!(failure.outcome, Outcome::ConnectionLost | Outcome::Internal);
    if let Some((code, message)) = listener.error(closed) {
        let answer = failure::server(&code, &message);
        let outcome = meaning(&answer);
        let lasting = outcome != Outcome::Unreachable;
        return Failure { lasting, ..answer.meaning(outcome) }.at(address);
    }
    if let Some(may_be_tls) = listener.foreign() {
        let hint = match may_be_tls {
            true => " (does it expect TLS?)",
            false => " (is it a Valkey or Redis server?)",
        };
        let text = format!("what it sends cannot be understood{hint}");
        return Failure { lasting: true, ..Failure::new(Outcome::Unreachable, text) }.at(address);
    }
    let failure = match failure.outcome {
        Outcome::ServerError => {
            let outcome = meaning(&failure);
            failure.meaning(outcome)
        }
        Outcome::ConnectionLost if failure.message.is_empty() => {
            Failure::new(Outcome::Unreachable, CLOSED)
        }
        // What cannot be understood is not what a server says.
        Outcome::ConnectionLost => {
            let lasting = !failure.message.contains("reset") && failure.message != CLOSED;
            Failure { outcome: Outcome::Unreachable, lasting, ..failure }
        }
        Outcome::Authentication | Outcome::Configuration => failure,
        _ => Failure { outcome: Outcome::Unreachable, ..failure },
    };
    hinted(request, address, failure)
}

/// Returns what it means that a server refuses to set up a connection.
fn meaning(answer: &Failure) -> Outcome {
    let says = |words: &[&str]| words.iter().any(|word| answer.message.contains(word));
    match answer.code.as_str() {
        code if failure::wants_credentials(code) => Outcome::Authentication,
        "ERR" if says(&["max number of clients"]) => Outcome::Unreachable,
        // Of servers before version 6.
        "ERR" if says(&["AUTH", "auth", "password"]) => Outcome::Authentication,
        "BUSY" | "CLUSTERDOWN" | "LOADING" | "MASTERDOWN" | "TRYAGAIN" => Outcome::Unreachable,
        _ => Outcome::Configuration,
    }
}

fn hinted(request: &ConnectionRequest, address: &Address, failure: Failure) -> Failure {
    let text = failure.message.as_str();
    // What a server says of RESP's versions reads much the same.
    let encrypted = Encryption::of(request) != Encryption::None && failure.code.is_empty();
    if encrypted && (text.contains("ProtocolVersion") || text.contains("protocol version")) {
        let text = "the server does not speak a version of TLS that TLS.MinVersion allows";
        return Failure::new(Outcome::Configuration, text).at(address);
    }
    let hint = Encryption::of(request).hint(&failure);
    let message = format!("{}{hint}", failure.message);
    Failure { message, ..failure }.at(address)
}

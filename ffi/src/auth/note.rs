//! What commands of the caller's own change of how a client connects.

use crate::{abi::Outcome, client::Client, routing::Router, wire::failure::Failure};
use redis::{Cmd, cluster_routing::Routable};
use zeroize::Zeroize;

/// Remembers what a command of the caller's own has changed, so that
/// connections to come are as the others.
pub fn note(client: &Client, cmd: &Cmd) {
    let Some(name) = cmd.command() else { return };
    let word = |at| cmd.arg_idx(at).and_then(|word| String::from_utf8(word.to_vec()).ok());
    match name.as_slice() {
        b"AUTH" => match (word(1), word(2)) {
            (Some(username), Some(password)) => note_login(client, Some(username), password),
            (Some(password), None) => note_login(client, None, password),
            (None, _) => {}
        },
        b"HELLO" => note_hello(client, cmd),
        b"SELECT" => {
            if let Some(database) = word(1).and_then(|number| number.parse().ok()) {
                client.settings.change(|message| message.database = database);
            }
        }
        b"CLIENT SETNAME" => {
            client.settings.change(|message| message.client_name = word(2).unwrap_or_default());
        }
        b"RESET" => client.settings.change(|message| {
            message.database = 0;
            message.client_name.clear();
            message.set_protocol(crate::wire::Protocol::Resp2);
        }),
        _ => {}
    }
}

/// Replaces the connections after a command of the caller's own of which it is not
/// known what it has changed there: new ones are as the client takes them to be.
pub fn reconnect_if_unknown(router: &Router, cmd: &Cmd, failure: &Failure) {
    let is_unknown = matches!(failure.outcome, Outcome::Timeout | Outcome::ConnectionLost);
    let Some(name) = cmd.command().filter(|_| is_unknown) else { return };
    if matches!(name.as_slice(), b"AUTH" | b"CLIENT SETNAME" | b"SELECT") {
        for node in router.in_use() {
            if let Some(link) = node.any_link() {
                node.reconnect(&link);
            }
        }
    }
}

fn note_hello(client: &Client, cmd: &Cmd) {
    let word = |at| cmd.arg_idx(at).and_then(|word| String::from_utf8(word.to_vec()).ok());
    let words = cmd.args_iter().len();
    let position = |name: &str| {
        (2..words).find(|&at| word(at).is_some_and(|word| word.eq_ignore_ascii_case(name)))
    };
    let protocol = match word(1).as_deref() {
        Some("2") => Some(crate::wire::Protocol::Resp2),
        Some("3") => Some(crate::wire::Protocol::Resp3),
        _ => None,
    };
    let name = position("SETNAME").and_then(|at| word(at + 1));
    client.settings.change(|message| {
        if let Some(protocol) = protocol {
            message.set_protocol(protocol);
        }
        if let Some(name) = name {
            message.client_name = name;
        }
    });
    if let Some(at) = position("AUTH")
        && let (username, Some(password)) = (word(at + 1), word(at + 2))
    {
        note_login(client, username, password);
    }
}

fn note_login(client: &Client, username: Option<String>, password: String) {
    client.settings.change_credentials(|login| {
        login.username = username.or(login.username.take());
        login.password.zeroize();
        login.password = Some(password);
    });
}

//! Asks a cluster's nodes.

use super::node::{self, Node, View};
use crate::{
    abi::Outcome,
    command::{
        call::{Start, call},
        servers::Servers,
        target,
    },
    core::calls::Patience,
    wire::failure::Failure,
};
use redis::Value;

/// Asks a node what it is and what it sees.
pub async fn node(
    servers: &Servers,
    at: &target::Node,
    patience: Patience,
) -> Result<(Node, View), Failure> {
    let nodes = text(servers, &["CLUSTER", "NODES"], at, patience).await?;
    let run = match text(servers, &["INFO", "server"], at, patience).await {
        Ok(info) => info
            .lines()
            .find_map(|line| line.strip_prefix("run_id:"))
            .unwrap_or_default()
            .to_owned(),
        // Not every user may ask for it.
        Err(failure) if failure.outcome == Outcome::ServerError && !failure.timed_out => {
            String::new()
        }
        Err(failure) => return Err(failure),
    };
    node::read(&nodes, run).ok_or_else(|| unexpected("CLUSTER NODES"))
}

pub fn unexpected(command: &str) -> Failure {
    Failure::new(
        Outcome::UnexpectedReply,
        format!("{command} was answered otherwise than it should be"),
    )
}

async fn text(
    servers: &Servers,
    words: &[&str; 2],
    at: &target::Node,
    patience: Patience,
) -> Result<String, Failure> {
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(words[1]);
    match call(servers, &cmd, at.clone(), Start::default(), patience).await? {
        Value::BulkString(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Value::VerbatimString { text, .. } | Value::SimpleString(text) => Ok(text),
        _ => Err(unexpected(&words.join(" "))),
    }
}

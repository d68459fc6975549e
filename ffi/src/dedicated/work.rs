//! What a request sends on its dedicated connection.

use crate::{
    abi::Outcome,
    client::Client,
    command::{
        batch, compress::compress, read_only::writes_no_key, redirect::is_script, servers::Servers,
        sharing::Sending,
    },
    wire::{
        command::command,
        failure::{self, Failure},
        request::Body,
    },
};
use redis::{Cmd, Pipeline};
use std::sync::Arc;

/// What a request sends.
pub enum Work {
    One(Arc<Cmd>),
    Many(Pipeline),
}

impl Work {
    /// Reads what a request sends.
    pub fn of(client: &Client, servers: &Servers, body: Body<'_>) -> Result<Self, Failure> {
        match body {
            Body::Command(words) => {
                let cmd = command(&words);
                if client.policy.read_only && !writes_no_key(&cmd) {
                    return Err(failure::read_only());
                }
                let cmd = compress(servers.conversion.compression().as_deref(), cmd)?;
                Ok(Work::One(Arc::new(cmd)))
            }
            Body::Batch(batch) => {
                let mut pipeline = Pipeline::with_capacity(batch.count);
                let of_cluster = client.policy.cluster;
                let sending =
                    Sending { batch: true, atomic: true, of_cluster, ..Sending::default() };
                for (at, words) in batch.commands().enumerate() {
                    if batch.atomic {
                        // Between MULTI and EXEC not even here.
                        batch::shareable(sending, at, &words)?;
                    }
                    pipeline.add_command(batch::batched(client, servers, &words)?);
                }
                if batch.atomic {
                    pipeline.atomic();
                }
                Ok(Work::Many(pipeline))
            }
            Body::Scan(_) | Body::SubscriptionChange(_) | Body::CredentialChange(_) => {
                Err(Failure::new(Outcome::InvalidRequest, "it needs no dedicated connection"))
            }
        }
    }

    pub fn commands(&self) -> Vec<Arc<Cmd>> {
        match self {
            Work::One(cmd) => vec![cmd.clone()],
            Work::Many(pipeline) => pipeline.commands().to_vec(),
        }
    }

    /// Reports whether it runs a script, which may answer with any error it likes
    /// after it has run.
    pub fn runs_script(&self) -> bool {
        match self {
            Work::One(cmd) => is_script(cmd),
            Work::Many(pipeline) => pipeline.commands().iter().any(|cmd| is_script(cmd)),
        }
    }
}

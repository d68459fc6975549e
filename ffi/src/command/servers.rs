//! What runs requests on servers.

use super::classify::{Mode, mode};
use crate::{
    client::{Backend, Client},
    core::{cache::Cache, config::Policy},
    defects::{conversion::Conversion, search},
    event_loop::observer::{Counters, Tracer},
    routing::Router,
    wire::reply::Reply,
};
use redis::{Cmd, Value};
use std::sync::Arc;

/// What runs requests on servers.
#[derive(Clone)]
pub struct Servers {
    pub router: Arc<Router>,
    pub conversion: Arc<Conversion>,
    /// Records how the request goes that is run.
    pub tracer: Tracer,
    /// Replies stay as the servers send them.
    pub as_sent: bool,
}

impl Servers {
    /// Returns what runs a client's requests, once they may come.
    pub fn of(client: &Client) -> Option<Self> {
        let Backend::Servers(connecting) = &client.backend else { return None };
        let conversion = connecting.conversion.get()?.clone();
        let tracer = Tracer::default();
        Some(Servers { router: connecting.router.clone(), conversion, tracer, as_sent: false })
    }

    /// Returns what runs one request, and records how it goes.
    pub fn traced(&self) -> Self {
        Servers { tracer: self.router.observer().tracer(), ..self.clone() }
    }

    /// Records that a request, or a part of it, is sent again.
    pub fn resent(&self) {
        self.tracer.resent();
        Counters::add(&self.router.observer().counters.resends, 1);
    }

    /// Returns what runs requests whose replies are in a form.
    pub fn in_form(&self, as_sent: bool) -> Self {
        Servers { as_sent, ..self.clone() }
    }

    /// Returns the client's cache, if it has one.
    pub fn cache(&self) -> Option<&Arc<Cache>> {
        self.router.connector().cache()
    }

    /// Reports whether the core converts a command's replies.
    pub fn needs_conversion(&self, cmd: &Cmd) -> bool {
        let words = cmd.args_iter().len();
        let name = cmd.arg_idx(0).unwrap_or_default();
        mode(Policy::default(), name, words, true) != Mode::Coalesced
    }

    /// Converts and decompresses a command's reply, on another thread if that
    /// may take long.
    pub async fn convert(&self, cmd: &Cmd, reply: Value) -> Reply {
        match self.is_as_sent(cmd, &reply) {
            true => Ok(reply),
            false => self.conversion.convert(cmd, reply).await,
        }
    }

    /// Converts and decompresses a command's reply here and now.
    pub fn convert_here(&self, cmd: &Cmd, reply: Value) -> Reply {
        match self.is_as_sent(cmd, &reply) {
            true => Ok(reply),
            false => self.conversion.convert_here(cmd, reply),
        }
    }

    /// Reports whether a reply stays as the server sent it.
    pub fn is_as_sent(&self, cmd: &Cmd, reply: &Value) -> bool {
        // Values that the client has compressed are decompressed in any case. The
        // core decompresses only replies that it does not convert.
        let compresses = || self.conversion.compression().is_some();
        let changes = || match self.as_sent {
            true => compresses() && !self.needs_conversion(cmd),
            false => compresses() || self.needs_conversion(cmd),
        };
        let is_query = || search::is_query(cmd.arg_idx(0).unwrap_or_default());
        matches!(reply, Value::ServerError(_)) || !changes() || is_query()
    }
}

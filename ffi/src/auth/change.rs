//! Changes of what a client authenticates with.
//!
//! Connections that are made take what is right at that moment, so a new
//! password only has to be remembered. Before it is, it is tried: a wrong one
//! would lock the client out.

use crate::{
    abi::Outcome,
    client::Client,
    command::servers::Servers,
    core::{
        calls::{Deadline, bounded},
        connect::Connector,
    },
    event_loop::ticket::Ticket,
    routing::node::{Link, NodeClient, Unanswered},
    wire::{
        address::Address,
        failure::{self, Failure},
        request::Login,
    },
};
use redis::Value;
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;
use zeroize::{Zeroize, Zeroizing};

/// Starts a change. It is answered with OK.
pub fn start(
    client: &Arc<Client>,
    servers: &Servers,
    ticket: Ticket,
    deadline: Deadline,
    login: Login<'_>,
) {
    let change = match Change::of(client, servers, login) {
        Ok(change) => change,
        Err(failure) => return ticket.complete(Err(failure)),
    };
    let (client, servers) = (client.clone(), servers.clone());
    let engine = client.engine;
    engine.runtime.spawn(async move {
        let work = async {
            let _alone = deadline.bound(client.login.lock()).await?;
            change.run(&client, &servers, deadline).await
        };
        if let Some(result) = client.until_closed(work).await {
            ticket.complete(result.map(|()| Value::Okay));
        }
    });
}

enum Change {
    /// For connections to come.
    Later(Option<Zeroizing<String>>),
    /// For those that there are, too.
    Now(Zeroizing<String>),
    /// A new token, at once.
    Token,
}

impl Change {
    fn of(client: &Client, servers: &Servers, login: Login<'_>) -> Result<Self, Failure> {
        let invalid = |message| Err(Failure::new(Outcome::InvalidRequest, message));
        if servers.router.connector().logins.are_supplied() {
            return invalid("the client asks a function for its credentials");
        }
        let request = client.settings.request();
        let by_token = request.authentication_info.as_ref().is_some_and(|l| l.iam_config.is_some());
        match (by_token, login.renew_token, login.password, login.immediately) {
            (true, true, ..) => Ok(Change::Token),
            (false, true, ..) => invalid("the client does not authenticate with IAM tokens"),
            (true, false, ..) => invalid("the client authenticates with IAM tokens"),
            (_, _, Some(""), _) => invalid("empty password"),
            (_, _, None, true) => invalid("no password to authenticate with"),
            (_, _, Some(password), true) => Ok(Change::Now(password.to_owned().into())),
            (_, _, password, false) => {
                Ok(Change::Later(password.map(|password| password.to_owned().into())))
            }
        }
    }

    async fn run(
        self,
        client: &Arc<Client>,
        servers: &Servers,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        match self {
            Change::Token => renew_token(client, servers, deadline).await,
            Change::Later(password) => {
                remember(client, servers, password);
                Ok(())
            }
            Change::Now(password) => {
                let username = username(client);
                let nodes = servers.router.in_use();
                match authenticate(&nodes, &username, &password, deadline.half()).await {
                    Ok(()) => {}
                    // It is wrong.
                    Err(failure) if failure.outcome == Outcome::ServerError => {
                        return Err(failure::refused(failure));
                    }
                    // It may be right where there is no connection to try it on.
                    Err(_) => deadline.bound(try_anew(client, servers, &password)).await??,
                }
                remember(client, servers, Some(password.clone()));
                authenticate_messages(client, &username, &password, deadline).await;
                // It is in force, whether or not a client that had not connected
                // yet does so in time.
                let _ = deadline.bound(servers.router.ready()).await;
                Ok(())
            }
        }
    }
}

fn username(client: &Client) -> Option<String> {
    client.settings.request().authentication_info.as_ref().and_then(|login| login.username.clone())
}

/// Authenticates on the connections that messages come on, too. The password is
/// right: one that is not answered there is lost, and the next is made with it.
async fn authenticate_messages(
    client: &Client,
    username: &Option<String>,
    password: &str,
    deadline: Deadline,
) {
    let _ = authenticate(&client.pubsub.nodes(), username, password, deadline.half()).await;
}

/// Authenticates on every connection. It fails if a server refuses, or if there
/// is no connection.
async fn authenticate(
    nodes: &[Arc<NodeClient>],
    username: &Option<String>,
    password: &str,
    timeout: Option<Duration>,
) -> Result<(), Failure> {
    let mut auth = redis::cmd("AUTH");
    if let Some(username) = username {
        auth.arg(username);
    }
    auth.arg(password);
    let links: Vec<(Arc<NodeClient>, Link)> =
        nodes.iter().filter_map(|node| Some((node.clone(), node.any_link()?))).collect();
    if links.is_empty() {
        return Err(Failure::new(Outcome::Unreachable, "there is no connection"));
    }
    let mut asking = JoinSet::new();
    for (node, link) in links {
        let auth = auth.clone();
        asking.spawn(async move {
            bounded(timeout, async {
                let reply = node.send(&link, &auth).await.map_err(Unanswered::into_failure)?;
                Ok(reply.map(drop)?)
            })
            .await
            .flatten()
        });
    }
    let mut failures: Vec<Failure> = Vec::new();
    while let Some(asked) = asking.join_next().await {
        failures.extend(asked.map_err(|_| failure::panicked())?.err());
    }
    // What a server says counts more than that another is silent.
    let refused = failures.iter().position(|failure| failure.outcome == Outcome::ServerError);
    match refused.or(failures.len().checked_sub(1)) {
        Some(at) => Err(failures.swap_remove(at)),
        None => Ok(()),
    }
}

/// Connects anew with a password to any of the servers, to try it.
async fn try_anew(client: &Client, servers: &Servers, password: &str) -> Result<(), Failure> {
    let settings = client.settings.with(|message| {
        let credentials = message.credentials.get_or_insert_default();
        credentials.password.zeroize();
        credentials.password = Some(password.to_owned());
    })?;
    let connector = Arc::new(Connector::new(client.engine, settings));
    let request = connector.request();
    let mut addresses = servers.router.addresses();
    addresses.extend(request.addresses.iter().map(Address::from));
    addresses.sort();
    addresses.dedup();
    let mut trying = JoinSet::new();
    for address in addresses {
        let connector = connector.clone();
        trying.spawn(async move { connector.dedicated(&address).await.map(drop) });
    }
    let mut failures = Vec::new();
    while let Some(tried) = trying.join_next().await {
        match tried.map_err(|_| failure::panicked())? {
            Ok(()) => return Ok(()),
            Err(failure) => failures.push(failure),
        }
    }
    let refused = failures.iter().position(|failure| failure.outcome == Outcome::Authentication);
    match refused {
        Some(at) => Err(failures.swap_remove(at)),
        None => Err(failure::joined(failures)),
    }
}

/// Sets what connections are made with from now on; those that are being made
/// try it at once.
fn remember(client: &Client, servers: &Servers, password: Option<Zeroizing<String>>) {
    client.settings.change_credentials(|login| {
        login.password.zeroize();
        login.password = password.map(|mut password| std::mem::take(&mut *password));
    });
    let nodes = servers.router.in_use().into_iter().chain(client.pubsub.nodes());
    nodes.for_each(|node| node.hurry());
}

/// Makes a new token, for the connections that there are and those to come.
async fn renew_token(
    client: &Client,
    servers: &Servers,
    deadline: Deadline,
) -> Result<(), Failure> {
    let connector = servers.router.connector();
    let login = deadline.bound(connector.logins.renewed()).await??;
    let (username, Some(token)) = login.credentials() else { return Err(failure::closed()) };
    // A client that has not connected yet does not connect for this.
    if servers.router.is_ready() {
        let nodes = servers.router.in_use();
        authenticate(&nodes, &username, &token, deadline.left()).await.map_err(|failure| {
            match failure.outcome {
                Outcome::ServerError => failure::refused(failure),
                _ => failure,
            }
        })?;
    }
    connector.logins.keep(login);
    authenticate_messages(client, &username, &token, deadline).await;
    Ok(())
}

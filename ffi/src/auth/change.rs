//! Changes of what a client authenticates with.
//!
//! Connections that are made take what is right at that moment, so a new
//! password only has to be remembered. Before it is, it is tried: a wrong one
//! would lock the client out.

use crate::{
    abi::Outcome,
    client::{Client, Prepared},
    core::{
        calls::{Deadline, bounded},
        connect::Connector,
    },
    pubsub::PubSub,
    routing::{
        Router,
        node::{Link, NodeClient, Unanswered},
        reserve::Reserved,
    },
    wire::{
        address::Address,
        failure::{self, Failure},
        reply::Answer,
        request::CredentialChange,
    },
};
use redis::Value;
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;
use zeroize::{Zeroize, Zeroizing};

/// Prepares a change. It is answered with OK.
pub fn prepare(
    client: &Arc<Client>,
    router: &Arc<Router>,
    pubsub: &Arc<PubSub>,
    deadline: Deadline,
    change: CredentialChange<'_>,
) -> Result<Prepared, Failure> {
    let change = Change::of(client, router, change)?;
    let parts = Parts { client: client.clone(), router: router.clone(), pubsub: pubsub.clone() };
    let work = async move {
        let _alone = deadline.bound(parts.client.credentials_change.lock()).await?;
        change.run(&parts, deadline).await?;
        Ok(Answer::One(Value::Okay))
    };
    Ok(Prepared::new(Reserved::default(), work))
}

/// The parts of a client that authenticate.
struct Parts {
    client: Arc<Client>,
    router: Arc<Router>,
    pubsub: Arc<PubSub>,
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
    fn of(client: &Client, router: &Router, change: CredentialChange<'_>) -> Result<Self, Failure> {
        let invalid = |message| Err(Failure::new(Outcome::InvalidRequest, message));
        if router.connector().logins.are_supplied() {
            return invalid("the client asks a function for its credentials");
        }
        let request = client.settings.request();
        let by_token = request.authentication_info.as_ref().is_some_and(|l| l.iam_config.is_some());
        match (by_token, change.renew_token, change.password, change.immediately) {
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

    async fn run(self, parts: &Parts, deadline: Deadline) -> Result<(), Failure> {
        let Parts { client, router, pubsub } = parts;
        match self {
            Change::Token => renew_token(parts, deadline).await,
            Change::Later(password) => {
                remember(parts, password);
                Ok(())
            }
            Change::Now(password) => {
                let username = username(client);
                let nodes = router.in_use();
                match authenticate(&nodes, &username, &password, deadline.half()).await {
                    Ok(()) => {}
                    // It is wrong.
                    Err(failure) if failure.outcome == Outcome::ServerError => {
                        return Err(failure::refused(failure));
                    }
                    // It may be right where there is no connection to try it on.
                    Err(_) => deadline.bound(try_anew(client, router, &password)).await??,
                }
                remember(parts, Some(password.clone()));
                authenticate_messages(pubsub, &username, &password, deadline).await;
                // It is in force, whether or not a client that had not connected
                // yet does so in time.
                let _ = deadline.bound(router.ready()).await;
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
    pubsub: &PubSub,
    username: &Option<String>,
    password: &str,
    deadline: Deadline,
) {
    let _ = authenticate(&pubsub.nodes(), username, password, deadline.half()).await;
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

/// Connects again with a password to any of the servers, to try it.
async fn try_anew(client: &Client, router: &Router, password: &str) -> Result<(), Failure> {
    let settings = client.settings.with(|message| {
        let credentials = message.credentials.get_or_insert_default();
        credentials.password.zeroize();
        credentials.password = Some(password.to_owned());
    })?;
    let connector = Arc::new(Connector::new(client.engine, settings, client.observer.clone()));
    let request = connector.request();
    let mut addresses = router.addresses();
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
fn remember(parts: &Parts, password: Option<Zeroizing<String>>) {
    parts.client.settings.change_credentials(|login| {
        login.password.zeroize();
        login.password = password.map(|mut password| std::mem::take(&mut *password));
    });
    let nodes = parts.router.in_use().into_iter().chain(parts.pubsub.nodes());
    nodes.for_each(|node| node.connect_now());
}

/// Makes a new token, for the connections that there are and those to come.
async fn renew_token(parts: &Parts, deadline: Deadline) -> Result<(), Failure> {
    let Parts { router, pubsub, .. } = parts;
    let connector = router.connector();
    let login = deadline.bound(connector.logins.renewed()).await??;
    let (username, Some(token)) = login.credentials() else { return Err(failure::closed()) };
    // A client that has not connected yet does not connect for this.
    if router.is_ready() {
        let nodes = router.in_use();
        authenticate(&nodes, &username, &token, deadline.left()).await.map_err(|failure| {
            match failure.outcome {
                Outcome::ServerError => failure::refused(failure),
                _ => failure,
            }
        })?;
    }
    connector.logins.keep(login);
    authenticate_messages(pubsub, &username, &token, deadline).await;
    Ok(())
}

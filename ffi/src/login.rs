//! What a client authenticates with, and how that is changed while it lives.
//!
//! The core stores a new password for connections to come, but two things it
//! leaves to us. It stores the password before it tries it, so a wrong one
//! would stay: here it is tried first, and the core stores by itself what an
//! AUTH has succeeded with. And a connection that is being made again, or for
//! the first time by a lazy client, is made with the password of when that
//! began, for ever: the very client that lost its connections to a rotation
//! could not be told of it. Such a core is replaced, see mend.rs.

use crate::{
    client::{self, Backend, Client, Ticket},
    dispatch::{bounded, within},
    failure, iam, mend, preflight,
    reply::Failure,
    request::Login,
    route::EVERYWHERE,
    status::Outcome,
    subscriber,
};
use glide_core::{ConnectionRequest, client::Client as Core};
use redis::{Cmd, Value};
use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

/// Starts a change. It is answered with OK.
pub fn start(client: &Arc<Client>, ticket: Ticket, timeout: Option<Duration>, login: Login<'_>) {
    let change = match Change::of(client, login) {
        Ok(change) => change,
        Err(failure) => return ticket.complete(Err(failure)),
    };
    let client = client.clone();
    client.engine.runtime.spawn(async move {
        let deadline = Deadline(timeout.map(|timeout| Instant::now() + timeout));
        let work = async {
            let _alone = deadline.bound(client.login.lock()).await?;
            change.run(&client, deadline).await
        };
        if let Some(result) = client.until_closed(work).await {
            ticket.complete(result.map(|()| Value::Okay));
        }
    });
}

/// When a change is to have been made.
#[derive(Clone, Copy)]
struct Deadline(Option<Instant>);

impl Deadline {
    fn left(self) -> Option<Duration> {
        self.0.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Leaves as much for something else.
    fn half(self) -> Option<Duration> {
        self.left().map(|left| left / 2)
    }

    async fn bound<T>(self, work: impl Future<Output = T>) -> Result<T, Failure> {
        bounded(self.left(), work).await
    }
}

enum Change {
    /// For connections to come.
    Later(Option<String>),
    /// For those that there are, too.
    Now(String),
    /// A new token, at once.
    Token,
}

impl Change {
    fn of(client: &Client, login: Login<'_>) -> Result<Self, Failure> {
        let invalid = |message| Err(Failure::new(Outcome::InvalidRequest, message));
        let by_token =
            client.settings.request().authentication_info.as_ref().is_some_and(|l| l.iam_config.is_some());
        match (by_token, login.renew_token, login.password, login.immediately) {
            (true, true, ..) => Ok(Change::Token),
            (false, true, ..) => invalid("the client does not authenticate with IAM tokens"),
            (true, false, ..) => invalid("the client authenticates with IAM tokens"),
            (_, _, Some(""), _) => invalid("empty password"),
            (_, _, None, true) => invalid("no password to authenticate with"),
            (_, _, Some(password), true) => Ok(Change::Now(password.to_owned())),
            (_, _, password, false) => Ok(Change::Later(password.map(str::to_owned))),
        }
    }

    async fn run(self, client: &Arc<Client>, deadline: Deadline) -> Result<(), Failure> {
        let Backend::Core(place) = &client.backend else { return Err(failure::closed()) };
        let core = place.get().ok_or_else(failure::closed)?;
        // Nothing has connected, and nothing is to connect for this.
        let idle = client.policy.lazy && !client.used.load(Ordering::Relaxed);
        match self {
            Change::Token => renew_token(client, core, idle, deadline).await,
            Change::Later(password) if idle => restart(client, password).await,
            Change::Later(password) => store(client, core, password, deadline).await,
            Change::Now(password) => {
                let refused = match authenticate(client, &core, &password, deadline.half()).await {
                    Ok(()) => {
                        remember(client, Some(password.clone()));
                        subscriber::authenticate(client, Some(password), true).await;
                        return Ok(());
                    }
                    Err(failure) => failure,
                };
                match refused.outcome {
                    // The password may be right where the connection is not
                    // there, or is being made with the one before.
                    Outcome::Timeout
                    | Outcome::ConnectionLost
                    | Outcome::Unreachable
                    | Outcome::Authentication => {
                        deadline.bound(reconnect(client, Some(password))).await?
                    }
                    // It is wrong.
                    Outcome::ServerError => Err(failure::refused(refused)),
                    _ => Err(refused),
                }
            }
        }
    }
}

/// Authenticates on every connection. The core stores what it succeeds with.
async fn authenticate(
    client: &Client,
    core: &Core,
    password: &str,
    timeout: Option<Duration>,
) -> Result<(), Failure> {
    let mut core = core.clone();
    let mut auth = redis::cmd("AUTH");
    let settings = client.settings.request();
    if let Some(username) = settings.authentication_info.as_ref().and_then(|login| login.username.as_ref()) {
        auth.arg(username);
    }
    auth.arg(password);
    within(timeout, core.send_command(&mut auth, Some(EVERYWHERE))).await.map(drop)
}

async fn store(
    client: &Arc<Client>,
    mut core: Core,
    password: Option<String>,
    deadline: Deadline,
) -> Result<(), Failure> {
    let storing = core.update_connection_password(password.clone(), false);
    let stored = within(deadline.left(), storing).await.is_ok();
    if !stored && client.policy.lazy {
        // It was to connect first, with the password before.
        return restart(client, password).await;
    }
    remember(client, password.clone());
    subscriber::authenticate(client, password, false).await;
    if !stored || !client.policy.cluster {
        client.engine.runtime.spawn(mend::reconnecting(client.clone(), stored));
    }
    Ok(())
}

/// What the client connects with from now on.
fn remember(client: &Client, password: Option<String>) {
    client.settings.change_credentials(|login| login.password = password);
}

/// Remembers, as the core does, whom a command of the caller's own has
/// authenticated as.
pub fn note(client: &Client, cmd: &Cmd) {
    let is = |at, name: &str| {
        cmd.arg_idx(at).is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()))
    };
    let first = if is(0, "AUTH") {
        1
    } else if is(0, "HELLO") {
        match (1..cmd.args_iter().len()).find(|&at| is(at, "AUTH")) {
            Some(at) => at + 1,
            None => return,
        }
    } else {
        return;
    };
    let word = |at| cmd.arg_idx(at).and_then(|word| String::from_utf8(word.to_vec()).ok());
    let (username, password) = match (word(first), word(first + 1)) {
        (Some(username), Some(password)) => (Some(username), password),
        (Some(password), None) => (None, password),
        (None, _) => return,
    };
    client.settings.change_credentials(|login| {
        login.username = username.or(login.username.take());
        login.password = Some(password);
    });
}

/// Puts a core in place that connects, with this password, when it is used.
async fn restart(client: &Arc<Client>, password: Option<String>) -> Result<(), Failure> {
    let settings = with_password(&client.settings.request(), password.clone());
    let core = client::connect(settings, None).await?;
    remember(client, password);
    client.put(core);
    Ok(())
}

/// Connects with this password, and puts the core that did in place.
async fn reconnect(client: &Arc<Client>, password: Option<String>) -> Result<(), Failure> {
    let settings = with_password(&client.settings.request(), password.clone());
    preflight::check(&mend::eager(&settings)).await?;
    mend::replace(client, &settings).await?;
    remember(client, password.clone());
    subscriber::authenticate(client, password, true).await;
    Ok(())
}

fn with_password(settings: &ConnectionRequest, password: Option<String>) -> ConnectionRequest {
    let mut settings = settings.clone();
    settings.authentication_info.get_or_insert_default().password = password;
    settings
}

/// The core keeps to itself whether it could make a token, and connections
/// that are there to what they authenticated with; here neither is so.
async fn renew_token(
    client: &Client,
    mut core: Core,
    idle: bool,
    deadline: Deadline,
) -> Result<(), Failure> {
    let tokens = deadline.bound(iam::tokens(&client.settings.request())).await??;
    let Some(tokens) = tokens else { return Err(failure::closed()) };
    if !idle {
        let token = tokens.get_token().await;
        authenticate(client, &core, &token, deadline.left()).await.map_err(|failure| match failure.outcome {
            Outcome::ServerError => failure::refused(failure),
            _ => failure,
        })?;
    }
    // For connections to come.
    within(deadline.left(), core.refresh_iam_token()).await
}

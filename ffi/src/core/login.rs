//! What connections authenticate with: configured credentials, tokens that are
//! signed, or what a function of the program supplies.

use super::{program::Program, settings::Settings};
use crate::{
    abi::Outcome,
    core::secrets::Request,
    defects::iam,
    wire::{failure::Failure, question::Question},
};
use glide_core::client::get_valkey_connection_info;
use redis::RedisConnectionInfo;
use std::{
    sync::{Arc, Mutex, Weak},
    time::{Duration, Instant},
};
use zeroize::{Zeroize, Zeroizing};

/// What connections authenticate with, and how they introduce themselves.
pub struct Login {
    pub request: Arc<Request>,
    info: RedisConnectionInfo,
    made: Instant,
}

impl Login {
    async fn new(request: Arc<Request>) -> Result<Self, Failure> {
        let tokens = iam::tokens(&request).await?;
        let info = get_valkey_connection_info(&request, tokens.as_ref()).await;
        Ok(Login { request, info, made: Instant::now() })
    }

    /// Returns it for one connection, which wipes the password in it with
    /// [`wipe`].
    pub fn info(&self) -> RedisConnectionInfo {
        self.info.clone()
    }

    /// Returns the username and the password or token.
    pub fn credentials(&self) -> (Option<String>, Option<Zeroizing<String>>) {
        (self.info.username.clone(), self.info.password.clone().map(Zeroizing::new))
    }

    /// Reports whether a token is not older than the configuration says.
    fn is_fresh(&self) -> bool {
        const TOKEN_SECONDS: u32 = 300;
        let login = self.request.authentication_info.as_ref();
        let age = |seconds: u32| self.made.elapsed() < Duration::from_secs(seconds.into());
        login
            .and_then(|login| login.iam_config.as_ref())
            .is_none_or(|iam| age(iam.refresh_interval_seconds.unwrap_or(TOKEN_SECONDS)))
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        wipe(&mut self.info);
    }
}

/// Overwrites a password that is not needed any more.
pub fn wipe(info: &mut RedisConnectionInfo) {
    info.password.zeroize();
}

/// The logins of a client.
pub struct Logins {
    settings: Arc<Settings>,
    /// What is in use, as long as it is valid.
    kept: Mutex<Option<Arc<Login>>>,
    /// Supplies credentials for each connection.
    program: Option<Program>,
    /// What it has said last, and when.
    supplied: tokio::sync::Mutex<Option<(Instant, Supplied)>>,
}

type Supplied = Result<Weak<Login>, Failure>;

impl Logins {
    pub fn new(settings: Arc<Settings>, program: Option<Program>) -> Self {
        Logins { settings, kept: Mutex::default(), program, supplied: Default::default() }
    }

    /// Returns what a connection authenticates with, unless a function supplies
    /// it.
    pub async fn configured(&self) -> Result<Option<Arc<Login>>, Failure> {
        match self.program {
            Some(_) => Ok(None),
            None => self.current().await.map(Some),
        }
    }

    async fn current(&self) -> Result<Arc<Login>, Failure> {
        let request = self.settings.checked()?;
        let kept = self.kept();
        let is_valid = |l: &Arc<Login>| Arc::ptr_eq(&l.request, &request) && l.is_fresh();
        if let Some(kept) = kept.filter(is_valid) {
            return Ok(kept);
        }
        let login = Arc::new(Login::new(request).await?);
        self.keep(login.clone());
        Ok(login)
    }

    /// Asks the function, if there is one. Connections that are made while it is
    /// asked share what it says.
    pub async fn supplied(&self, time: Duration) -> Result<Arc<Login>, Failure> {
        let Some(program) = self.program else { return self.current().await };
        let begun = Instant::now();
        let mut last = self.supplied.lock().await;
        match &*last {
            Some((ended, Ok(login))) if *ended >= begun => {
                if let Some(login) = login.upgrade() {
                    return Ok(login);
                }
            }
            Some((ended, Err(failure))) if *ended >= begun => return Err(failure.clone()),
            _ => {}
        }
        let asked = self.ask(program, time).await;
        let supplied = asked.as_ref().map(Arc::downgrade).map_err(Failure::clone);
        *last = Some((Instant::now(), supplied));
        asked
    }

    async fn ask(&self, program: Program, time: Duration) -> Result<Arc<Login>, Failure> {
        let refused =
            |why: &str| Failure::new(Outcome::Unreachable, format!("CredentialsFunc: {why}"));
        let answer = program.ask(Question::Credentials, time).await.map_err(|why| refused(&why))?;
        let mut credentials =
            answer.credentials.ok_or_else(|| refused("it gave no credentials"))?;
        let mut login = Login::new(self.settings.checked()?).await?;
        login.info.username = credentials.username.take();
        login.info.password.zeroize();
        login.info.password = credentials.password.take();
        Ok(Arc::new(login))
    }

    /// Returns a login for a connection to keep that was made with one: without
    /// the password, if a function is asked for it again.
    pub fn to_keep(&self, login: &Arc<Login>) -> Arc<Login> {
        match self.program {
            None => login.clone(),
            Some(_) => Arc::new(Login {
                request: login.request.clone(),
                info: RedisConnectionInfo::default(),
                made: login.made,
            }),
        }
    }

    /// Reports whether a connection that was made with this login is as one that
    /// would be made now.
    pub fn is_current(&self, login: &Arc<Login>) -> bool {
        let same = Arc::ptr_eq(&login.request, &self.settings.request());
        let kept = || self.kept().is_some_and(|kept| Arc::ptr_eq(&kept, login));
        same && (self.program.is_some() || kept() && login.is_fresh())
    }

    /// Makes new credentials for connections.
    pub async fn renewed(&self) -> Result<Arc<Login>, Failure> {
        Ok(Arc::new(Login::new(self.settings.checked()?).await?))
    }

    /// Has connections authenticate with this from now on.
    pub fn keep(&self, login: Arc<Login>) {
        *self.kept.lock().unwrap_or_else(|e| e.into_inner()) = Some(login);
    }

    /// Reports whether a function supplies what connections authenticate with.
    pub fn are_supplied(&self) -> bool {
        self.program.is_some()
    }

    fn kept(&self) -> Option<Arc<Login>> {
        self.kept.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }
}

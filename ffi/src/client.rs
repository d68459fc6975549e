//! Clients by handle, and the tickets of their requests.

use crate::{
    attend::attend,
    classify::Policy,
    ending::Ending,
    event_loop::Engine,
    failure,
    own::Own,
    reply::{Failure, Reply},
    settings::Settings,
    slots::Slots,
    subscriber::{self, Subscriber},
};
use glide_core::client::Client as Core;
use redis::{PushInfo, cluster_routing::RoutingInfo};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, mpsc::UnboundedSender},
    task::AbortHandle,
};

/// The open clients. A handle is an index and the generation of its place,
/// so a handle that was closed names nobody, whatever took its place since.
#[derive(Default)]
pub struct Clients {
    places: RwLock<Vec<Place>>,
}

#[derive(Default)]
struct Place {
    generation: u32,
    client: Option<Arc<Client>>,
}

impl Clients {
    pub fn add(&self, client: Arc<Client>) -> u64 {
        let mut places = self.places.write().unwrap_or_else(|e| e.into_inner());
        let index = places.iter().position(|p| p.client.is_none()).unwrap_or_else(|| {
            places.push(Place::default());
            places.len() - 1
        });
        let place = &mut places[index];
        place.generation = place.generation.wrapping_add(1).max(1);
        place.client = Some(client);
        (u64::from(place.generation) << 32) | index as u64
    }

    pub fn get(&self, handle: u64) -> Option<Arc<Client>> {
        let places = self.places.read().unwrap_or_else(|e| e.into_inner());
        let place = places.get(handle as u32 as usize)?;
        if place.generation != (handle >> 32) as u32 {
            return None;
        }
        place.client.clone()
    }

    pub fn remove(&self, handle: u64) -> Option<Arc<Client>> {
        let mut places = self.places.write().unwrap_or_else(|e| e.into_inner());
        let place = places.get_mut(handle as u32 as usize)?;
        if place.generation != (handle >> 32) as u32 {
            return None;
        }
        place.client.take()
    }

    pub fn count(&self) -> usize {
        let places = self.places.read().unwrap_or_else(|e| e.into_inner());
        places.iter().filter(|p| p.client.is_some()).count()
    }
}

pub struct Client {
    pub engine: &'static Engine,
    pub backend: Backend,
    pub policy: Policy,
    pub subscriber: Subscriber,
    /// Something was submitted, so a lazy client may be connected.
    pub used: AtomicBool,
    /// Queries of a search module take a script here: see search.rs.
    pub by_script: AtomicBool,
    pub cluster: Option<Box<Cluster>>,
    /// Held while what the client authenticates with is changed.
    pub login: tokio::sync::Mutex<()>,
    pub settings: Arc<Settings>,
    /// Connections that are not shared, from when one is asked for.
    own: Mutex<Option<Arc<Own>>>,
    closing: Ending,
}

/// What only the client of a cluster has.
#[derive(Default)]
pub struct Cluster {
    /// Notified of each submission; see attend.rs.
    pub submitted: Notify,
    pub slots: Slots,
}

/// What answers a client's requests.
pub enum Backend {
    /// A server, through the core.
    Core(Connected),
    /// Nobody: each command is answered with its own arguments.
    Echo,
}

/// The core's client, from when there is one. Another takes its place where
/// it cannot do what it should with what it was made for; see login.rs.
#[derive(Default)]
pub struct Connected(RwLock<Option<Link>>);

struct Link {
    core: Core,
    /// What keeps a cluster's core awake.
    attendant: Option<AbortHandle>,
}

impl Connected {
    pub fn get(&self) -> Option<Core> {
        let link = self.0.read().unwrap_or_else(|e| e.into_inner());
        link.as_ref().map(|link| link.core.clone())
    }
}

impl Client {
    pub fn new(
        engine: &'static Engine,
        backend: Backend,
        policy: Policy,
        subscriber: Subscriber,
        settings: Settings,
    ) -> Arc<Self> {
        Arc::new(Client {
            engine,
            backend,
            policy,
            subscriber,
            used: AtomicBool::new(false),
            by_script: AtomicBool::new(false),
            cluster: policy.cluster.then(Box::default),
            login: tokio::sync::Mutex::default(),
            settings: Arc::new(settings),
            own: Mutex::default(),
            closing: Ending::default(),
        })
    }

    /// Gives the connections that are not shared.
    pub fn own(&self) -> Arc<Own> {
        let make = || {
            let own = Own::new(self.engine, self.settings.clone());
            if self.is_closed() {
                // There was nothing yet that close could have closed.
                own.close();
            }
            Arc::new(own)
        };
        self.own_place().get_or_insert_with(make).clone()
    }

    /// Gives them if there are any.
    pub fn own_so_far(&self) -> Option<Arc<Own>> {
        self.own_place().clone()
    }

    fn own_place(&self) -> MutexGuard<'_, Option<Arc<Own>>> {
        self.own.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Puts a core in place, and gives the one before.
    pub fn put(self: &Arc<Self>, core: Core) -> Option<Core> {
        let Backend::Core(place) = &self.backend else { return None };
        let attend = || tokio::spawn(attend(self.clone(), core.clone())).abort_handle();
        let link = Link { attendant: self.policy.cluster.then(attend), core };
        let before = place.0.write().unwrap_or_else(|e| e.into_inner()).replace(link)?;
        if let Some(attendant) = before.attendant {
            attendant.abort();
        }
        Some(before.core)
    }

    /// Ends every task of this client; each completes its tickets.
    pub fn close(&self) {
        self.closing.come();
        if let Some(own) = self.own_so_far() {
            own.close();
        }
        // The tasks need somebody to run them.
        self.engine.poke();
    }

    pub fn is_closed(&self) -> bool {
        self.closing.is_over()
    }

    /// Runs `work` until it is done or the client is closed.
    pub async fn until_closed<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.closing.until(work).await
    }
}

/// How long a server may take to answer the farewell.
const FAREWELL: Duration = Duration::from_millis(100);

/// Ends the connections of a closed client.
pub async fn take_leave(client: Arc<Client>) {
    subscriber::end(&client).await;
    let Backend::Core(core) = &client.backend else { return };
    let Some(core) = core.get() else { return };
    if client.policy.cluster || !client.used.load(Ordering::Relaxed) && client.policy.lazy {
        return;
    }
    farewell(core, None).await;
}

/// The core keeps a connection open for up to three seconds after its client
/// is gone, unless the server closes it: so the server is asked to.
pub async fn farewell(mut core: Core, routing: Option<RoutingInfo>) {
    let mut quit = redis::cmd("QUIT");
    // However it ends, what follows is the same.
    let _ = tokio::time::timeout(FAREWELL, core.send_command(&mut quit, routing)).await;
}

/// Connects. Once begun this is not cut short: the core loses track of
/// connections when it is. A caller that has gone finds its place empty.
pub async fn connect(
    request: glide_core::ConnectionRequest,
    pushes: Option<UnboundedSender<PushInfo>>,
) -> Result<Core, Failure> {
    let standalone = !request.cluster_mode_enabled && !request.lazy_connect;
    let (send, receive) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let connected = Core::new(request, pushes).await;
        if let Err(Ok(core)) = send.send(connected) && standalone {
            farewell(core, None).await;
        }
    });
    match receive.await {
        Ok(connected) => connected.map_err(Failure::from),
        Err(_) => Err(failure::panicked()),
    }
}

/// A request that waits for its completion. It is completed exactly once:
/// `complete` consumes it, and one that is dropped (a task that panicked, a
/// client that was closed) is completed by that.
pub struct Ticket {
    id: u64,
    engine: &'static Engine,
    completed: bool,
}

impl Ticket {
    pub fn new(engine: &'static Engine, id: u64) -> Self {
        engine.tickets.fetch_add(1, Ordering::Relaxed);
        Ticket { id, engine, completed: false }
    }

    pub fn complete(mut self, reply: Reply) {
        self.finish(reply);
    }

    fn finish(&mut self, reply: Reply) {
        self.completed = true;
        self.engine.tickets.fetch_sub(1, Ordering::Relaxed);
        self.engine.completions.push(self.id, reply);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.completed {
            return;
        }
        self.finish(Err(match std::thread::panicking() {
            true => failure::panicked(),
            false => failure::closed(),
        }));
    }
}

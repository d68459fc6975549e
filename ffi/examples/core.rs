//! The core alone, for the benchmark suite: what it offers a program that
//! does as little as possible around it.
//!
//! It connects one core client and asks it for the suite's pipelines, MGETs or
//! messages, in the library's ways and with its allocator. Commands are made
//! each time, as a client must. Left out is all else that a client does:
//! there is no boundary and no Go, which key is of which slot is found out once
//! and for all, and of the replies only number, kind and length are looked at.
//!
//! The runtime has one thread, as the library's. With the callers or the
//! receiver on a second one, on the same two CPUs as a server, pipelines and MGETs
//! were no faster and messages slower.
//!
//! Arguments: workload (pipeline, mget or pubsub), host:port, standalone or
//! cluster, callers, bytes of a value, milliseconds of warm-up and of
//! measurement, and optionally what carries the commands: `core-client` (the
//! default), `node-clients` or `connections`, see [`Carrier`]. Prints one line
//! of JSON. What an operation is, and which of them count, is as in
//! benchmarks/.

use glide_core::client::{Client as Core, ConnectionRequest, NodeAddress, NodeDiscoveryMode};
use redis::{
    Cmd, ConnectionAddr, ConnectionInfo, GlideConnectionOptions, Pipeline, PipelineRetryStrategy,
    ProtocolVersion, PubSubSubscriptionKind, PushInfo, PushKind, RedisConnectionInfo, Value,
    aio::MultiplexedConnection,
    cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr},
    cluster_topology::get_slot,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    env,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    pin::pin,
    process::{self, ExitCode},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU8, Ordering},
        mpsc,
    },
    task::{Context, Waker},
    thread,
    time::{Duration, Instant},
};
use tokio::{
    runtime::Builder,
    sync::{
        Notify,
        mpsc::{UnboundedReceiver, unbounded_channel},
    },
    task::yield_now,
    time::{MissedTickBehavior, interval, sleep},
};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// An error, as it is told.
type Failure = String;

/// What carries the commands to the servers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Carrier {
    /// The core's client for the whole deployment.
    CoreClient,
    /// One standalone core client with static discovery for each node.
    NodeClients,
    /// One multiplexed connection of the core's engine for each node.
    Connections,
}

struct Load {
    workload: String,
    host: String,
    port: u16,
    cluster: bool,
    carrier: Carrier,
    callers: usize,
    value_bytes: usize,
    warm_up: Duration,
    duration: Duration,
}

impl Load {
    fn read(arguments: &[String]) -> Result<Self, Failure> {
        let [workload, address, mode, numbers @ ..] = arguments else {
            return Err("there are seven or eight arguments; the source says which".into());
        };
        let (carrier, numbers) = match numbers {
            [numbers @ .., name] if name == "core-client" => (Carrier::CoreClient, numbers),
            [numbers @ .., name] if name == "node-clients" => (Carrier::NodeClients, numbers),
            [numbers @ .., name] if name == "connections" => (Carrier::Connections, numbers),
            numbers => (Carrier::CoreClient, numbers),
        };
        let wrong = || format!("{arguments:?} cannot be read");
        let NodeAddress { host, port } = node_address(address).ok_or_else(wrong)?;
        let numbers: Vec<usize> =
            numbers.iter().map(|n| n.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
        let [callers, value_bytes, warm_up, duration] = numbers[..] else { return Err(wrong()) };
        if callers == 0 || value_bytes == 0 || !["standalone", "cluster"].contains(&mode.as_str()) {
            return Err(wrong());
        }
        let per_node = carrier != Carrier::CoreClient;
        if per_node && (workload == "pubsub" || workload == "pipeline" && mode == "cluster") {
            return Err("messages, and a cluster's pipelines, need the core-client".into());
        }
        Ok(Load {
            workload: workload.clone(),
            host,
            port,
            cluster: mode == "cluster",
            carrier,
            callers,
            value_bytes,
            warm_up: Duration::from_millis(warm_up as u64),
            duration: Duration::from_millis(duration as u64),
        })
    }

    fn address(&self) -> NodeAddress {
        NodeAddress { host: self.host.clone(), port: self.port }
    }

    /// The settings of the suite's clients.
    fn connection_request(&self) -> ConnectionRequest {
        ConnectionRequest {
            addresses: vec![self.address()],
            cluster_mode_enabled: self.cluster,
            protocol: Some(ProtocolVersion::RESP3),
            request_timeout: Some(5000),
            inflight_requests_limit: Some(20_000),
            tcp_nodelay: true,
            ..ConnectionRequest::default()
        }
    }

    /// The suite's keys: fewer where values are large.
    fn keys(&self) -> Vec<Vec<u8>> {
        let count = (64 << 20) / self.value_bytes;
        (0..count.clamp(1, 1000)).map(|n| format!("benchmark:{n:04}").into_bytes()).collect()
    }
}

/// Reads host:port; an IPv6 host may have brackets.
fn node_address(text: &str) -> Option<NodeAddress> {
    let (host, port) = text.rsplit_once(':')?;
    Some(NodeAddress { host: host.trim_matches(['[', ']']).to_owned(), port: port.parse().ok()? })
}

fn main() -> ExitCode {
    // The core's log is discarded, as it is by the library unless it is enabled.
    let _ = tracing::subscriber::set_global_default(tracing::subscriber::NoSubscriber::new());
    glide_logger::init(Some(glide_logger::Level::Off), None);

    let arguments: Vec<String> = env::args().skip(1).collect();
    let measured = Load::read(&arguments).and_then(|load| {
        let runtime = Builder::new_current_thread().enable_all().build();
        runtime.map_err(|e| e.to_string())?.block_on(async {
            match load.workload.as_str() {
                "pipeline" | "mget" => read(&load).await,
                "pubsub" => receive(&load).await,
                other => Err(format!("there is no workload {other:?}")),
            }
        })
    });
    match measured {
        Ok(measured) => {
            measured.print();
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// The phases of a measurement. An operation belongs to that in which it
/// began.
#[derive(Default)]
struct Phase(AtomicU8);

impl Phase {
    const WARMING: u8 = 0;
    const MEASURING: u8 = 1;
    const DONE: u8 = 2;

    /// Goes through them, and returns what measuring took.
    async fn pass(&self, load: &Load) -> Spent {
        sleep(load.warm_up).await;
        let before = (Instant::now(), Usage::now());
        self.0.store(Self::MEASURING, Ordering::Relaxed);
        sleep(load.duration).await;
        self.0.store(Self::DONE, Ordering::Relaxed);
        let elapsed = before.0.elapsed();
        let after = Usage::now();
        Spent {
            elapsed,
            cpu: after.cpu - before.1.cpu,
            voluntary_switches: after.voluntary_switches - before.1.voluntary_switches,
            involuntary_switches: after.involuntary_switches - before.1.involuntary_switches,
            idle: idle_share(before.1.ticks, after.ticks),
        }
    }
}

/// What measuring took.
#[derive(Default)]
struct Spent {
    elapsed: Duration,
    cpu: Duration,
    voluntary_switches: i64,
    involuntary_switches: i64,
    /// The idle share of the machine's CPUs, where it is known.
    idle: Option<f64>,
}

/// What this process, with all its threads, has used.
struct Usage {
    /// User and system time.
    cpu: Duration,
    voluntary_switches: i64,
    involuntary_switches: i64,
    /// Of all CPUs of the machine: idle, and in total.
    ticks: Option<(u64, u64)>,
}

/// Reads the time of all CPUs, as the suite does.
fn ticks() -> Option<(u64, u64)> {
    let text = std::fs::read_to_string("/proc/stat").ok()?;
    let fields = text.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
    let ticks: Vec<u64> = fields.take(8).map(|field| field.parse().ok()).collect::<Option<_>>()?;
    Some((ticks.get(3)? + ticks.get(4)?, ticks.iter().sum()))
}

fn idle_share(before: Option<(u64, u64)>, after: Option<(u64, u64)>) -> Option<f64> {
    let ((idle_before, before), (idle_after, after)) = (before?, after?);
    let idle = idle_after.saturating_sub(idle_before) as f64;
    (after > before).then(|| (idle / (after - before) as f64).min(1.0))
}

impl Usage {
    fn now() -> Self {
        // SAFETY: zeros are such a struct, which the call fills.
        let usage = unsafe {
            let mut usage = std::mem::zeroed::<libc::rusage>();
            libc::getrusage(libc::RUSAGE_SELF, &mut usage);
            usage
        };
        let of = |t: libc::timeval| {
            Duration::from_secs(t.tv_sec as u64) + Duration::from_micros(t.tv_usec as u64)
        };
        Usage {
            cpu: of(usage.ru_utime) + of(usage.ru_stime),
            voluntary_switches: usage.ru_nvcsw,
            involuntary_switches: usage.ru_nivcsw,
            ticks: ticks(),
        }
    }
}

/// What one caller saw.
#[derive(Default)]
struct Seen {
    latencies: Vec<Duration>,
    errors: u64,
    first_error: Option<Failure>,
}

/// What makes operations.
trait Caller {
    fn operation(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Makes one operation after the other. The clock is read once for each.
async fn repeat(phase: Arc<Phase>, mut caller: impl Caller) -> Seen {
    let mut seen = Seen::default();
    let mut began = Instant::now();
    loop {
        let now = phase.0.load(Ordering::Relaxed);
        if now == Phase::DONE {
            return seen;
        }
        let result = caller.operation().await;
        let ended = Instant::now();
        match result {
            Err(failure) => {
                seen.errors += 1;
                seen.first_error.get_or_insert(failure);
            }
            Ok(()) if now == Phase::WARMING => {}
            Ok(()) => seen.latencies.push(ended - began),
        }
        began = ended;
    }
}

struct Measured {
    seen: Seen,
    spent: Spent,
}

impl Measured {
    fn print(mut self) {
        let latencies = &mut self.seen.latencies;
        latencies.sort_unstable();
        let quantile = |of_1000: usize| {
            let rank = (latencies.len() * of_1000).div_ceil(1000).max(1);
            latencies.get(rank - 1).map_or(0.0, |latency| latency.as_secs_f64() * 1e6)
        };
        // What JSON would have to escape is left out: it is of no use in a message.
        let plain = |c: char| if c.is_control() || "\"\\".contains(c) { ' ' } else { c };
        println!(
            "{{\"operations\":{},\"elapsed_s\":{:.6},\"cpu_s\":{:.6},\
             \"voluntary_switches\":{},\"involuntary_switches\":{},\"idle\":{},\
             \"p50_us\":{:.3},\"p99_us\":{:.3},\"p999_us\":{:.3},\
             \"errors\":{},\"first_error\":\"{}\"}}",
            latencies.len(),
            self.spent.elapsed.as_secs_f64(),
            self.spent.cpu.as_secs_f64(),
            self.spent.voluntary_switches,
            self.spent.involuntary_switches,
            self.spent.idle.map_or("null".into(), |share| format!("{share:.4}")),
            quantile(500),
            quantile(990),
            quantile(999),
            self.seen.errors,
            self.seen.first_error.unwrap_or_default().chars().map(plain).collect::<String>(),
        );
    }
}

/// Where commands are sent.
#[derive(Clone)]
enum Link {
    Core(Core, Option<RoutingInfo>),
    Connection(MultiplexedConnection),
}

/// Commands that one operation sends to one place, as one pipeline.
struct Part {
    link: Link,
    /// A name, and keys.
    commands: Vec<(&'static [u8], Vec<Vec<u8>>)>,
    /// How many of the commands, consecutive ones, an operation sends.
    at_once: usize,
}

/// Measures pipelines of GETs, and MGETs.
async fn read(load: &Load) -> Result<Measured, Failure> {
    let mut core = connect(load.connection_request(), None).await?;
    let value = vec![b'v'; load.value_bytes];
    for key in load.keys() {
        let mut set = command(b"SET", [key.as_slice(), &value]);
        core.send_command(&mut set, None).await.map_err(|e| format!("SET: {e}"))?;
    }
    let parts = match load.workload.as_str() {
        "mget" => parts(&core, load).await?,
        _ => {
            let commands: Vec<_> =
                load.keys().into_iter().map(|key| (&b"GET"[..], vec![key])).collect();
            let link = link(&core, load, &load.address(), None).await?;
            vec![Part { link, at_once: commands.len().min(100), commands }]
        }
    };
    let parts: Vec<Arc<Part>> = parts.into_iter().map(Arc::new).collect();
    let attended = (load.cluster && load.carrier == Carrier::CoreClient).then(|| {
        let submitted = Arc::new(Notify::new());
        tokio::spawn(attend(core.clone(), submitted.clone()));
        (core.clone(), submitted)
    });

    let phase = Arc::new(Phase::default());
    let callers: Vec<_> = (0..load.callers)
        .map(|number| {
            let caller = Reader {
                parts: parts.clone(),
                attended: attended.clone(),
                value_bytes: load.value_bytes,
                random: number as u64,
            };
            tokio::spawn(repeat(phase.clone(), caller))
        })
        .collect();
    let spent = phase.pass(load).await;
    let mut all = Seen::default();
    for caller in callers {
        let seen = caller.await.map_err(|e| e.to_string())?;
        all.latencies.extend(seen.latencies);
        all.errors += seen.errors;
        all.first_error = all.first_error.or(seen.first_error);
    }
    Ok(Measured { seen: all, spent })
}

async fn connect(
    request: ConnectionRequest,
    pushes: Option<tokio::sync::mpsc::UnboundedSender<PushInfo>>,
) -> Result<Core, Failure> {
    Core::new(request, pushes).await.map_err(|e| format!("connecting: {e}"))
}

/// Opens the way to one node, or takes the core's client, which needs a route.
async fn link(
    core: &Core,
    load: &Load,
    address: &NodeAddress,
    routing: Option<RoutingInfo>,
) -> Result<Link, Failure> {
    match load.carrier {
        Carrier::CoreClient => Ok(Link::Core(core.clone(), routing)),
        Carrier::NodeClients => {
            let request = ConnectionRequest {
                addresses: vec![NodeAddress { host: address.host.clone(), port: address.port }],
                cluster_mode_enabled: false,
                node_discovery_mode: NodeDiscoveryMode::Static,
                ..load.connection_request()
            };
            Ok(Link::Core(connect(request, None).await?, None))
        }
        Carrier::Connections => {
            let told = |e: redis::RedisError| format!("connecting: {e}");
            let node = redis::Client::open(ConnectionInfo {
                addr: ConnectionAddr::Tcp(address.host.clone(), address.port),
                redis: RedisConnectionInfo {
                    protocol: ProtocolVersion::RESP3,
                    ..RedisConnectionInfo::default()
                },
            })
            .map_err(told)?;
            let options =
                GlideConnectionOptions { tcp_nodelay: true, ..GlideConnectionOptions::default() };
            let connection = node.get_multiplexed_async_connection(options).await;
            Ok(Link::Connection(connection.map_err(told)?))
        }
    }
}

fn command<'a>(name: &[u8], words: impl IntoIterator<Item = &'a [u8], IntoIter: Clone>) -> Cmd {
    let words = words.into_iter();
    let bytes = name.len() + words.clone().map(<[u8]>::len).sum::<usize>();
    let mut cmd = Cmd::with_capacity(1 + words.clone().count(), bytes);
    cmd.arg(name);
    for word in words {
        cmd.arg(word);
    }
    cmd
}

/// Splits an MGET of all keys: in a cluster into one for each slot, which are sent
/// in one pipeline for each node, as the library does. Left to
/// the core, it takes many times as long.
async fn parts(core: &Core, load: &Load) -> Result<Vec<Part>, Failure> {
    if !load.cluster {
        let commands = vec![(&b"MGET"[..], load.keys())];
        let link = link(core, load, &load.address(), None).await?;
        return Ok(vec![Part { link, commands, at_once: 1 }]);
    }
    let mut slots: BTreeMap<u16, Vec<Vec<u8>>> = BTreeMap::new();
    for key in load.keys() {
        slots.entry(get_slot(&key)).or_default().push(key);
    }
    let mut nodes: HashMap<String, Part> = HashMap::new();
    for (slot, keys) in slots {
        let node = core.try_address_for_slot(slot).map_err(|e| format!("slot {slot}: {e:?}"))?;
        if !nodes.contains_key(&node) {
            let route = SingleNodeRoutingInfo::SpecificNode(Route::new(slot, SlotAddr::Master));
            let address = node_address(&node).ok_or_else(|| format!("{node:?} is no address"))?;
            let link = link(core, load, &address, Some(RoutingInfo::SingleNode(route))).await?;
            nodes.insert(node.clone(), Part { link, commands: Vec::new(), at_once: 0 });
        }
        let part = nodes.get_mut(&node).expect("it has just been inserted");
        part.commands.push((b"MGET", keys));
        part.at_once += 1;
    }
    Ok(nodes.into_values().collect())
}

struct Reader {
    parts: Vec<Arc<Part>>,
    /// The core's client for a cluster, and what wakes the task that wakes the core.
    attended: Option<(Core, Arc<Notify>)>,
    value_bytes: usize,
    random: u64,
}

impl Caller for Reader {
    async fn operation(&mut self) -> Result<(), Failure> {
        // It shows the task that wakes the core that something is in flight.
        let _place = self.attended.as_ref().map(|(core, _)| core.reserve_inflight_request());
        let submitted = || {
            if let Some((_, submitted)) = &self.attended {
                submitted.notify_one();
            }
        };
        let mut under_way = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let first = next(&mut self.random) % (part.commands.len() - part.at_once + 1);
            let sent = send(part.clone(), first, self.value_bytes);
            if let [_] = self.parts[..] {
                submitted();
                return sent.await;
            }
            under_way.push(tokio::spawn(sent));
        }
        submitted();
        for sent in under_way {
            sent.await.map_err(|e| e.to_string())??;
        }
        Ok(())
    }
}

/// Returns the next of a sequence of numbers that seem random.
fn next(random: &mut u64) -> usize {
    *random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    (*random >> 33) as usize
}

fn pipeline(commands: &[(&[u8], Vec<Vec<u8>>)]) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(commands.len());
    for (name, keys) in commands {
        pipeline.add_command(command(name, keys.iter().map(Vec::as_slice)));
    }
    pipeline
}

/// Sends some of a part's commands, and looks at what comes back.
async fn send(part: Arc<Part>, first: usize, value_bytes: usize) -> Result<(), Failure> {
    const NEVER_TWICE: PipelineRetryStrategy =
        PipelineRetryStrategy { retry_server_error: false, retry_connection_error: false };

    let commands = &part.commands[first..first + part.at_once];
    let pipeline = pipeline(commands);
    let replies = match part.link.clone() {
        Link::Core(mut core, routing) => {
            match core.send_pipeline(&pipeline, routing, false, None, NEVER_TWICE).await {
                Ok(Value::Array(replies)) => Ok(replies),
                Ok(_) => return Err("a pipeline was not answered with an array".into()),
                Err(e) => Err(e),
            }
        }
        Link::Connection(mut connection) => {
            connection.send_packed_commands(&pipeline, 0, commands.len()).await
        }
    }
    .map_err(|e| e.to_string())?;
    if replies.len() != commands.len() {
        return Err(format!("{} replies came to {} commands", replies.len(), commands.len()));
    }
    let is_value = |v: &Value| matches!(v, Value::BulkString(bytes) if bytes.len() == value_bytes);
    for (reply, (name, keys)) in replies.iter().zip(commands) {
        let right = match reply {
            Value::Array(values) => values.len() == keys.len() && values.iter().all(is_value),
            value => *name == b"GET" && is_value(value),
        };
        if !right {
            return Err(format!("not what was stored: {reply:.100?}"));
        }
    }
    Ok(())
}

/// Wakes the core's task for a cluster, or it would not send a pipeline before
/// something else is answered or asked.
async fn attend(mut core: Core, submitted: Arc<Notify>) {
    let mut again = interval(Duration::from_millis(5));
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let idle = core.available_inflight_count();
    loop {
        submitted.notified().await;
        loop {
            yield_now().await;
            if core.available_inflight_count() == idle {
                break;
            }
            {
                let mut question = pin!(core.get_username());
                let _ = question.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            }
            tokio::select! {
                () = submitted.notified() => {}
                _ = again.tick() => {}
            }
        }
    }
}

/// How many messages one operation publishes.
const MESSAGES: i64 = 1000;

/// How many messages may be on their way.
const AHEAD: i64 = 20 * MESSAGES;

/// How many digits of a message are its number.
const DIGITS: usize = 12;

/// How long messages may take before they count as lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// Measures messages that are received. They are published by a thread of its
/// own on a plain connection, whose CPU time counts here as it does in the
/// suite.
async fn receive(load: &Load) -> Result<Measured, Failure> {
    if load.value_bytes < DIGITS {
        return Err(format!("messages need {DIGITS} bytes for their number"));
    }
    let channel = format!("benchmark:{:08x}", process::id());
    let names = HashSet::from([channel.clone().into_bytes()]);
    let mut request = load.connection_request();
    request.pubsub_subscriptions = Some(HashMap::from([(PubSubSubscriptionKind::Exact, names)]));
    let (sender, pushes) = unbounded_channel();
    let _core = connect(request, Some(sender)).await?;

    let received = Arc::<Received>::default();
    let (progress, progressed) = mpsc::sync_channel(1);
    tokio::spawn(count(pushes, received.clone(), progress));
    let (address, bytes) = ((load.host.clone(), load.port), load.value_bytes);
    let phase = Arc::new(Phase::default());
    let (ready, is_ready) = tokio::sync::oneshot::channel();
    let publishing = phase.clone();
    let publisher = thread::spawn(move || {
        let publisher = Publisher::new(address, &channel, bytes, received, progressed)?;
        let _ = ready.send(());
        let runtime = Builder::new_current_thread().build().map_err(|e| e.to_string())?;
        Ok::<_, Failure>(runtime.block_on(repeat(publishing, publisher)))
    });
    let spent = match is_ready.await {
        Ok(()) => phase.pass(load).await,
        Err(_) => Default::default(), // and it says why
    };
    // The last messages come while it waits.
    while !publisher.is_finished() {
        sleep(Duration::from_millis(1)).await;
    }
    let seen = publisher.join().unwrap_or_else(|_| Err("the publisher panicked".into()))?;
    Ok(Measured { seen, spent })
}

/// The messages that have arrived.
#[derive(Default)]
struct Received {
    count: AtomicI64,
    wrong: Mutex<Option<Failure>>,
}

/// Takes the messages, and looks whether each is the one that is due.
async fn count(
    mut pushes: UnboundedReceiver<PushInfo>,
    received: Arc<Received>,
    progress: mpsc::SyncSender<()>,
) {
    let mut some = Vec::with_capacity(1024);
    let mut due = 0;
    while pushes.recv_many(&mut some, 1024).await > 0 {
        for push in some.drain(..) {
            let payload = match (&push.kind, &push.data[..]) {
                (PushKind::Message, [_, Value::BulkString(payload)]) if !payload.is_empty() => {
                    payload
                }
                _ => continue, // of the subscription, or sent before the measurement
            };
            let number = payload.get(..DIGITS).and_then(|n| str::from_utf8(n).ok()?.parse().ok());
            if number != Some(due) {
                let wrong = format!("message {number:?} came where {due} was due");
                received.wrong.lock().unwrap().get_or_insert(wrong);
            }
            due += 1;
        }
        received.count.store(due, Ordering::Release);
        let _ = progress.try_send(()); // full: it will be seen anyway
    }
}

/// Publishes on a connection that is told not to answer.
struct Publisher {
    connection: TcpStream,
    /// The messages of one operation, whose numbers are written into them each
    /// time.
    commands: Vec<u8>,
    /// Where the numbers are.
    numbers: Vec<usize>,
    published: i64,
    received: Arc<Received>,
    progressed: mpsc::Receiver<()>,
}

impl Publisher {
    fn new(
        address: (String, u16),
        channel: &str,
        bytes: usize,
        received: Arc<Received>,
        progressed: mpsc::Receiver<()>,
    ) -> Result<Self, Failure> {
        let told = |e: std::io::Error| format!("publishing: {e}");
        let mut connection = TcpStream::connect(address).map_err(told)?;
        connection.set_nodelay(true).map_err(told)?;
        let mut replies = BufReader::new(connection.try_clone().map_err(told)?).lines();
        loop {
            // Until it is received.
            connection.write_all(format!("PUBLISH {channel} \"\"\r\n").as_bytes()).map_err(told)?;
            match replies.next() {
                Some(Ok(count)) if count == ":0" => thread::sleep(Duration::from_millis(10)),
                Some(Ok(count)) if count == ":1" => break,
                other => return Err(format!("publishing: {other:?}")),
            }
        }
        connection.write_all(b"CLIENT REPLY OFF\r\n").map_err(told)?;

        let head =
            format!("*3\r\n$7\r\nPUBLISH\r\n${}\r\n{channel}\r\n${bytes}\r\n", channel.len());
        let rest = "m".repeat(bytes - DIGITS);
        let command = format!("{head}{:0DIGITS$}{rest}\r\n", 0);
        Ok(Publisher {
            connection,
            numbers: (0..MESSAGES as usize).map(|n| n * command.len() + head.len()).collect(),
            commands: command.repeat(MESSAGES as usize).into_bytes(),
            published: 0,
            received,
            progressed,
        })
    }
}

impl Caller for Publisher {
    /// Publishes some messages, and waits until all but the last have arrived.
    /// No other task runs on its thread.
    async fn operation(&mut self) -> Result<(), Failure> {
        for at in &self.numbers {
            let mut number = self.published;
            for digit in self.commands[*at..at + DIGITS].iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
            self.published += 1;
        }
        self.connection.write_all(&self.commands).map_err(|e| format!("publishing: {e}"))?;
        let arrived = || self.received.count.load(Ordering::Acquire);
        while arrived() < self.published - AHEAD {
            if self.progressed.recv_timeout(PATIENCE).is_err() {
                return Err(format!(
                    "{} messages were published, {} arrived",
                    self.published,
                    arrived()
                ));
            }
        }
        match &*self.received.wrong.lock().unwrap() {
            None => Ok(()),
            Some(wrong) => Err(wrong.clone()),
        }
    }
}

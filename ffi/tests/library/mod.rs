//! The library as a program sees it.

mod values;

use std::{
    collections::HashMap,
    env,
    path::PathBuf,
    ptr, slice,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

pub use values::*;

/// The tickets of connections, apart from those of the tests.
const CONNECTING: u64 = 1 << 60;

/// The driver's own ticket in each drive.
pub const OWN: u64 = 1;

const PATIENCE: Duration = Duration::from_secs(30);

#[repr(C)]
pub struct Slice {
    data: *const u8,
    len: usize,
}

#[repr(C)]
pub struct Replies {
    data: *const u8,
    len: usize,
    shared: *const Slice,
    shared_len: usize,
    owner: *mut u8,
    completed: u32,
    blocking: u32,
    own: u32,
}

type Engine = *const u8;
type Ready = extern "C" fn(usize);

macro_rules! library {
    ($($name:ident: fn($($argument:ty),*) -> $result:ty,)*) => {
        // Not all of them are called here.
        #[allow(dead_code)]
        pub struct Library {
            $(pub $name: unsafe extern "C" fn($($argument),*) -> $result,)*
        }

        impl Library {
            fn open() -> Self {
                let path = path();
                // SAFETY: this is our library; loading it runs no code.
                let library = unsafe { libloading::Library::new(&path) }
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                let library = Box::leak(Box::new(library));
                Library {
                    $($name: {
                        let name = concat!("glide_", stringify!($name));
                        // SAFETY: the types are those of the header.
                        *unsafe { library.get(name.as_bytes()) }.expect(name)
                    },)*
                }
            }
        }
    };
}

include!("functions.rs");

fn path() -> PathBuf {
    if let Some(path) = env::var_os("GLIDE_FFI_LIBRARY") {
        return path.into();
    }
    // The test runs from target/<profile>/deps, next to which the library is.
    let test = env::current_exe().expect("the test's own path");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("target/<profile>/deps");
    profile.join(format!("{}glide_ffi{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX))
}

impl Library {
    pub fn get() -> &'static Library {
        static LIBRARY: OnceLock<Library> = OnceLock::new();
        LIBRARY.get_or_init(Library::open)
    }

    pub fn abi_version(&self) -> u32 {
        // SAFETY: no arguments.
        unsafe { (self.abi_version)() }
    }

    /// Starts an engine of the test's own.
    pub fn start(&'static self) -> TestEngine {
        let rung = Box::leak(Box::new(AtomicU64::new(0)));
        let mut raw = ptr::null();
        // SAFETY: the callback and its context live as long as the process.
        let status =
            unsafe { (self.engine_start)(Some(ring), ptr::from_ref(rung) as usize, &mut raw) };
        assert_eq!(status, STATUS_OK);
        TestEngine {
            library: self,
            raw,
            rung,
            seen: Mutex::default(),
            messages: Mutex::default(),
            questions: Mutex::default(),
            counted: Mutex::default(),
        }
    }
}

extern "C" fn ring(context: usize) {
    // SAFETY: the context is a leaked counter.
    unsafe { &*(context as *const AtomicU64) }.fetch_add(1, Ordering::SeqCst);
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Echo(Vec<Vec<u8>>),
    Done,
    Failed(u8),
}

pub struct TestEngine {
    library: &'static Library,
    pub raw: Engine,
    rung: &'static AtomicU64,
    /// What was taken, by any thread.
    seen: Mutex<HashMap<u64, Outcome>>,
    /// The batches of messages, by their subscribers' names.
    pub messages: Mutex<Vec<(u64, Vec<u8>)>>,
    /// The questions that were asked.
    questions: Mutex<Vec<Question>>,
    counted: Mutex<(u32, u32, u32)>,
}

/// What the library asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub functions: u64,
    pub number: u64,
    pub about: u8,
    pub milliseconds: u32,
    /// The port and the host, if it is about an address.
    pub address: Option<(u32, String)>,
}

// SAFETY: an engine may be used from any thread.
unsafe impl Send for TestEngine {}
// SAFETY: as above.
unsafe impl Sync for TestEngine {}

impl TestEngine {
    /// Makes a client without a server.
    pub fn echo(&self) -> u64 {
        self.echo_with(&[])
    }

    /// The same, with more fields in its request.
    pub fn echo_with(&self, more: &[u8]) -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(CONNECTING);
        let ticket = NEXT.fetch_add(1, Ordering::Relaxed);
        let request = [&[0xb0, 0x01, 0x01], more].concat(); // field 22, echo: true
        let mut client = 0;
        // SAFETY: the request and the handle are readable and writable.
        let status = unsafe {
            (self.library.connect)(self.raw, request.as_ptr(), request.len(), ticket, &mut client)
        };
        assert_eq!(status, STATUS_OK);
        // The completion of connecting is not what the tests look at.
        self.drain();
        *self.counted.lock().unwrap() = (0, 0, 0);
        client
    }

    pub fn submit(&self, client: u64, submission: &[u8]) -> i32 {
        // SAFETY: the submission is readable for its length.
        unsafe { (self.library.submit)(self.raw, client, submission.as_ptr(), submission.len()) }
    }

    pub fn drive(&self, client: u64, submission: &[u8]) -> (i32, HashMap<u64, Outcome>) {
        self.drive_for(client, submission, super::BUDGET_US)
    }

    pub fn drive_for(
        &self,
        client: u64,
        submission: &[u8],
        budget_us: u32,
    ) -> (i32, HashMap<u64, Outcome>) {
        let mut replies = nothing();
        // SAFETY: the submission is readable for its length, the replies are
        // writable.
        let status = unsafe {
            (self.library.drive)(
                self.raw,
                client,
                submission.as_ptr(),
                submission.len(),
                budget_us,
                budget_us / 8,
                OWN,
                &mut replies,
            )
        };
        (status, self.read(replies))
    }

    /// Drives until the ticket is completed.
    pub fn drive_until(
        &self,
        client: u64,
        submission: &[u8],
        ticket: u64,
    ) -> (i32, HashMap<u64, Outcome>) {
        let begun = Instant::now();
        let (mut status, mut replies) = self.drive(client, submission);
        while !replies.contains_key(&ticket) {
            assert!(begun.elapsed() < PATIENCE, "ticket {ticket} is not completed");
            let (next, more) = self.drive(client, &[]);
            status = next;
            replies.extend(more);
            replies.extend(self.take());
        }
        (status, replies)
    }

    fn take(&self) -> HashMap<u64, Outcome> {
        let mut replies = nothing();
        // SAFETY: the replies are writable.
        assert_eq!(unsafe { (self.library.take)(self.raw, &mut replies) }, STATUS_OK);
        self.read(replies)
    }

    /// Carries away what there is.
    pub fn drain(&self) {
        self.take();
    }

    pub fn close(&self, client: u64) -> i32 {
        // SAFETY: the engine is one.
        unsafe { (self.library.close)(self.raw, client) }
    }

    pub fn answer(&self, question: u64, answer: &[u8]) -> i32 {
        // SAFETY: the answer is readable for its length.
        unsafe { (self.library.answer)(self.raw, question, answer.as_ptr(), answer.len()) }
    }

    /// Waits to be asked so many questions.
    pub fn await_questions(&self, count: usize) -> Vec<Question> {
        let begun = Instant::now();
        loop {
            self.drain();
            let mut questions = self.questions.lock().unwrap();
            if questions.len() >= count {
                return std::mem::take(&mut questions);
            }
            drop(questions);
            assert!(begun.elapsed() < PATIENCE, "the questions do not come");
            thread::sleep(Duration::from_millis(1));
        }
    }

    pub fn interrupt(&self) {
        // SAFETY: the engine is one.
        assert_eq!(unsafe { (self.library.interrupt)(self.raw) }, STATUS_OK);
    }

    /// How many completions the library has counted since the engine's first
    /// client, of how many blocking commands, and in how many replies the
    /// driver's own was.
    pub fn counted(&self) -> (u32, u32, u32) {
        *self.counted.lock().unwrap()
    }

    pub fn count(&self, what: u32) -> i64 {
        // SAFETY: the engine is one.
        unsafe { (self.library.count)(self.raw, what) }
    }

    /// Waits to be called, not asking before, until so many are completed.
    pub fn await_completions(&self, count: usize) -> HashMap<u64, Outcome> {
        let begun = Instant::now();
        let mut replies = HashMap::new();
        let mut heard = 0;
        while replies.len() < count {
            assert!(begun.elapsed() < PATIENCE, "{} of {count} are completed", replies.len());
            let rung = self.rung.load(Ordering::SeqCst);
            if rung == heard {
                thread::sleep(Duration::from_micros(100));
                continue;
            }
            heard = rung;
            replies.extend(self.take().into_iter().filter(|(ticket, _)| *ticket < CONNECTING));
        }
        assert_eq!(replies.len(), count);
        replies
    }

    /// Waits until each of the tickets was carried away, by whomever.
    pub fn await_seen(&self, tickets: &[u64]) {
        let begun = Instant::now();
        loop {
            self.drain();
            let seen = self.seen.lock().unwrap();
            let missing = tickets.iter().filter(|ticket| !seen.contains_key(ticket)).count();
            if missing == 0 {
                return;
            }
            drop(seen);
            assert!(begun.elapsed() < PATIENCE, "{missing} tickets are not completed");
            thread::sleep(Duration::from_millis(1));
        }
    }

    pub fn expect_tickets(&self, count: i64) {
        let begun = Instant::now();
        while self.count(COUNTER_TICKETS) != count {
            assert!(
                begun.elapsed() < PATIENCE,
                "{} tickets are alive",
                self.count(COUNTER_TICKETS)
            );
            thread::sleep(Duration::from_millis(1));
        }
    }

    pub fn expect_nothing_alive(&self) {
        self.expect_tickets(0);
        assert_eq!(self.count(COUNTER_BUFFERS), 0, "reply buffers are alive");
        assert_eq!(self.count(COUNTER_CLIENTS), 0, "clients are alive");
        assert_eq!(self.count(COUNTER_QUESTIONS), 0, "questions are alive");
    }

    fn read(&self, replies: Replies) -> HashMap<u64, Outcome> {
        let mut outcomes = HashMap::new();
        if replies.owner.is_null() {
            return outcomes;
        }
        assert!(replies.shared_len > 0 || replies.shared.is_null(), "a dangling pointer");
        // SAFETY: the library vouches for both until they are released.
        let (mut data, shared) = unsafe {
            (
                slice::from_raw_parts(replies.data, replies.len),
                match replies.shared_len {
                    0 => &[],
                    len => slice::from_raw_parts(replies.shared, len),
                },
            )
        };
        let mut counted = self.counted.lock().unwrap();
        counted.0 += replies.completed;
        counted.1 += replies.blocking;
        counted.2 += replies.own;
        drop(counted);
        let mut completed = 0;
        let mut seen = self.seen.lock().unwrap();
        while !data.is_empty() {
            let ticket = u64::from_le_bytes(data[..8].try_into().unwrap());
            let len = u32::from_le_bytes(data[8..12].try_into().unwrap()) as usize;
            let body = &data[13..13 + len];
            let outcome = match data[12] {
                OUTCOME_REPLY => value(body, shared),
                outcome => Outcome::Failed(outcome),
            };
            if data[12] == OUTCOME_MESSAGES {
                self.messages.lock().unwrap().push((ticket, body.to_vec()));
                data = &data[13 + len..];
                continue;
            }
            if data[12] == OUTCOME_QUESTION {
                self.questions.lock().unwrap().push(question(ticket, body));
                data = &data[13 + len..];
                continue;
            }
            completed += u32::from(data[12] <= 16);
            let twice = seen.insert(ticket, outcome.clone());
            assert!(twice.is_none() || ticket > 1 << 61, "ticket {ticket} was completed twice");
            outcomes.insert(ticket, outcome);
            data = &data[13 + len..];
        }
        assert_eq!(completed, replies.completed);
        // SAFETY: the owner was handed out and is released once.
        assert_eq!(unsafe { (self.library.release)(self.raw, replies.owner) }, STATUS_OK);
        outcomes
    }
}

fn question(functions: u64, body: &[u8]) -> Question {
    let number = |at: usize| u32::from_le_bytes(body[at..at + 4].try_into().unwrap());
    let address = |at| {
        assert_eq!(body.len(), at + 8 + number(at + 4) as usize);
        (number(at), String::from_utf8(body[at + 8..].to_vec()).unwrap())
    };
    Question {
        functions,
        number: u64::from_le_bytes(body[..8].try_into().unwrap()),
        about: body[8],
        milliseconds: number(9),
        address: (body.len() > 13).then(|| address(13)),
    }
}

fn nothing() -> Replies {
    Replies {
        completed: 0,
        blocking: 0,
        own: 0,
        data: ptr::null(),
        len: 0,
        shared: ptr::null(),
        shared_len: 0,
        owner: ptr::null_mut(),
    }
}

/// Reads what an echo can be: STATUS_OK, or an array of strings; those of a batch one
/// after the other.
fn value(mut body: &[u8], shared: &[Slice]) -> Outcome {
    if body == [1] {
        return Outcome::Done;
    }
    assert_eq!(body[0], 9, "not an array");
    let mut words = Vec::new();
    strings(&mut body, shared, &mut words);
    assert!(body.is_empty(), "bytes after the value");
    Outcome::Echo(words)
}

fn strings(body: &mut &[u8], shared: &[Slice], words: &mut Vec<Vec<u8>>) {
    let (tag, n) = (body[0], u32::from_le_bytes(body[1..5].try_into().unwrap()) as usize);
    *body = &body[5..];
    match tag {
        9 => (0..n).for_each(|_| strings(body, shared, words)),
        6 => {
            words.push(body[..n].to_vec());
            *body = &body[n..];
        }
        7 => {
            // SAFETY: the library vouches for it until it is released.
            let bytes = unsafe { slice::from_raw_parts(shared[n].data, shared[n].len) };
            words.push(bytes.to_vec());
        }
        tag => panic!("tag {tag} is no string"),
    }
}

/// A submission of one request.
pub fn request(ticket: u64, words: &[&[u8]]) -> Vec<u8> {
    submission(ticket, &words.iter().flat_map(|word| field(3, word)).collect::<Vec<u8>>())
}

/// A submission of one request of several commands.
pub fn batch(ticket: u64, commands: &[&[&[u8]]]) -> Vec<u8> {
    let commands: Vec<u8> = commands
        .iter()
        .flat_map(|words| {
            field(4, &words.iter().flat_map(|word| field(3, word)).collect::<Vec<u8>>())
        })
        .collect();
    submission(ticket, &field(4, &commands))
}

/// A submission of one request with these fields after its ticket.
pub fn submission(ticket: u64, fields: &[u8]) -> Vec<u8> {
    field(1, &[&[0x09], &ticket.to_le_bytes()[..], fields].concat())
}

/// A connection request's field of the functions that are asked.
pub fn functions(name: u64) -> Vec<u8> {
    [&[0x99, 0x03], &name.to_le_bytes()[..]].concat() // field 51, fixed64
}

/// A field of bytes.
pub fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2], &varint(bytes.len())[..], bytes].concat()
}

fn varint(mut n: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}

/// A small generator, seeded so that a failure can be repeated.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

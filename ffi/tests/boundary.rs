//! The boundary without a server, from outside: the library is loaded as any
//! program would load it, and talked to through its C functions.

mod library;

use library::*;
use std::{
    collections::HashSet,
    ptr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const BUDGET_US: u32 = 400;

#[test]
fn version_is_told() {
    assert_eq!(Library::get().abi_version(), ABI_VERSION);
}

#[test]
fn null_is_refused() {
    let library = Library::get();
    let engine = library.start();
    let mut stat = 0;
    // SAFETY: null is what the contract allows here.
    unsafe {
        assert_eq!((library.engine_start)(None, 0, ptr::null_mut()), STATUS_INVALID_ARGUMENT);
        assert_eq!(
            (library.connect)(ptr::null(), ptr::null(), 0, 1, ptr::null_mut()),
            STATUS_INVALID_ARGUMENT
        );
        assert_eq!(
            (library.connect)(engine.raw, ptr::null(), 0, 1, ptr::null_mut()),
            STATUS_INVALID_ARGUMENT
        );
        assert_eq!((library.submit)(ptr::null(), 1, ptr::null(), 0), STATUS_INVALID_ARGUMENT);
        assert_eq!((library.submit)(engine.raw, 1, ptr::null(), 7), STATUS_INVALID_ARGUMENT);
        assert_eq!(
            (library.drive)(engine.raw, 1, ptr::null(), 0, 1, 0, 0, ptr::null_mut()),
            STATUS_INVALID_ARGUMENT
        );
        assert_eq!((library.interrupt)(ptr::null()), STATUS_INVALID_ARGUMENT);
        assert_eq!((library.take)(engine.raw, ptr::null_mut()), STATUS_INVALID_ARGUMENT);
        assert_eq!((library.release)(engine.raw, ptr::null_mut()), STATUS_OK);
        assert_eq!((library.close)(ptr::null(), 1), STATUS_INVALID_ARGUMENT);
        assert_eq!((library.begin_session)(ptr::null(), 1, 1), STATUS_INVALID_ARGUMENT);
        assert_eq!((library.end)(ptr::null(), 1, 1), STATUS_INVALID_ARGUMENT);
        assert_eq!((library.count)(ptr::null(), 0), -1);
        assert_eq!((library.stats)(ptr::null(), 1, ptr::null_mut(), 0), STATUS_INVALID_ARGUMENT);
        assert_eq!((library.stats)(engine.raw, 1, ptr::null_mut(), 0), STATUS_INVALID_ARGUMENT);
        assert_eq!((library.stats)(engine.raw, 1, &raw mut stat, 1), STATUS_CLOSED);
        assert_eq!((library.node)(ptr::null(), 1, 1, ptr::null_mut()), STATUS_INVALID_ARGUMENT);
        assert_eq!((library.node)(engine.raw, 1, 1, ptr::null_mut()), STATUS_INVALID_ARGUMENT);
        assert_eq!((library.answer)(ptr::null(), 1, ptr::null(), 0), STATUS_INVALID_ARGUMENT);
        assert_eq!((library.answer)(engine.raw, 1, ptr::null(), 7), STATUS_INVALID_ARGUMENT);
    }
    assert_eq!(engine.count(99), -1);
}

#[test]
fn holds_begin_and_end_in_any_order() {
    let library = Library::get();
    let engine = library.start();
    let client = engine.echo();
    // SAFETY: the engine is one.
    let (begin, end) = unsafe {
        (
            |name| (library.begin_session)(engine.raw, client, name),
            |name| (library.end)(engine.raw, client, name),
        )
    };
    assert_eq!(end(1), STATUS_OK, "it is not there");
    assert_eq!(begin(1), STATUS_OK);
    assert_eq!(begin(2), STATUS_OK);
    assert_eq!(end(1), STATUS_OK);
    assert_eq!(end(1), STATUS_OK, "it has ended");
    engine.close(client); // ends the other
    assert_eq!(begin(3), STATUS_CLOSED);
    assert_eq!(end(2), STATUS_CLOSED);
    engine.expect_nothing_alive();
    assert_eq!(engine.count(COUNTER_DEDICATED), 0);
}

#[test]
fn the_first_hold_may_begin_while_its_client_is_closed() {
    let library = Library::get();
    let engine = library.start();
    for _ in 0..1000 {
        let client = engine.echo();
        thread::scope(|scope| {
            for name in 1..3 {
                let engine = &engine;
                scope.spawn(move || {
                    // SAFETY: the engine is one.
                    let began = unsafe { (library.begin_session)(engine.raw, client, name) };
                    assert!(began == STATUS_OK || began == STATUS_CLOSED);
                });
            }
            engine.close(client);
        });
    }
    engine.expect_nothing_alive();
}

#[test]
fn a_driving_caller_carries_its_reply_away() {
    let engine = Library::get().start();
    let client = engine.echo();
    for ticket in 1..1000 {
        let (status, replies) = engine.drive_until(client, &request(ticket, &[b"A", b""]), ticket);
        assert_eq!(status, STATUS_OK);
        assert_eq!(replies[&ticket], Outcome::Echo(vec![b"A".to_vec(), vec![]]));
    }
    engine.close(client);
    engine.expect_nothing_alive();
}

#[test]
fn submitted_requests_are_announced_once_nobody_drives() {
    let engine = Library::get().start();
    let client = engine.echo();
    let mut submission = Vec::new();
    for ticket in 1..=10_000u64 {
        submission.extend(request(ticket, &[b"A", &ticket.to_le_bytes()]));
    }
    assert_eq!(engine.submit(client, &submission), STATUS_OK);
    let replies = engine.await_completions(10_000);
    for ticket in 1..=10_000u64 {
        assert_eq!(
            replies[&ticket],
            Outcome::Echo(vec![b"A".to_vec(), ticket.to_le_bytes().to_vec()])
        );
    }
    engine.close(client);
    engine.expect_nothing_alive();
}

#[test]
fn a_batch_is_answered_as_one() {
    let engine = Library::get().start();
    let client = engine.echo();
    let commands: &[&[&[u8]]] = &[&[b"A", b"1"], &[b"LATER", b"5"], &[b"B"]];
    let (status, replies) = engine.drive_until(client, &batch(7, commands), 7);
    assert_eq!(status, STATUS_OK);
    let words = commands.concat().iter().map(|word| word.to_vec()).collect();
    assert_eq!(replies[&7], Outcome::Echo(words));
    assert_eq!(engine.submit(client, &batch(8, &[&[b"A"], &[b"HANG"]])), STATUS_OK);
    engine.close(client);
    engine.drain();
    engine.expect_nothing_alive();
}

#[test]
fn large_strings_are_shared_whole() {
    let engine = Library::get().start();
    let client = engine.echo();
    let large = vec![0xAB; 3 << 20];
    let (_, replies) = engine.drive_until(client, &request(1, &[b"A", &large, b"z"]), 1);
    assert_eq!(replies[&1], Outcome::Echo(vec![b"A".to_vec(), large, b"z".to_vec()]));
    engine.close(client);
    engine.expect_nothing_alive();
}

#[test]
fn malformed_submissions_do_nothing() {
    let engine = Library::get().start();
    let client = engine.echo();
    let good = request(1, &[b"A", b"b"]);
    let no_arguments = request(2, &[]);
    let unknown_field = [&good[..], &[0x12, 0]].concat();
    let cut = &good[..good.len() - 1];
    let group = [0x0b, 0x0c];
    let slot = |n: &[u8]| {
        submission(2, &[field(3, b"A"), field(5, &[&[0x08, 4, 0x10], n].concat())].concat())
    };
    let kind = submission(2, &[field(3, b"A"), field(5, &[0x08, 99])].concat());
    let both = submission(2, &[field(3, b"A"), field(4, &field(4, &field(3, b"A")))].concat());
    let subscribing = |body: &[u8]| submission(2, &field(7, body));
    let login = |fields: &[u8]| submission(2, &field(8, fields));
    let login_and_words = submission(2, &[field(3, b"A"), field(8, &[])].concat());
    assert_eq!(engine.submit(client, &slot(&[0x01])), STATUS_OK);
    engine.await_completions(1);
    for bad in [
        &no_arguments[..],
        &unknown_field,
        cut,
        &group,
        &[0xff; 11],
        &batch(2, &[]),
        &batch(2, &[&[b"A"], &[]]),
        &both,
        &kind,
        &slot(&[0xff, 0xff, 0x01]),     // 32767
        &subscribing(&[0x08, 1]),       // to nothing
        &subscribing(&[0x1a, 1, b'a']), // a look at one
        &subscribing(&[0x08, 3]),
        &subscribing(&[0x08, 2, 0x10, 3]),
        &login_and_words,
        &login(&field(1, &[0xff])), // no text
        &login(&[0x20, 1]),
    ] {
        assert_eq!(engine.submit(client, &[&good[..], bad].concat()), STATUS_INVALID_ARGUMENT);
        let (status, replies) = engine.drive(client, &[&good[..], bad].concat());
        assert_eq!(status, STATUS_INVALID_ARGUMENT);
        assert!(replies.is_empty());
    }
    assert_eq!(engine.count(COUNTER_TICKETS), 0, "a malformed submission made tickets");
    engine.close(client);
}

/// Mutations of a good submission: each is accepted whole or refused whole,
/// and what is accepted is completed exactly once.
#[test]
fn mutated_submissions_never_break_the_contract() {
    let engine = Library::get().start();
    let client = engine.echo();
    let mut random = library::Random::new(7);
    let mut accepted = 0u64;
    for _ in 0..50_000 {
        let mut bytes = [
            request(random.next(), &[b"GET", b"key"]),
            request(random.next(), &[b"SET", b"k", &[0; 200]]),
            batch(random.next(), &[&[b"GET", b"key"], &[b"PING"]]),
            submission(
                random.next(),
                &field(8, &[&field(1, b"password")[..], &[0x10, 1]].concat()),
            ),
        ]
        .concat();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len() as u64) as usize;
            match random.below(3) {
                0 => bytes[at] = random.next() as u8,
                1 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, random.next() as u8),
            }
        }
        match engine.submit(client, &bytes) {
            STATUS_OK => accepted += 1,
            status => assert_eq!(status, STATUS_INVALID_ARGUMENT),
        }
    }
    assert!(accepted > 1000, "the mutations were all refused");
    engine.expect_tickets(0);
    engine.close(client);
    engine.drain();
    engine.expect_nothing_alive();
}

#[test]
fn a_malformed_connection_request_is_refused() {
    let engine = Library::get().start();
    let mut client = 0;
    let bytes = [0xff, 0xff, 0xff];
    // SAFETY: the bytes and the handle are readable and writable.
    let status = unsafe {
        (Library::get().connect)(engine.raw, bytes.as_ptr(), bytes.len(), 1, &mut client)
    };
    assert_eq!(status, STATUS_INVALID_ARGUMENT);
    assert_eq!(engine.count(COUNTER_CLIENTS), 0);
}

#[test]
fn closing_completes_every_ticket_once() {
    let engine = Library::get().start();
    let client = engine.echo();
    let mut submission = Vec::new();
    for ticket in 1..=1000 {
        submission.extend(request(ticket, &[b"HANG"]));
    }
    assert_eq!(engine.submit(client, &submission), STATUS_OK);
    engine.close(client);
    // `await_completions` fails on a ticket that comes twice.
    let replies = engine.await_completions(1000);
    assert!(replies.values().all(|outcome| *outcome == Outcome::Failed(OUTCOME_CLOSED)));
    engine.expect_nothing_alive();
}

#[test]
fn a_closed_handle_names_nobody() {
    let engine = Library::get().start();
    let first = engine.echo();
    assert_eq!(engine.close(first), STATUS_OK);
    assert_eq!(engine.close(first), STATUS_CLOSED);
    let second = engine.echo();
    assert_ne!(first, second);
    assert_eq!(engine.submit(first, &request(5, &[b"A"])), STATUS_CLOSED);
    assert_eq!(engine.close(first), STATUS_CLOSED, "closed the one that took its place");
    assert_eq!(engine.close(second), STATUS_OK);
    assert_eq!(engine.close(0xdead_beef_0000_0001), STATUS_CLOSED);
    engine.expect_nothing_alive();
}

#[test]
fn a_panicking_task_fails_its_own_ticket() {
    let engine = Library::get().start();
    let client = engine.echo();
    let submission = [request(1, &[b"PANIC"]), request(2, &[b"A"])].concat();
    assert_eq!(engine.submit(client, &submission), STATUS_OK);
    let replies = engine.await_completions(2);
    assert_eq!(replies[&1], Outcome::Failed(OUTCOME_INTERNAL));
    assert_eq!(replies[&2], Outcome::Echo(vec![b"A".to_vec()]));
    let (_, replies) = engine.drive_until(client, &request(3, &[b"PANIC"]), 3);
    assert_eq!(replies[&3], Outcome::Failed(OUTCOME_INTERNAL), "on a caller's thread");
    engine.close(client);
    engine.expect_nothing_alive();
}

#[test]
fn a_panic_while_requests_are_submitted_completes_each_of_them_once() {
    let engine = Library::get().start();
    let client = engine.echo();
    let submission = |first: u64| {
        let words: [&[&[u8]]; 3] = [&[b"A"], &[b"PANIC_AT_ONCE"], &[b"B"]];
        (first..)
            .zip(words)
            .map(|(ticket, words)| request(ticket, words))
            .collect::<Vec<_>>()
            .concat()
    };
    assert_eq!(engine.submit(client, &submission(1)), STATUS_OK);
    let mut replies = engine.await_completions(3);
    replies.extend(engine.drive_until(client, &submission(4), 6).1);
    engine.await_seen(&[4, 5, 6]);
    for (ticket, outcome) in replies {
        match ticket {
            1 | 4 => assert_eq!(outcome, Outcome::Echo(vec![b"A".to_vec()]), "{ticket}"),
            _ => assert_eq!(outcome, Outcome::Failed(OUTCOME_INTERNAL), "{ticket}"),
        }
    }
    engine.close(client);
    engine.expect_nothing_alive();
}

#[test]
fn a_drive_ends_with_its_budget() {
    let engine = Library::get().start();
    let client = engine.echo();
    let (status, _) = engine.drive(client, &request(1, &[b"HANG"]));
    assert_eq!(status, STATUS_OK);
    let mut times = Vec::new();
    for _ in 0..200 {
        let begun = Instant::now();
        let (status, replies) = engine.drive(client, &[]);
        times.push(begun.elapsed());
        assert_eq!(status, STATUS_OK);
        assert!(replies.is_empty());
    }
    times.sort();
    let median = times[times.len() / 2];
    assert!(median >= Duration::from_micros(u64::from(BUDGET_US) / 2), "{median:?}");
    assert!(median < Duration::from_millis(1), "{median:?}");
    engine.close(client);
    engine.drain();
    engine.expect_nothing_alive();
}

/// Its time is not limited: what ends it is the interruption, however early.
#[test]
fn a_drive_ends_when_it_is_interrupted() {
    let engine = Library::get().start();
    let client = engine.echo();
    assert_eq!(engine.submit(client, &request(1, &[b"HANG"])), STATUS_OK);
    for wait_us in [0, 0, 10, 100, 5000] {
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_micros(wait_us));
                engine.interrupt();
            });
            while engine.drive_for(client, &[], 0).0 == STATUS_NOT_DRIVING {}
        });
    }
    engine.interrupt();
    let begun = Instant::now();
    while engine.drive_for(client, &[], 0).0 == STATUS_NOT_DRIVING {}
    assert!(begun.elapsed() < Duration::from_secs(1), "the one before it counts");
    engine.close(client);
    engine.drain();
    engine.expect_nothing_alive();
}

#[test]
fn completions_are_counted() {
    let engine = Library::get().start();
    let client = engine.echo();
    let submission = [
        request(OWN, &[b"A"]),
        request(2, &[b"PUBLISH", b"channel", b"payload"]), // a message is no completion
        request(BLOCKING_TICKET | 3, &[b"A"]),
    ]
    .concat();
    engine.drive_until(client, &submission, BLOCKING_TICKET | 3);
    engine.await_seen(&[OWN, 2]);
    assert_eq!(engine.counted(), (3, 1, 1));
    engine.drive_until(client, &request(4, &[b"A"]), 4);
    assert_eq!(engine.counted(), (4, 1, 1));
    engine.close(client);
    engine.expect_nothing_alive();
}

#[test]
fn a_second_driver_is_told_so_and_loses_nothing() {
    let engine = Library::get().start();
    let client = engine.echo();
    let mut submitted = vec![1];
    thread::scope(|scope| {
        scope.spawn(|| {
            // On a busy machine the background thread may be slow to release the
            // role up; then there is another try.
            let mut submission = request(1, &[b"LATER", b"300"]);
            while engine.drive_for(client, &submission, 500_000).0 == STATUS_NOT_DRIVING {
                submission.clear();
            }
        });
        let told = (2..200).any(|ticket| {
            thread::sleep(Duration::from_millis(1));
            submitted.push(ticket);
            let (status, replies) = engine.drive(client, &request(ticket, &[b"A"]));
            assert!(status == STATUS_OK || replies.is_empty());
            status == STATUS_NOT_DRIVING
        });
        assert!(told, "found nobody driving");
    });
    engine.await_seen(&submitted);
    engine.close(client);
    engine.expect_nothing_alive();
}

/// Callers that drive, submit, take and close from many threads at once: each
/// ticket is completed exactly once, regardless of which thread takes it.
#[test]
fn messages_come_numbered_under_the_subscribers_name() {
    let engine = Library::get().start();
    // Field 30, subscriber: a name as large as a ticket.
    let name = u64::MAX - 7;
    let client = engine.echo_with(&[&[0xf1, 0x01], &name.to_le_bytes()[..]].concat());
    let long = [b'l'; 5000];
    for (ticket, payload) in [(1, &b"first"[..]), (2, b""), (3, &long)] {
        engine.drive_until(client, &request(ticket, &[b"PUBLISH", b"channel", payload]), ticket);
    }
    // An odd message is none, and disturbs nothing.
    engine.drive_until(client, &request(4, &[b"PUBLISH"]), 4);
    let names = |body: &[u8]| [&[0][..], &7u32.to_le_bytes(), b"channel", body].concat();
    let expected = [
        (0u32, names(&[&[6][..], &5u32.to_le_bytes(), b"first"].concat())),
        (0, names(&[6, 0, 0, 0, 0])),
        (1, names(&[7, 0, 0, 0, 0])),
    ];
    let messages = engine.messages.lock().unwrap();
    assert_eq!(messages.len(), expected.len());
    for (number, ((subscriber, body), (shared, message))) in
        messages.iter().zip(expected).enumerate()
    {
        let head = [&(number as u64).to_le_bytes()[..], &1u32.to_le_bytes(), &shared.to_le_bytes()];
        assert_eq!(*subscriber, name);
        assert_eq!(*body, [&head.concat()[..], &message].concat());
    }
    drop(messages);
    engine.close(client);
    engine.expect_nothing_alive();
}

#[test]
fn any_thread_may_do_anything() {
    let engine = Arc::new(Library::get().start());
    let next = Arc::new(AtomicU64::new(1));
    let threads: Vec<_> = (0..8)
        .map(|seed| {
            let (engine, next) = (engine.clone(), next.clone());
            thread::spawn(move || {
                let mut random = library::Random::new(seed + 1);
                let mut mine = HashSet::new();
                let mut client = engine.echo();
                for _ in 0..2000 {
                    let ticket = next.fetch_add(1, Ordering::Relaxed);
                    match random.below(20) {
                        0 => {
                            engine.close(client);
                            client = engine.echo();
                        }
                        1 => engine.drain(),
                        2..10 => {
                            assert_eq!(engine.submit(client, &request(ticket, &[b"A"])), STATUS_OK);
                            mine.insert(ticket);
                        }
                        _ => {
                            let (status, _) = engine.drive(client, &request(ticket, &[b"A"]));
                            assert!(status == STATUS_OK || status == STATUS_NOT_DRIVING);
                            mine.insert(ticket);
                        }
                    }
                }
                engine.close(client);
                mine
            })
        })
        .collect();
    let mine: Vec<u64> = threads.into_iter().flat_map(|t| t.join().unwrap()).collect();
    engine.await_seen(&mine);
    engine.expect_nothing_alive();
}

fn said(words: &[&str]) -> Outcome {
    Outcome::Echo(words.iter().map(|word| word.as_bytes().to_vec()).collect())
}

/// An answer with credentials, and one with an address.
fn credentials(username: &str, password: &str) -> Vec<u8> {
    field(3, &[field(1, username.as_bytes()), field(2, password.as_bytes())].concat())
}

fn address(host: &str, port: u8) -> Vec<u8> {
    field(2, &[&field(1, host.as_bytes())[..], &[0x10, port]].concat())
}

#[test]
fn questions_are_answered_by_their_numbers() {
    let engine = Library::get().start();
    let client = engine.echo_with(&functions(77));
    let asking = [
        request(2, &[b"ASK", b"30000"]),
        request(3, &[b"ASK", b"30000", b"203.0.113.1", b"7000"]),
        request(4, &[b"ASK", b"30000"]),
    ];
    assert_eq!(engine.submit(client, &asking.concat()), STATUS_OK);
    let mut questions = engine.await_questions(3);
    assert_eq!(engine.count(COUNTER_QUESTIONS), 3);
    questions.sort_by_key(|question| question.number);
    let of = |number, about, address| Question {
        functions: 77,
        number,
        about,
        milliseconds: 30_000,
        address,
    };
    assert_eq!(
        questions,
        [of(1, 1, None), of(2, 0, Some((7000, "203.0.113.1".into()))), of(3, 1, None)]
    );
    // In any order, and among others.
    assert_eq!(engine.answer(3, &field(1, b"it failed")), STATUS_OK);
    assert_eq!(engine.answer(2, &address("localhost", 42)), STATUS_OK);
    assert_eq!(engine.answer(1, &credentials("app", "")), STATUS_OK);
    let replies = engine.await_completions(3);
    assert_eq!(replies[&2], said(&["", "app", ""]));
    assert_eq!(replies[&3], said(&["localhost", "42"]));
    assert_eq!(replies[&4], said(&["it failed"]));
    engine.close(client);
    engine.expect_nothing_alive();
}

#[test]
fn answers_that_nobody_waits_for_are_refused() {
    let engine = Library::get().start();
    assert_eq!(engine.answer(1, &[]), STATUS_CLOSED, "nothing was ever asked");
    let client = engine.echo_with(&functions(1));
    assert_eq!(engine.submit(client, &request(2, &[b"ASK", b"30000"])), STATUS_OK);
    let number = engine.await_questions(1)[0].number;
    assert_eq!(engine.answer(number + 1, &[]), STATUS_CLOSED, "it is another's");
    for malformed in [&[0xff][..], &[0x0a, 9], &field(1, &[0xff]), &field(2, &[0xff])] {
        assert_eq!(engine.answer(number, malformed), STATUS_INVALID_ARGUMENT);
    }
    assert_eq!(engine.answer(number, &credentials("a", "b")), STATUS_OK, "it still waits");
    assert_eq!(engine.answer(number, &credentials("c", "d")), STATUS_CLOSED, "it was answered");
    assert_eq!(engine.await_completions(1)[&2], said(&["", "a", "b"]));

    assert_eq!(engine.submit(client, &request(3, &[b"ASK", b"30000"])), STATUS_OK);
    let number = engine.await_questions(1)[0].number;
    engine.close(client);
    assert_eq!(engine.await_completions(1)[&3], Outcome::Failed(OUTCOME_CLOSED));
    let begun = Instant::now();
    while engine.count(COUNTER_QUESTIONS) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "the question outlives its client");
    }
    assert_eq!(engine.answer(number, &credentials("a", "b")), STATUS_CLOSED);
    engine.expect_nothing_alive();
}

/// As in a program that does not know of questions, or whose functions hang.
#[test]
fn a_question_that_is_not_answered_ends_by_itself() {
    let engine = Library::get().start();
    let client = engine.echo_with(&functions(1));
    let mut asking = Vec::new();
    for ticket in 2..102 {
        asking.extend(request(ticket, &[b"ASK", b"50"]));
    }
    assert_eq!(engine.submit(client, &asking), STATUS_OK);
    let replies = engine.await_completions(100);
    assert!(replies.values().all(|reply| *reply == said(&["no answer within 50ms"])));
    for question in engine.await_questions(100) {
        assert_eq!(
            engine.answer(question.number, &credentials("a", "b")),
            STATUS_CLOSED,
            "it is late"
        );
    }
    engine.close(client);
    engine.expect_nothing_alive();
}

/// Some are late, some twice; each request is completed once, regardless of which thread drives.
#[test]
fn answers_may_come_from_any_thread_at_any_time() {
    let engine = Arc::new(Library::get().start());
    let client = engine.echo_with(&functions(1));
    let tickets: Vec<u64> = (2..1002).collect();
    let answered = AtomicU64::new(0);
    thread::scope(|scope| {
        for worker in 0..4u64 {
            let (engine, answered) = (&engine, &answered);
            scope.spawn(move || {
                let mut random = library::Random::new(worker);
                for _ in 0..2000 {
                    let number = 1 + random.below(1000);
                    if engine.answer(number, &credentials("a", "b")) == STATUS_OK {
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                    thread::sleep(Duration::from_micros(random.below(50)));
                }
            });
        }
        for chunk in tickets.chunks(50) {
            let asking: Vec<u8> =
                chunk.iter().flat_map(|&t| request(t, &[b"ASK", b"20"])).collect();
            let (status, _) = engine.drive(client, &asking);
            assert!(status == STATUS_OK || status == STATUS_NOT_DRIVING);
        }
        engine.await_seen(&tickets);
    });
    assert!(answered.load(Ordering::Relaxed) > 0);
    engine.close(client);
    engine.expect_nothing_alive();
}

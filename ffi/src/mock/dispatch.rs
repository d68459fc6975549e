//! Coalesced requests: one pipeline, and each caller gets a separate answer.

use super::{
    client::{Ask, Client, Got, ask, eventually, text, value_of},
    server::{Act, Command, Server, bulk},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

#[test]
fn coalesced_commands_are_answered_each_in_its_place() {
    let server = Server::usual();
    let client = Client::standalone(&server);
    let asks: Vec<Ask> = (0..500).map(|n| ask(&format!("GET key{n}"))).collect();
    let expected: Vec<Got> = (0..500).map(|n| value_of(&format!("key{n}"))).collect();
    assert_eq!(client.ask_all(&asks), expected);
    let sent: Vec<String> = (0..500).map(|n| format!("GET key{n}")).collect();
    assert_eq!(server.seen(), sent, "they are sent in the order of their submission");
    assert_eq!(server.connections_of("GET"), 1);
}

#[test]
fn an_error_in_a_pipeline_is_its_own_commands_alone() {
    let server = Server::new(|command| match command.text.as_str() {
        "GET list" => Act::Say("-WRONGTYPE it is a list\r\n".to_owned()),
        _ => Act::Usual,
    });
    let client = Client::standalone(&server);
    let got = client.ask_all(&[ask("GET a"), ask("GET list"), ask("SET b 1"), ask("GET c")]);
    assert_eq!((&got[0], &got[2], &got[3]), (&value_of("a"), &Got::Ok, &value_of("c")));
    assert!(matches!(&got[1], Got::Failed(1, code, _) if code == "WRONGTYPE"), "{got:?}");
}

#[test]
fn replies_are_converted_in_a_pipeline_as_alone() {
    let server = Server::new(|command| match command.text.as_str() {
        "HGETALL h" => Act::Say(format!("*2\r\n{}{}", bulk("field"), bulk("1"))),
        _ => Act::Usual,
    });
    let client = Client::standalone(&server);
    let got = client.ask_all(&[ask("GET a"), ask("EXPIRE a 10"), ask("HGETALL h")]);
    let map = Got::List(vec![text("field"), text("1")]);
    assert_eq!(got, [value_of("a"), Got::Boolean(true), map]);
}

#[test]
fn replies_stay_as_they_were_sent_if_a_request_says_so() {
    let server = Server::new(|command| match command.text.as_str() {
        "EXPIRE a 10" | "BLPOP l 0" => Act::Say(":1\r\n".to_owned()),
        "COMMAND" => Act::Say("*2\r\n:1\r\n-BAD one\r\n".to_owned()),
        "XRANGE s - +" => Act::Say("*1\r\n*2\r\n+1-0\r\n*0\r\n".to_owned()),
        "TYPE a" => Act::Say("+string\r\n".to_owned()),
        "LOLWUT" => Act::Say("=8\r\nmkd:text\r\n".to_owned()),
        "GET b" => Act::Say("|1\r\n+ttl\r\n:7\r\n+QUEUED\r\n".to_owned()),
        _ => Act::Usual,
    });
    let client = Client::standalone(&server);
    let one = Got::Integer(1);
    let simple = |text: &str| Got::Simple(text.to_owned());
    let entries = Got::List(vec![Got::List(vec![simple("1-0"), Got::List(vec![])])]);
    let attributes = vec![simple("ttl"), Got::Integer(7)];
    let attributes = Got::Attributes(attributes, simple("QUEUED").into());
    for (ask, expected) in [
        (ask("EXPIRE a 10"), one.clone()),
        (ask("XRANGE s - +"), entries),
        (ask("TYPE a"), simple("string")),
        (ask("LOLWUT"), Got::Verbatim("mkd".to_owned(), text("text").into())),
        (ask("GET b"), attributes),
        (ask("BLPOP l 0").once(), one.clone()),
        // An error among replies is not the reply.
        (ask("COMMAND"), Got::List(vec![one, Got::Failed(1, "BAD".to_owned(), "one".to_owned())])),
    ] {
        assert_eq!(client.ask_all(&[ask.unconverted()]), [expected]);
    }
    let usual = [text("string"), text("text"), text("QUEUED"), Got::Boolean(true)];
    let asks = ["TYPE a", "LOLWUT", "GET b", "EXPIRE a 10"].map(ask);
    assert_eq!(client.ask_all(&asks), usual);
}

#[test]
fn large_values_come_whole() {
    let large = "x".repeat(1 << 20);
    let reply = bulk(&large);
    let server = Server::new(move |command| match command.text.as_str() {
        "GET large" => Act::Say(reply.clone()),
        _ => Act::Usual,
    });
    let client = Client::standalone(&server);
    let got = client.ask_all(&[ask("GET a"), ask("GET large"), ask("GET b")]);
    assert_eq!(got, [value_of("a"), text(&large), value_of("b")]);
}

/// A server that cuts its first connection with commands in flight.
fn cuts_once(after: &'static str, half: &'static str) -> Arc<Server> {
    let cuts = AtomicUsize::new(0);
    Server::new(move |command| match command.text == after {
        true if cuts.fetch_add(1, Ordering::SeqCst) == 0 => Act::Cut(half.to_owned()),
        _ => Act::Usual,
    })
}

#[test]
fn of_commands_whose_connection_is_lost_only_reads_are_sent_again() {
    // The connection is lost in the middle of a reply.
    let server = cuts_once("GET b", "$100\r\nvalue o");
    let client = Client::standalone(&server);
    let got = client.ask_all(&[ask("GET a"), ask("INCR n"), ask("GET b"), ask("INCR m")]);
    assert_eq!((&got[0], &got[2]), (&value_of("a"), &value_of("b")));
    for lost in [&got[1], &got[3]] {
        assert!(matches!(lost, Got::Failed(3, ..)), "{got:?}");
    }
    let seen = server.seen();
    let times = |text: &str| seen.iter().filter(|seen| *seen == text).count();
    assert_eq!(times("INCR n"), 1, "{seen:?}");
    assert!(times("INCR m") <= 1, "{seen:?}");
    assert_eq!(times("GET b"), 2, "{seen:?}");
}

#[test]
fn nothing_is_sent_again_without_retries() {
    let server = cuts_once("GET a", "");
    let client = Client::with(&server, |request| request.no_retries = true);
    assert!(matches!(client.ask("GET a"), Got::Failed(3, ..)));
    assert_eq!(server.seen(), ["GET a"]);
    assert_eq!(client.ask("GET a"), value_of("a"), "there is another connection");
}

#[test]
fn closing_completes_what_is_in_flight() {
    let server = Server::new(|command| match command.text.starts_with("GET") {
        true => Act::Hold,
        false => Act::Usual,
    });
    let client = Client::standalone(&server);
    let tickets = client.submit(&[ask("GET a"), ask("GET b"), ask("OBJECT HELP")]);
    eventually("the server gets it", || !server.seen().is_empty());
    client.close();
    for ticket in tickets {
        let got = client.wait(ticket);
        assert!(matches!(got, Got::Failed(4, ..)), "{got:?}");
    }
}

#[test]
fn who_waits_beyond_the_inflight_limit_is_refused_or_waits() {
    let held = |command: &Command| match command.text.starts_with("GET") {
        true => Act::Hold,
        false => Act::Usual,
    };
    let server = Server::new(held);
    let client = Client::with(&server, |request| request.inflight_limit = 2);
    let tickets = client.submit(&[ask("GET a"), ask("GET b"), ask("GET c")]);
    assert!(matches!(client.wait(tickets[2]), Got::Failed(5, ..)));

    let server = Server::new(held);
    let client = Client::with(&server, |request| {
        request.inflight_limit = 2;
        request.inflight_wait = true;
    });
    let tickets = client.submit(&[ask("GET a"), ask("GET b"), ask("GET c")]);
    eventually("the server gets one", || !server.seen().is_empty());
    assert_eq!(client.take(tickets[2]), None);
    server.change(|_| Act::Usual);
    server.go_on();
    let got: Vec<Got> = tickets.into_iter().map(|ticket| client.wait(ticket)).collect();
    assert_eq!(got, [value_of("a"), value_of("b"), value_of("c")]);
    assert_eq!(server.seen(), ["GET a", "GET b", "GET c"]);
}

/// A server that lets no more connections be made until it is told to go on.
fn let_nobody_in(server: &Server) {
    server.change(|command| match command.text.as_str() {
        "INCR cut" => Act::Cut(String::new()),
        text if text.starts_with("HELLO") => Act::Hold,
        _ => Act::Usual,
    });
}

/// Lets them be made: those that wait, and those that come.
fn let_all_in(server: &Server) {
    server.change(|_| Act::Usual);
    server.go_on();
}

/// Longer than some requests have.
const SHORT: Duration = Duration::from_millis(100);

#[test]
fn what_waits_for_a_connection_is_not_sent_when_its_time_is_over() {
    let server = Server::usual();
    let client = Client::standalone(&server);
    let_nobody_in(&server);
    assert!(matches!(client.ask("INCR cut"), Got::Failed(..)));
    let asks = [
        ask("SET a 1").within(SHORT),
        ask("SET b 1"),
        ask("GET c").within(SHORT),
        ask("GET d"),
        ask("TIME").within(SHORT),
        ask("LASTSAVE"),
    ];
    let tickets = client.submit(&asks);
    std::thread::sleep(2 * SHORT);
    let_all_in(&server);
    let got: Vec<Got> = tickets.into_iter().map(|ticket| client.wait(ticket)).collect();
    for late in [&got[0], &got[2], &got[4]] {
        assert!(matches!(late, Got::Failed(2, ..)), "{got:?}");
    }
    assert_eq!((&got[1], &got[3], &got[5]), (&Got::Ok, &value_of("d"), &Got::Ok));
    let mut seen = server.seen();
    seen.sort();
    assert_eq!(seen, ["GET d", "INCR cut", "LASTSAVE", "SET b 1"]);
}

#[test]
fn what_waits_for_the_topology_has_the_time_that_is_left() {
    let server = Server::usual();
    let_nobody_in(&server);
    let (client, connected) = Client::connecting(&server, |request| request.lazy = true);
    assert_eq!(client.wait(connected), Got::Ok);
    let tickets = client.submit(&[ask("SET a 1").within(SHORT), ask("SET b 1")]);
    std::thread::sleep(2 * SHORT);
    let_all_in(&server);
    assert_eq!(client.wait(tickets[1]), Got::Ok);
    assert!(matches!(client.wait(tickets[0]), Got::Failed(2, ..)));
    assert_eq!(server.seen(), ["SET b 1"]);
}

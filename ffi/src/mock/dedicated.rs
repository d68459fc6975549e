//! The pool of dedicated connections: reuse, limit, cancelling and closing.

use super::{
    client::{Ask, Client, Got, ask, eventually, value_of},
    server::{Act, Command, Server, cluster, key_of},
};
use redis::cluster_topology::get_slot;
use std::time::Duration;

fn held(command: &Command) -> Act {
    match command.text.starts_with("BLPOP") {
        true => Act::Hold,
        false => Act::Usual,
    }
}

fn pop(key: &str) -> Ask {
    ask(&format!("BLPOP {key} 0")).once()
}

fn popped(key: &str) -> Got {
    Got::List(vec![Got::Text(key.to_owned()), value_of(key)])
}

#[test]
fn a_connection_is_used_again_by_who_comes_next() {
    let server = Server::usual();
    let client = Client::standalone(&server);
    for n in 0..20 {
        let key = format!("key{n}");
        assert_eq!(client.ask_all(&[pop(&key)]), [popped(&key)]);
    }
    assert_eq!(server.connections_of("BLPOP"), 1);
    assert_eq!(client.connections(), 1);
    assert_eq!(client.ask("GET a"), value_of("a"));
    assert_eq!(server.connections_of(""), 2, "shared requests have another");
}

#[test]
fn who_waits_does_not_delay_others() {
    let server = Server::new(held);
    let client = Client::standalone(&server);
    let tickets = client.submit(&[pop("a"), pop("b"), pop("c")]);
    eventually("all wait", || server.seen().len() == 3);
    assert_eq!(client.ask("GET x"), value_of("x"));
    assert_eq!(server.connections_of("BLPOP"), 3);
    (0..3).for_each(|_| server.go_on());
    for (ticket, key) in tickets.into_iter().zip(["a", "b", "c"]) {
        eventually("it is answered", || {
            server.go_on();
            client.connections() >= 0
        });
        assert_eq!(client.wait(ticket), popped(key));
    }
}

#[test]
fn beyond_the_limit_they_wait_for_a_connection_to_be_free() {
    let server = Server::new(held);
    let client = Client::with(&server, |request| request.dedicated_limit = 2);
    let tickets = client.submit(&[pop("a"), pop("b"), pop("c")]);
    eventually("two wait", || server.seen().len() == 2);
    assert_eq!(client.connections(), 2);
    server.change(|_| Act::Usual);
    // Who is answered makes room for the third.
    server.go_on();
    eventually("the third is sent", || server.seen().len() == 3);
    server.go_on();
    let got: Vec<Got> = tickets.into_iter().map(|ticket| client.wait(ticket)).collect();
    assert_eq!(got, [popped("a"), popped("b"), popped("c")]);
    assert_eq!(client.connections(), 2);
    assert_eq!(server.connections_of("BLPOP"), 2);
}

#[test]
fn a_request_that_is_given_up_closes_its_connection() {
    let server = Server::new(held);
    let client = Client::with(&server, |request| request.dedicated_limit = 1);
    let tickets = client.submit(&[pop("a")]);
    eventually("it waits", || server.seen().len() == 1);
    client.end(tickets[0]);
    assert!(matches!(client.wait(tickets[0]), Got::Failed(2, ..)));
    eventually("the server sees it", || server.closed() == 1);
    server.change(|_| Act::Usual);
    assert_eq!(client.ask_all(&[pop("b")]), [popped("b")], "its permit is free");
    assert_eq!(server.seen(), ["BLPOP a 0", "BLPOP b 0"], "it is not sent again");
}

#[test]
fn a_request_that_runs_out_of_time_closes_its_connection() {
    let server = Server::new(held);
    let client = Client::standalone(&server);
    let got = client.ask_all(&[pop("a").within(Duration::from_millis(300))]);
    assert!(matches!(got[..], [Got::Failed(2, ..)]), "{got:?}");
    eventually("the server sees it, if it was sent", || {
        server.closed() == server.connections_of("BLPOP") && client.connections() == 0
    });
}

#[test]
fn closing_ends_those_that_wait_and_those_that_are_idle() {
    let server = Server::new(held);
    let client = Client::with(&server, |request| request.dedicated_limit = 1);
    let tickets = client.submit(&[pop("a"), pop("b")]);
    eventually("one waits on the server", || server.seen().len() == 1);
    let inner = client.inner();
    client.close();
    for ticket in tickets {
        assert!(matches!(client.wait(ticket), Got::Failed(4, ..)));
    }
    drop(inner);
    eventually("no connection is left", || client.connections() == 0);
    assert_eq!(server.seen(), ["BLPOP a 0"]);
}

#[test]
fn a_connection_that_the_server_closed_while_idle_is_not_used() {
    let server = Server::new(|command| match command.text == "BLPOP a 0" {
        // It answers and leaves.
        true => Act::Cut(super::server::usual(&command.text)),
        false => Act::Usual,
    });
    let client = Client::standalone(&server);
    assert_eq!(client.ask_all(&[pop("a")]), [popped("a")]);
    eventually("it is closed", || server.closed() == 1);
    assert_eq!(client.ask_all(&[pop("b")]), [popped("b")]);
    assert_eq!(server.connections_of("BLPOP"), 2);
}

#[test]
fn a_command_whose_connection_is_lost_is_not_sent_again() {
    let server = Server::new(|command| match command.text == "BLPOP a 0" {
        true => Act::Cut("*2\r\n$1\r\na\r\n$5\r\nval".to_owned()),
        false => Act::Usual,
    });
    let client = Client::standalone(&server);
    assert!(matches!(client.ask_all(&[pop("a")])[..], [Got::Failed(3, ..)]));
    assert_eq!(server.seen(), ["BLPOP a 0"]);
}

#[test]
fn a_redirect_is_followed_to_the_other_nodes_pool() {
    let (a, b) = (Server::usual(), Server::usual());
    cluster(&[&a, &b]);
    let client = Client::cluster(&a);
    let key = key_of(0, 2, "key");
    let (to, slot) = (b.address.to_string(), get_slot(key.as_bytes()));
    for (code, seen) in [("ASK", 2), ("MOVED", 3)] {
        let to = to.clone();
        a.change(move |command| match command.text.starts_with("BLPOP") {
            true => Act::Say(format!("-{code} {slot} {to}\r\n")),
            false => Act::Usual,
        });
        assert_eq!(client.ask_all(&[pop(&key)]), [popped(&key)], "{code}");
        assert_eq!(b.seen().len(), seen, "{code}: {:?}", b.seen());
    }
    assert_eq!(b.seen()[0], "ASKING");
    assert_eq!(b.connections_of("BLPOP"), 1);
}

#[test]
fn a_command_that_is_refused_for_now_is_sent_until_it_is_done() {
    let mut times = 0;
    let server = Server::new(move |command| match command.text.starts_with("BLPOP") {
        true if times < 2 => {
            times += 1;
            Act::Say("-LOADING not now\r\n".to_owned())
        }
        _ => Act::Usual,
    });
    let client = Client::standalone(&server);
    assert_eq!(client.ask_all(&[pop("a")]), [popped("a")]);
    assert_eq!(server.seen().len(), 3);
}

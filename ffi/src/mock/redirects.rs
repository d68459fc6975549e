//! Redirects and refusals: followed, waited for, or told.

use super::{
    client::{Client, Got, ask, value_of},
    server::{Act, Server, cluster, key_of},
};
use crate::wire::address::Address;
use redis::cluster_topology::get_slot;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

fn moved(key: &str, to: &str) -> Act {
    Act::Say(format!("-MOVED {} {to}\r\n", get_slot(key.as_bytes())))
}

/// Two servers, a client of theirs, and a key that the first one has.
fn two() -> (Arc<Server>, Arc<Server>, Client, String) {
    let (a, b) = (Server::usual(), Server::usual());
    cluster(&[&a, &b]);
    let client = Client::cluster(&a);
    (a, b, client, key_of(0, 2, "key"))
}

#[test]
fn a_moved_slot_is_followed_and_remembered() {
    let (a, b, client, key) = two();
    let to = b.address.to_string();
    let moved_key = key.clone();
    a.change(move |command| match command.text.starts_with("GET") {
        true => moved(&moved_key, &to),
        false => Act::Usual,
    });
    let get = format!("GET {key}");
    assert_eq!(client.ask(&get), value_of(&key));
    assert_eq!((a.seen(), b.seen()), (vec![get.clone()], vec![get.clone()]));
    // The topology that is looked up meanwhile still says otherwise, so it may
    // be asked either way: but it is answered.
    assert_eq!(client.ask(&get), value_of(&key));
}

#[test]
fn commands_beside_one_that_moved_stay_where_they_are() {
    let (a, b, client, key) = two();
    let other = key_of(0, 2, "other");
    let (to, moved_key) = (b.address.to_string(), key.clone());
    a.change(move |command| match command.text.ends_with(&moved_key) {
        true => moved(&moved_key, &to),
        false => Act::Usual,
    });
    let (get, other_get) = (format!("INCR {key}"), format!("INCR {other}"));
    let got = client.ask_all(&[ask(&other_get), ask(&get), ask(&other_get)]);
    assert_eq!(got, [Got::Integer(1), Got::Integer(1), Got::Integer(1)]);
    assert_eq!(a.seen(), [other_get.clone(), get.clone(), other_get]);
    assert_eq!(b.seen(), [get]);
}

#[test]
fn asking_comes_just_before_its_command_and_changes_nothing() {
    let (a, b, client, key) = two();
    let (to, slot) = (b.address.to_string(), get_slot(key.as_bytes()));
    let times = AtomicUsize::new(0);
    a.change(move |command| match command.text.starts_with("SET") {
        true if times.fetch_add(1, Ordering::SeqCst) == 0 => {
            Act::Say(format!("-ASK {slot} {to}\r\n"))
        }
        _ => Act::Usual,
    });
    let set = format!("SET {key} 1");
    assert_eq!(client.ask(&set), Got::Ok);
    assert_eq!(b.seen(), ["ASKING".to_owned(), set.clone()]);
    assert_eq!(client.ask(&set), Got::Ok);
    assert_eq!(a.seen(), [set.clone(), set], "the slot is still the first one's");
    assert_eq!(b.seen().len(), 2);
}

#[test]
fn a_redirect_without_a_host_leads_to_the_host_that_sent_it() {
    for (host, written) in
        [("", ""), ("?", "?"), ("2001:db8::7", "2001:db8::7"), ("2001:db8::8", "[2001:db8::8]")]
    {
        let here = Server::usual();
        let at = match host {
            "" | "?" => Address::new(&here.address.host, if host.is_empty() { 7001 } else { 7002 }),
            _ => Address::new(host, 7001),
        };
        let there = Server::at(at.clone(), |_| Act::Usual);
        cluster(&[&here, &there]);
        let client = Client::cluster(&here);
        let key = key_of(0, 2, "key");
        let (to, moved_key) = (format!("{written}:{}", at.port), key.clone());
        here.change(move |command| match command.text.starts_with("GET") {
            true => moved(&moved_key, &to),
            false => Act::Usual,
        });
        assert_eq!(client.ask(&format!("GET {key}")), value_of(&key), "{written}");
        assert_eq!(there.seen(), [format!("GET {key}")], "{written}");
    }
}

#[test]
fn redirects_that_say_nothing_are_errors() {
    for wrong in [
        "MOVED",
        "MOVED 1",
        "MOVED x 10.0.0.1:1",
        "MOVED 16384 10.0.0.1:1",
        "MOVED 65535 10.0.0.1:1",
        "MOVED -1 10.0.0.1:1",
        "MOVED 70000 10.0.0.1:1",
        "MOVED 1 10.0.0.1",
        "MOVED 1 10.0.0.1:70000",
        "ASK 1 10.0.0.1:x",
        "ASK",
        "ASK 16384 :7001",
    ] {
        let (a, _b, client, key) = two();
        a.change(move |command| match command.text.starts_with("GET") {
            true => Act::Say(format!("-{wrong}\r\n")),
            false => Act::Usual,
        });
        let got = client.ask(&format!("GET {key}"));
        let code = wrong.split(' ').next().unwrap();
        assert!(matches!(&got, Got::Failed(1, c, _) if c == code), "{wrong}: {got:?}");
        a.change(|_| Act::Usual);
        assert_eq!(client.ask(&format!("GET {key}")), value_of(&key), "{wrong}");
    }
}

#[test]
fn servers_that_redirect_to_one_another_are_given_up() {
    let (a, b, client, key) = two();
    for (one, other) in [(&a, &b), (&b, &a)] {
        let (to, moved_key) = (other.address.to_string(), key.clone());
        one.change(move |command| match command.text.starts_with("SET") {
            true => moved(&moved_key, &to),
            false => Act::Usual,
        });
    }
    let got = client.ask(&format!("SET {key} 1"));
    assert!(matches!(&got, Got::Failed(1, code, _) if code == "MOVED"), "{got:?}");
    let asked = a.seen().len() + b.seen().len();
    assert!((2..=12).contains(&asked), "{asked} times");
}

#[test]
fn a_command_that_is_refused_for_now_is_sent_until_it_is_done() {
    for code in ["TRYAGAIN", "CLUSTERDOWN", "LOADING"] {
        let (a, _b, client, key) = two();
        let times = AtomicUsize::new(0);
        a.change(move |command| match command.text.starts_with("INCR") {
            true if times.fetch_add(1, Ordering::SeqCst) < 3 => {
                Act::Say(format!("-{code} not now\r\n"))
            }
            _ => Act::Usual,
        });
        assert_eq!(client.ask(&format!("INCR {key}")), Got::Integer(1));
        assert_eq!(a.seen().len(), 4, "{code}");
    }
}

#[test]
fn scripts_are_not_sent_again_whatever_they_answer() {
    for code in ["TRYAGAIN", "LOADING", "READONLY"] {
        let (a, _b, client, key) = two();
        a.change(move |command| match command.text.starts_with("EVAL") {
            true => Act::Say(format!("-{code} says the script\r\n")),
            false => Act::Usual,
        });
        let got = client.ask(&format!("EVAL return 1 {key}"));
        assert!(matches!(&got, Got::Failed(1, c, _) if c == code), "{got:?}");
        assert_eq!(a.seen().len(), 1, "{code}");
    }
}

#[test]
fn a_standalone_client_follows_no_redirect() {
    for once in [false, true] {
        let other = Server::usual();
        let to = other.address.to_string();
        let server = Server::new(move |command| match command.text.as_str() {
            "GET a" | "BLPOP a 1" => Act::Say(format!("-MOVED 1 {to}\r\n")),
            _ => Act::Usual,
        });
        let client = Client::standalone(&server);
        let asked = if once { ask("BLPOP a 1").once() } else { ask("GET a") };
        let got = client.ask_all(&[asked]).remove(0);
        assert!(matches!(&got, Got::Failed(1, code, _) if code == "MOVED"), "{got:?}");
        assert!(other.seen().is_empty(), "{:?}", other.seen());
        assert_eq!(other.connections_of(""), 0);
    }
}

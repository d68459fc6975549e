//! Topologies that cannot be: an error, and never a panic.

use super::{
    client::{Client, Got, eventually, value_of},
    server::{Act, Server, bulk, cluster, key_of},
};
use crate::command::servers::Servers;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

fn slots(server: &Server, first: &str, last: &str) -> String {
    let node = format!("*2\r\n{}:{}\r\n", bulk(&server.address.host), server.address.port);
    format!("*3\r\n:{first}\r\n:{last}\r\n{node}")
}

#[test]
fn a_client_does_not_connect_to_a_topology_that_cannot_be() {
    let mut wrong: Vec<String> = Vec::new();
    let server = Server::usual();
    for (first, last) in [
        ("0", "16384"),
        ("65535", "65535"),
        ("65536", "70000"),
        ("-1", "5"),
        ("0", "-1"),
        ("9", "5"),
        ("0", "9223372036854775807"),
    ] {
        wrong.push(format!("*1\r\n{}", slots(&server, first, last)));
    }
    wrong.push(format!("*2\r\n{}{}", slots(&server, "0", "9"), slots(&server, "5", "20")));
    for short in [
        "*0\r\n",
        "*1\r\n*0\r\n",
        "*1\r\n*2\r\n:0\r\n:5\r\n",
        "*1\r\n*3\r\n:0\r\n:5\r\n*0\r\n",
        "_\r\n",
        ":5\r\n",
        "+OK\r\n",
    ] {
        wrong.push(short.to_owned());
    }
    for reply in wrong {
        let says = reply.clone();
        server.change(move |command| match command.text == "CLUSTER SLOTS" {
            true => Act::Say(says.clone()),
            false => Act::Usual,
        });
        let (client, connected) = Client::connecting(&server, |request| request.cluster = true);
        let got = client.wait(connected);
        assert!(matches!(got, Got::Failed(7, ..)), "{reply:?}: {got:?}");
    }
}

#[test]
fn a_topology_that_becomes_one_that_cannot_be_is_not_taken() {
    let (a, b) = (Server::usual(), Server::usual());
    cluster(&[&a, &b]);
    let client = Client::cluster(&a);
    let key = key_of(0, 2, "key");
    let wrong = format!("*1\r\n{}", slots(&b, "0", "16384"));
    let asked = Arc::new(AtomicUsize::new(0));
    for server in [&a, &b] {
        let (wrong, asked) = (wrong.clone(), asked.clone());
        server.change(move |command| match command.text == "CLUSTER SLOTS" {
            true => {
                asked.fetch_add(1, Ordering::SeqCst);
                Act::Say(wrong.clone())
            }
            false => Act::Usual,
        });
    }
    let Some(servers) = Servers::of(&client.inner().client) else { panic!("it is connected") };
    servers.router.refresh_soon();
    eventually("it is looked up", || asked.load(Ordering::SeqCst) > 0);
    assert_eq!(client.ask(&format!("GET {key}")), value_of(&key));
    assert_eq!(a.seen(), [format!("GET {key}")]);
}

#[test]
fn a_scan_of_a_slot_that_cannot_be_fails() {
    for slots in ["[65535->-b]", "0-16384", "16384", "-1", "9-5"] {
        let server = Server::new(move |command| match command.text.as_str() {
            "CLUSTER NODES" => Act::Say(bulk(&format!(
                "a 127.0.0.1:1@2 myself,master - 0 0 7 connected 0-5 {slots}\n"
            ))),
            _ => Act::Usual,
        });
        cluster(&[&server]);
        let client = Client::cluster(&server);
        let got = client.scan();
        assert!(matches!(got, Got::Failed(12, ..)), "{slots}: {got:?}");
        assert_eq!(client.ask("GET a"), value_of("a"));
    }
}

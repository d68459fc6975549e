//! Commands over keys of several slots.

use super::{
    client::{Client, Got, value_of},
    server::{Act, Server, cluster, key_of},
};
use std::sync::Arc;

/// Three servers, a client of theirs, and two keys of each.
fn three() -> (Vec<Arc<Server>>, Client, Vec<String>) {
    let servers: Vec<Arc<Server>> = (0..3).map(|_| Server::usual()).collect();
    cluster(&servers.iter().collect::<Vec<_>>());
    let client = Client::cluster(&servers[0]);
    let keys = ["one", "two"].iter().flat_map(|series| (0..3).map(|at| key_of(at, 3, series)));
    let keys = keys.collect();
    (servers, client, keys)
}

/// The keys that a server was sent with commands of a name, in order.
fn keys_sent(server: &Server, name: &str, step: usize) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for seen in server.seen() {
        let mut words = seen.split(' ');
        assert_eq!(words.next(), Some(name), "{seen}");
        keys.extend(words.step_by(step).map(str::to_owned));
    }
    keys.sort();
    keys
}

#[test]
fn values_of_several_nodes_come_in_the_order_of_their_keys() {
    let (servers, client, keys) = three();
    let got = client.ask(&format!("MGET {}", keys.join(" ")));
    assert_eq!(got, Got::List(keys.iter().map(|key| value_of(key)).collect()));
    for (at, server) in servers.iter().enumerate() {
        assert_eq!(keys_sent(server, "MGET", 1), [keys[at].clone(), keys[at + 3].clone()]);
    }
}

#[test]
fn writes_of_several_nodes_are_one() {
    let (servers, client, keys) = three();
    let pairs: Vec<String> = keys.iter().map(|key| format!("{key} v-{key}")).collect();
    assert_eq!(client.ask(&format!("MSET {}", pairs.join(" "))), Got::Ok);
    for (at, server) in servers.iter().enumerate() {
        assert_eq!(keys_sent(server, "MSET", 2), [keys[at].clone(), keys[at + 3].clone()]);
    }
}

#[test]
fn numbers_of_several_nodes_are_added() {
    let (servers, client, keys) = three();
    assert_eq!(client.ask(&format!("DEL {}", keys.join(" "))), Got::Integer(6));
    let sent: usize = servers.iter().map(|server| keys_sent(server, "DEL", 1).len()).sum();
    assert_eq!(sent, 6);
}

#[test]
fn a_part_that_fails_fails_the_whole() {
    let (servers, client, keys) = three();
    servers[1].change(|command| match command.text.starts_with("MSET") {
        true => Act::Say("-OOM no memory left\r\n".to_owned()),
        false => Act::Usual,
    });
    let pairs: Vec<String> = keys.iter().map(|key| format!("{key} 1")).collect();
    let got = client.ask(&format!("MSET {}", pairs.join(" ")));
    assert!(matches!(&got, Got::Failed(_, code, _) if code == "OOM"), "{got:?}");
    assert_eq!(client.ask(&format!("GET {}", keys[0])), value_of(&keys[0]));
}

#[test]
fn a_part_that_moved_is_followed_alone() {
    let (servers, client, keys) = three();
    let (to, slot) =
        (servers[2].address.to_string(), redis::cluster_topology::get_slot(keys[0].as_bytes()));
    let moved = keys[0].clone();
    servers[0].change(move |command| match command.text.ends_with(&moved) {
        true => Act::Say(format!("-MOVED {slot} {to}\r\n")),
        false => Act::Usual,
    });
    let got = client.ask(&format!("MGET {}", keys.join(" ")));
    assert_eq!(got, Got::List(keys.iter().map(|key| value_of(key)).collect()));
    let sent = servers[2].seen();
    let times = |key: &String| sent.iter().filter(|seen| seen.contains(key.as_str())).count();
    assert_eq!((times(&keys[0]), times(&keys[2]), times(&keys[5])), (1, 1, 1), "{sent:?}");
}

#[test]
fn parts_of_a_lost_connection_are_sent_again_if_they_read() {
    for (command, expected) in [("MGET", true), ("DEL", false)] {
        let (servers, client, keys) = three();
        let mut cuts = 0;
        servers[1].change(move |asked| match asked.text.starts_with(command) {
            true if cuts == 0 => {
                cuts += 1;
                Act::Cut(String::new())
            }
            _ => Act::Usual,
        });
        let got = client.ask(&format!("{command} {}", keys.join(" ")));
        match expected {
            true => assert_eq!(got, Got::List(keys.iter().map(|key| value_of(key)).collect())),
            false => assert!(matches!(got, Got::Failed(3, ..)), "{got:?}"),
        }
    }
}

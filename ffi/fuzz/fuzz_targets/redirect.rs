//! Texts of redirects. Arbitrary texts never panic, and yield a usable address or
//! none. Texts as servers write them yield the address that they name.
#![no_main]

#[path = "../../src/wire"]
mod wire {
    #[allow(dead_code)] // the fuzz target does not use all of it
    pub mod address;
    #[allow(dead_code)] // as above
    pub mod slots;
}

use libfuzzer_sys::fuzz_target;
use std::net::{Ipv4Addr, Ipv6Addr};
use wire::{address::{Address, Redirect}, slots::SLOTS};

fuzz_target!(|bytes: &[u8]| {
    match bytes {
        [0, code, rest @ ..] => arbitrary(["MOVED", "ASK", "TRYAGAIN", ""][usize::from(code % 4)], rest),
        [1, rest @ ..] => written(rest),
        _ => {
            let text = String::from_utf8_lossy(bytes);
            let (code, message) = text.split_once(' ').unwrap_or((&text, ""));
            check(code, message);
        }
    }
});

fn arbitrary(code: &str, message: &[u8]) {
    check(code, &String::from_utf8_lossy(message));
}

fn check(code: &str, message: &str) {
    let from = Address::new("10.0.0.1", 7000);
    let Some(redirect) = Redirect::parse(code, message, &from) else { return };
    assert!(redirect.slot < SLOTS);
    assert_eq!(redirect.asking, code == "ASK");
    let to = &redirect.to;
    assert!(!to.host.is_empty() && to.host != "?");
    // An address is parsed from its own text. Paths are left out: they have no port.
    if to.path().is_none() {
        let again = Address::parse(&to.to_string());
        assert_eq!(again.as_ref(), Some(to), "{message:?}");
    }
    // Where it leads does not depend on who has sent it, if it has a host.
    let other = Redirect::parse(code, message, &Address::new("10.0.0.2", 7000));
    let Some(other) = other else { panic!("it depends on who sent it") };
    assert!(other == redirect || (to.host == from.host && other.to.host == "10.0.0.2"));
}

/// Writes a redirect as servers do, and reads it.
fn written(bytes: &[u8]) {
    let Some((head, rest)) = bytes.split_first_chunk::<6>() else { return };
    let [kind, flags, s1, s2, p1, p2] = *head;
    let (slot, port) = (u16::from_be_bytes([s1, s2]), u16::from_be_bytes([p1, p2]));
    let from = match flags & 2 {
        0 => Address::new("10.0.0.1", 7000),
        _ => Address::new("2001:db8::1", 7000),
    };
    let mut address = [0; 16];
    let length = rest.len().min(16);
    address[..length].copy_from_slice(&rest[..length]);
    let [a, b, c, d, ..] = address;
    let v6 = Ipv6Addr::from(address).to_string();
    let name = rest.iter().take(63).map(|byte| {
        char::from(b"abcdefghijklmnopqrstuvwxyz0123456789.-"[usize::from(byte % 38)])
    });
    let name: String = name.collect();
    let (text, host) = match kind % 6 {
        0 => (String::new(), from.host.clone()),
        1 => ("?".to_owned(), from.host.clone()),
        2 => (v6.clone(), v6),
        3 => (format!("[{v6}]"), v6),
        4 => (Ipv4Addr::new(a, b, c, d).to_string(), Ipv4Addr::new(a, b, c, d).to_string()),
        _ => (format!("host{name}"), format!("host{name}")),
    };
    let code = if flags & 1 == 0 { "MOVED" } else { "ASK" };
    let found = Redirect::parse(code, &format!("{slot} {text}:{port}"), &from);
    let expected = (slot < SLOTS)
        .then(|| Redirect { slot, to: Address { host, port }, asking: flags & 1 == 1 });
    assert_eq!(found, expected);
}

//! The request decoder on arbitrary bytes: it never panics, and what it
//! accepts has the arguments that it counted.
#![no_main]

#[path = "../../src/request.rs"]
#[allow(dead_code)] // the fuzz target does not use all of it
mod request;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(requests) = request::parse(bytes) else { return };
    for request in requests {
        match request.body {
            request::Body::Command(words) => check(words),
            request::Body::Batch(batch) => {
                assert!(batch.count > 0);
                assert_eq!(batch.commands().count(), batch.count);
                batch.commands().for_each(check);
            }
            request::Body::Scan(scan) => assert!(scan.next > 0),
            request::Body::Login(login) => assert!(!format!("{login:?}").contains("password: ")),
            request::Body::Subscribing(s) => assert_eq!(s.names.iter().count(), s.names.count),
        }
    }
});

fn check(words: request::Words<'_>) {
    assert!(words.count > 0);
    assert_eq!(words.iter().count(), words.count);
    let size: usize = words.iter().map(<[u8]>::len).sum();
    assert!(size <= words.size());
}

//! The request decoder on arbitrary bytes: it never panics, and what it
//! accepts has the arguments that it counted.
#![no_main]

#[path = "../../src/wire"]
mod wire {
    #[allow(dead_code)] // the fuzz target does not use all of it
    pub mod request;
    #[allow(dead_code)] // as above
    pub mod slots;
}

use libfuzzer_sys::fuzz_target;
use wire::{request, slots};

fuzz_target!(|bytes: &[u8]| {
    let Ok(requests) = request::parse(bytes) else { return };
    // Submissions can be concatenated.
    let twice = request::parse(&[bytes, bytes].concat()).map(|twice| twice.len());
    assert_eq!(twice, Ok(2 * requests.len()));
    for request in requests {
        if let request::Route::Slot(slot)
        | request::Route::SlotPrimary(slot)
        | request::Route::SlotReplica(slot) = request.route
        {
            assert!(slot < slots::SLOTS);
        }
        match request.body {
            request::Body::Command(words) => check(words),
            request::Body::Batch(batch) => {
                assert!(batch.count > 0);
                assert_eq!(batch.commands().count(), batch.count);
                batch.commands().for_each(check);
            }
            request::Body::Scan(scan) => assert!(scan.next > 0),
            request::Body::CredentialChange(change) => assert!(!format!("{change:?}").contains("password: ")),
            request::Body::SubscriptionChange(s) => assert_eq!(s.names.iter().count(), s.names.count),
        }
    }
});

fn check(words: request::Arguments<'_>) {
    assert!(words.count > 0);
    assert_eq!(words.iter().count(), words.count);
    assert_eq!(words.iter().next(), Some(words.name));
    let size: usize = words.iter().map(<[u8]>::len).sum();
    assert!(size <= words.size());
}

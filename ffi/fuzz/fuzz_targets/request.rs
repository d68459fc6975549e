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
        assert!(request.argument_count > 0);
        assert_eq!(request.arguments().count(), request.argument_count);
        let size: usize = request.arguments().map(<[u8]>::len).sum();
        assert!(size <= request.size());
    }
});

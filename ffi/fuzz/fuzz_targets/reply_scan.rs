//! Compares the scan of replies with the core's parser: for all input, cut into
//! any pieces, it finds the same ends of replies and misses no heavy reply. Its
//! limits are lower here, so that short inputs reach them.
#![no_main]

#[path = "../../src/core/reply_scan.rs"]
mod reply_scan;

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use redis::{Value, ValueCodec};
use reply_scan::{Refused, ReplyScan};
use tokio_util::codec::Decoder;

/// As reply_scan.rs has them when it is fuzzed.
const VALUES_MAX: usize = 20;
const DEPTH_HERE: usize = 4;
const DIGITS_MAX: usize = 10;

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, bytes)) = bytes.split_first() else { return };
    let (whole, single) = (followed(bytes, usize::MAX), followed(bytes, 1));
    let pieces = followed(bytes, usize::from(size).max(1));
    for other in [&whole, &pieces] {
        assert_eq!(other.refused, single.refused);
        if single.refused.is_none() {
            assert_eq!(other.bytes, single.bytes);
            assert_eq!(other.held, single.held);
        }
    }
    // Only big numbers are changed, and only the first byte of those.
    for (before, after) in bytes.iter().zip(&single.bytes) {
        assert!(before == after || (*before, *after) == (b'(', b'+'));
    }
    compare(&single, &[&whole, &pieces]);
});

/// What came of following bytes.
struct Followed {
    /// What is handed to the parser.
    bytes: Vec<u8>,
    /// What is kept back at the end.
    held: Vec<u8>,
    /// Where each piece ends that is handed on, and whether it is heavy.
    pieces: Vec<(usize, bool)>,
    refused: Option<Refused>,
}

fn followed(bytes: &[u8], size: usize) -> Followed {
    let mut scan = ReplyScan::default();
    let mut all = Followed { bytes: vec![], held: vec![], pieces: vec![], refused: None };
    let mut piece = Vec::with_capacity(bytes.len().min(size));
    for next in bytes.chunks(size) {
        piece.clear();
        piece.append(&mut all.held);
        piece.extend_from_slice(next);
        match scan.scan(&mut piece) {
            Ok(scanned) => {
                if let Some(at) = scanned.big_number {
                    all.held.extend(piece.drain(at..));
                }
                all.bytes.extend_from_slice(&piece);
                all.pieces.push((all.bytes.len(), scanned.is_heavy));
            }
            Err(refused) => {
                all.refused = Some(refused);
                break;
            }
        }
    }
    all
}

/// Has the parser read what was handed on, and compares. Where the parser breaks
/// off, so does the connection.
fn compare(single: &Followed, all: &[&Followed]) {
    let mut codec = ValueCodec::default();
    let mut rest = BytesMut::from(&single.bytes[..]);
    loop {
        let value = match codec.decode(&mut rest) {
            Ok(Some(Ok(value))) => value,
            Ok(Some(Err(_))) | Err(_) => return,
            Ok(None) => {
                if rest.is_empty() {
                    // It takes the last reply for ended, too: a nil is only that.
                    let next = [&single.bytes[..], b"_\r\n"].concat();
                    let pieces = followed(&next, usize::MAX);
                    assert!(single.refused.is_some() || pieces.refused.is_none());
                }
                return;
            }
        };
        let end = single.bytes.len() - rest.len();
        assert_digits(&value);
        if weight(&value) > VALUES_MAX || depth(&value) > DEPTH_HERE {
            for followed in all.iter().chain([&single]) {
                // The piece that it ends in; what was refused was not handed on.
                let piece = followed.pieces.iter().find(|(piece_end, _)| *piece_end >= end);
                assert!(piece.is_none_or(|(_, is_heavy)| *is_heavy), "a heavy reply was missed");
                assert!(piece.is_some() || followed.refused.is_some());
            }
        }
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) | Value::Set(items) | Value::Push { data: items, .. } => {
            items.iter().collect()
        }
        Value::Map(pairs) => pairs.iter().flat_map(|(key, value)| [key, value]).collect(),
        Value::Attribute { data, attributes } => {
            let attributes = attributes.iter().flat_map(|(key, value)| [key, value]);
            attributes.chain([&**data]).collect()
        }
        _ => vec![],
    }
}

/// How many values there are that have no others in them.
fn weight(value: &Value) -> usize {
    let kind = usize::from(matches!(value, Value::Push { .. }));
    match children(value)[..] {
        [] => 1,
        ref children => kind + children.iter().map(|child| weight(child)).sum::<usize>(),
    }
}

fn depth(value: &Value) -> usize {
    let children = children(value);
    match children.is_empty() {
        true => 0,
        false => 1 + children.into_iter().map(depth).max().unwrap_or_default(),
    }
}

fn assert_digits(value: &Value) {
    if let Value::BigNumber(number) = value {
        assert!(number.to_string().len() <= DIGITS_MAX + 1);
    }
    children(value).into_iter().for_each(assert_digits);
}

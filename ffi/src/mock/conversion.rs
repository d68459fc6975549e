//! The table of dispatch modes compared with the core's table of conversions, which is
//! not public: what the core does with a reply shows whether it has an entry.

use crate::{
    command::classify::{Mode, mode},
    core::config::Policy,
    defects::conversion::Conversion,
};
use glide_core::ConnectionRequest;
use redis::{Cmd, Value};
use std::collections::BTreeSet;

/// The names that classify.rs has.
fn names() -> BTreeSet<&'static str> {
    let source = include_str!("../command/classify.rs");
    let names = source.split("b\"").skip(1).filter_map(|rest| rest.split('"').next());
    names.collect()
}

/// Words that change what some command replies with.
const OPTIONS: &[&str] = &[
    "ABSTTL",
    "ALPHA",
    "ANY",
    "ASC",
    "BEFORE",
    "BIT",
    "BLOCK",
    "BY",
    "BYBOX",
    "BYLEX",
    "BYRADIUS",
    "BYSCORE",
    "BYTE",
    "CH",
    "COUNT",
    "DESC",
    "ENCODING",
    "EX",
    "FIELDS",
    "FNX",
    "FREQ",
    "FROMLONLAT",
    "FROMMEMBER",
    "FULL",
    "FXX",
    "GET",
    "GROUP",
    "GT",
    "HELP",
    "IDLE",
    "IDLETIME",
    "IDX",
    "IFEQ",
    "INCR",
    "INDENT",
    "JUSTID",
    "KEEPTTL",
    "LEFT",
    "LEN",
    "LIMIT",
    "LT",
    "MATCH",
    "MAXLEN",
    "MINID",
    "MINMATCHLEN",
    "NOMKSTREAM",
    "NOVALUES",
    "NX",
    "OVERFLOW",
    "PERSIST",
    "PX",
    "RANK",
    "REFCOUNT",
    "REPLACE",
    "REV",
    "RIGHT",
    "STORE",
    "STREAMS",
    "TYPE",
    "WEIGHTS",
    "WITHATTRIBS",
    "WITHCOORD",
    "WITHCOUNT",
    "WITHDIST",
    "WITHHASH",
    "WITHMATCHLEN",
    "WITHPAYLOADS",
    "WITHSCORE",
    "WITHSCORES",
    "WITHSORTKEYS",
    "WITHVALUES",
    "XX",
];

/// A command with every option at some place, and with none.
fn variants(name: &str) -> Vec<Cmd> {
    let command = |words: &[&str]| {
        let mut cmd = redis::cmd(name);
        words.iter().for_each(|word| {
            cmd.arg(word);
        });
        cmd
    };
    let mut all: Vec<Cmd> =
        [&[][..], &["1"], &["1", "2"], &["1", "2", "3"], &["1", "2", "3", "4"]].map(command).into();
    for option in OPTIONS {
        all.push(command(&[option, "2"]));
        all.push(command(&["1", option, "3", "4"]));
        all.push(command(&["1", "2", option]));
        all.push(command(&["1", "2", "3", option, "5"]));
    }
    all
}

/// Replies, of which every conversion changes some.
fn replies() -> Vec<Value> {
    let text = |text: &str| Value::BulkString(text.as_bytes().to_vec().into());
    let pair = || Value::Array(vec![text("a"), text("1.5")]);
    vec![
        Value::Nil,
        Value::Okay,
        Value::Int(0),
        Value::Int(1),
        Value::Boolean(true),
        Value::Double(1.5),
        text("1"),
        text("1.5"),
        text("word"),
        Value::SimpleString("status".to_owned()),
        Value::Array(vec![]),
        Value::Array(vec![Value::Int(1), Value::Int(0)]),
        pair(),
        Value::Array(vec![pair(), pair()]),
        Value::Array(vec![text("a"), Value::Array(vec![pair()])]),
        Value::Array(vec![Value::Nil, Value::Nil]),
        Value::Map(vec![(text("a"), text("1.5"))]),
        Value::Set(vec![text("a")]),
    ]
}

#[test]
fn what_is_coalesced_is_what_the_core_does_not_convert() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let conversion = runtime.block_on(Conversion::of(&ConnectionRequest::default())).unwrap();
    let is_changed = |cmd: &Cmd, reply: &Value| {
        let converted = runtime.block_on(conversion.convert(cmd, reply.clone()));
        converted.as_ref().ok() != Some(reply)
    };
    let names = names();
    assert!(names.len() > 100, "{names:?}");
    for name in names {
        let is_converted = || {
            variants(name).iter().any(|cmd| replies().iter().any(|reply| is_changed(cmd, reply)))
        };
        let mode = mode(Policy::default(), name.as_bytes(), 3, true);
        assert!(mode != Mode::Direct || name.is_empty(), "{name} is in no table");
        assert_eq!(mode == Mode::Converted, is_converted(), "{name}: the core's table has changed");
    }
}

/// Replies as RediSearch sends them: to FT.SEARCH with RESP3, to FT.AGGREGATE with
/// WITHCURSOR, and to FT.SEARCH with WITHSCORES and NOCONTENT.
fn of_redisearch() -> [(Cmd, Value); 3] {
    let text = |text: &str| Value::BulkString(text.as_bytes().to_vec().into());
    let search = |option: &str| {
        let mut cmd = redis::cmd("FT.SEARCH");
        cmd.arg("idx").arg("*").arg(option);
        cmd
    };
    let mut aggregate = redis::cmd("FT.AGGREGATE");
    aggregate.arg("idx").arg("*").arg("WITHCURSOR");
    let row = Value::Array(vec![text("a"), text("1")]);
    [
        (
            search("NOSTOPWORDS"),
            Value::Map(vec![
                (text("total_results"), Value::Int(0)),
                (text("results"), row.clone()),
            ]),
        ),
        (aggregate, Value::Array(vec![Value::Array(vec![Value::Int(1), row]), Value::Int(7)])),
        (search("NOCONTENT"), Value::Array(vec![Value::Int(1), text("doc"), text("0.5")])),
    ]
}

#[test]
fn core_cannot_convert_replies_of_redisearch() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let conversion = runtime.block_on(Conversion::of(&ConnectionRequest::default())).unwrap();
    let [named, with_cursor, scored] = of_redisearch();
    for (cmd, reply) in [named, with_cursor] {
        let converted = runtime.block_on(conversion.convert(&cmd, reply.clone()));
        assert!(converted.is_err(), "see Search in docs/core-defects.md: {converted:?}");
    }
    // The score is taken for a document.
    let (cmd, reply) = scored;
    let Ok(Value::Array(items)) = runtime.block_on(conversion.convert(&cmd, reply)) else {
        panic!("it is refused now: see Search in docs/core-defects.md");
    };
    let documents = items.last().map(|last| matches!(last, Value::Map(pairs) if pairs.len() == 2));
    assert_eq!(documents, Some(true), "see Search in docs/core-defects.md: {items:?}");
}

//! Which words of a command are options, by their position.
//!
//! The core decides by an option how a reply is converted, and takes any word
//! for one: a key that is called `withscores` too. So where a key, a member or
//! another name is called as the option that counts, the reply is converted as
//! one to the command without its names.

use redis::Cmd;
use std::borrow::Cow;

/// Where the options of a command are.
#[derive(Clone, Copy)]
enum Options {
    /// After this number of words, including the name.
    Behind(usize),
    /// After the keys, whose number is the first word after the name.
    BehindKeys,
    /// Behind its key, up to the first word that is none of them.
    First(&'static [&'static [u8]]),
    /// Anywhere behind its key, but not where they follow this one.
    NotAfter(&'static [u8]),
    /// They do not matter: only the core would read on from where one seems to be.
    None,
}

/// The commands whose replies depend on options, how many words make up their
/// names, and the options that count. What the core converts for an option is
/// compared with this by a test (glide/livetest/customcommands).
fn table(name: &[u8]) -> Option<(usize, &'static [&'static [u8]], Options)> {
    const ADDING: &[&[u8]] = &[b"NX", b"XX", b"GT", b"LT", b"CH", b"INCR"];
    const WHERE: &[&[u8]] = &[b"WITHDIST", b"WITHHASH", b"WITHCOORD"];
    const WITHSCORES: &[&[u8]] = &[b"WITHSCORES"];
    let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
    Some(match name {
        _ if is(b"FT.SEARCH") => (1, &[b"WITHSORTKEYS"], Options::Behind(3)),
        _ if is(b"GEOSEARCH") => (1, WHERE, Options::NotAfter(b"FROMMEMBER")),
        _ if is(b"HRANDFIELD") => (1, &[b"WITHVALUES"], Options::Behind(3)),
        _ if is(b"LCS") => (1, &[b"IDX"], Options::Behind(3)),
        _ if is(b"XAUTOCLAIM") => (1, &[b"JUSTID"], Options::Behind(6)),
        _ if is(b"XCLAIM") => (1, &[b"JUSTID"], Options::Behind(5)),
        _ if is(b"XINFO") => (2, &[b"FULL"], Options::Behind(3)),
        _ if is(b"XREAD") || is(b"XREADGROUP") => (1, &[b"BLOCK"], Options::None),
        _ if is(b"ZADD") => (1, &[b"INCR"], Options::First(ADDING)),
        _ if is(b"ZDIFF") || is(b"ZINTER") || is(b"ZUNION") => (1, WITHSCORES, Options::BehindKeys),
        _ if is(b"ZRANDMEMBER") => (1, WITHSCORES, Options::Behind(3)),
        _ if is(b"ZRANGE") => (1, WITHSCORES, Options::Behind(4)),
        _ if is(b"ZRANK") || is(b"ZREVRANK") => (1, &[b"WITHSCORE"], Options::Behind(3)),
        _ => return None,
    })
}

/// Returns what a command's reply is converted as: the command, or its name and
/// options alone if another word of it could be taken for an option.
pub fn convertible(cmd: &Cmd) -> Cow<'_, Cmd> {
    let name = cmd.arg_idx(0).unwrap_or_default();
    let Some((named, counting, options)) = table(name) else { return Cow::Borrowed(cmd) };
    let counts = |word: &[u8]| counting.iter().any(|option| option.eq_ignore_ascii_case(word));
    let words = || (named..).map_while(|at| Some((at, cmd.arg_idx(at)?)));
    if words().all(|(at, word)| !counts(word) || options.is_one(cmd, at)) {
        return Cow::Borrowed(cmd);
    }
    let mut alone = Cmd::new();
    for word in (0..named).filter_map(|at| cmd.arg_idx(at)) {
        alone.arg(word);
    }
    for (_, word) in words().filter(|(at, word)| counts(word) && options.is_one(cmd, *at)) {
        alone.arg(word);
    }
    Cow::Owned(alone)
}

impl Options {
    /// Reports whether the word at a position is an option, if it is called as
    /// one.
    fn is_one(self, cmd: &Cmd, at: usize) -> bool {
        match self {
            Options::None => false,
            Options::Behind(words) => at >= words,
            Options::BehindKeys => {
                let number = cmd.arg_idx(1).and_then(|word| std::str::from_utf8(word).ok());
                let keys = number.and_then(|number| number.parse::<usize>().ok()).unwrap_or(0);
                at >= 2usize.saturating_add(keys)
            }
            Options::First(options) => {
                let known = |word: &[u8]| options.iter().any(|o| o.eq_ignore_ascii_case(word));
                at >= 2 && (2..at).all(|before| cmd.arg_idx(before).is_some_and(known))
            }
            Options::NotAfter(leader) => {
                // A member may be called as what it follows.
                let mut next = 2;
                while next < at {
                    let leads = cmd.arg_idx(next).is_some_and(|w| w.eq_ignore_ascii_case(leader));
                    next += 1 + usize::from(leads);
                }
                at >= 2 && next == at
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::command::of_words;

    fn converted_as(text: &str) -> String {
        let meant = of_words(text);
        let cmd = convertible(&meant);
        let words = (0..).map_while(|at| cmd.arg_idx(at));
        words.map(|word| String::from_utf8_lossy(word).into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_not_taken_for_options() {
        for (text, expected) in [
            ("ZRANGE withscores 0 -1", "ZRANGE"),
            ("zrange WITHSCORES 0 -1 withscores", "zrange withscores"),
            ("LCS idx b", "LCS"),
            ("LCS a IDX IDX", "LCS IDX"),
            ("ZRANK k withscore", "ZRANK"),
            ("ZREVRANK withscore withscore WITHSCORE", "ZREVRANK WITHSCORE"),
            ("ZADD k 1 incr", "ZADD"),
            ("ZADD incr NX INCR 1 incr", "ZADD INCR"),
            ("ZUNION 2 withscores b", "ZUNION"),
            ("ZINTER 1 withscores WITHSCORES", "ZINTER WITHSCORES"),
            ("HRANDFIELD withvalues 1", "HRANDFIELD"),
            ("ZRANDMEMBER withscores 1 withscores", "ZRANDMEMBER withscores"),
            ("XCLAIM k g justid 0 1-1", "XCLAIM"),
            ("XAUTOCLAIM justid g c 0 0 COUNT 1 JUSTID", "XAUTOCLAIM JUSTID"),
            ("XREAD BLOCK 0 STREAMS block 0", "XREAD"),
            ("XREADGROUP GROUP block c STREAMS s 0", "XREADGROUP"),
            ("XINFO STREAM full", "XINFO STREAM"),
            ("XINFO STREAM full FULL", "XINFO STREAM FULL"),
            ("GEOSEARCH withdist FROMMEMBER m BYRADIUS 1 m", "GEOSEARCH"),
            ("GEOSEARCH k BYRADIUS 1 m FROMMEMBER withhash WITHCOORD", "GEOSEARCH WITHCOORD"),
            (
                "GEOSEARCH k FROMMEMBER frommember WITHDIST BYRADIUS 1 m FROMMEMBER withdist",
                "GEOSEARCH WITHDIST",
            ),
        ] {
            assert_eq!(converted_as(text), expected, "{text}");
        }
    }

    #[test]
    fn a_command_whose_options_are_clear_stays_as_it_is() {
        for text in [
            "GET withscores",
            "ZRANGE k 0 -1",
            "ZRANGE k 0 -1 WITHSCORES",
            "ZADD k INCR 1 m",
            "LCS a b IDX",
            "GEOSEARCH k FROMMEMBER m BYRADIUS 1 m WITHDIST",
            "XINFO STREAM k FULL",
            "ZUNION 1 k WITHSCORES",
        ] {
            assert_eq!(converted_as(text), text);
        }
    }
}

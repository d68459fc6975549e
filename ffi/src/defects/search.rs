//! Queries of search modules.
//!
//! The core converts their replies as it knows them from valkey-search with RESP2.
//! RediSearch replies otherwise with RESP3, and with RESP2 to some options too, and
//! then the conversion fails, or takes one part of a reply for another, after the
//! query was run. So they stay as the server sent them: a query is sent once, as
//! it is, and the module answers for the whole cluster if it can.

use redis::{Cmd, cluster_topology::get_slot};

const QUERIES: [&str; 4] = ["FT.AGGREGATE", "FT.INFO", "FT.PROFILE", "FT.SEARCH"];

/// Those that look for documents, which may be of several nodes.
const OF_DOCUMENTS: [&str; 4] = ["FT.AGGREGATE", "FT.HYBRID", "FT.PROFILE", "FT.SEARCH"];

/// Reports whether a command is a query whose reply the core must not convert.
pub fn is_query(name: &[u8]) -> bool {
    QUERIES.iter().any(|query| query.as_bytes().eq_ignore_ascii_case(name))
}

/// Returns the name of a query that a transaction of a cluster cannot run: between
/// MULTI and EXEC a module asks no other nodes. An index whose name has a hash
/// tag is of one slot, and the transaction goes to the node of that.
pub fn of_several_nodes(name: &[u8], index: &[u8]) -> Option<&'static str> {
    let query = OF_DOCUMENTS.iter().find(|query| query.as_bytes().eq_ignore_ascii_case(name))?;
    (!has_hash_tag(index)).then_some(query)
}

fn has_hash_tag(name: &[u8]) -> bool {
    let tagged = name.iter().position(|byte| *byte == b'{').and_then(|at| name.get(at + 1..));
    tagged.is_some_and(|rest| rest.iter().position(|byte| *byte == b'}').is_some_and(|at| at > 0))
}

/// Reports whether a command leaves a cursor at its server.
pub fn makes_cursor(cmd: &Cmd) -> bool {
    let is_option =
        |at| cmd.arg_idx(at).is_some_and(|w: &[u8]| w.eq_ignore_ascii_case(b"WITHCURSOR"));
    let is = |name: &[u8]| name.eq_ignore_ascii_case(b"FT.AGGREGATE");
    // The index and the query may have any name.
    cmd.arg_idx(0).is_some_and(is) && (3..cmd.args_iter().len()).any(is_option)
}

/// Returns the slot whose primary has the cursor that a command makes, reads or
/// deletes: that of the index's name.
pub fn cursor_slot(cmd: &Cmd) -> Option<u16> {
    let is = |name: &[u8]| name.eq_ignore_ascii_case(b"FT.CURSOR");
    match cmd.arg_idx(0).is_some_and(is) {
        true => cmd.arg_idx(2).map(get_slot),
        false => makes_cursor(cmd).then(|| cmd.arg_idx(1).map(get_slot)).flatten(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::command::of_words as cmd;

    #[test]
    fn cursors_are_with_the_primary_of_the_slot_of_the_index() {
        let slot = Some(get_slot(b"idx"));
        for (text, expected, makes) in [
            ("FT.AGGREGATE idx * WITHCURSOR COUNT 2", slot, true),
            ("ft.aggregate idx * LOAD 1 @a withcursor", slot, true),
            ("FT.AGGREGATE idx WITHCURSOR", None, false),
            ("FT.AGGREGATE WITHCURSOR *", None, false),
            ("FT.SEARCH idx * WITHCURSOR", None, false),
            ("FT.CURSOR READ idx 1", slot, false),
            ("ft.cursor del idx 1", slot, false),
            ("FT.CURSOR READ", None, false),
        ] {
            assert_eq!(cursor_slot(&cmd(text)), expected, "{text}");
            assert_eq!(makes_cursor(&cmd(text)), makes, "{text}");
        }
    }

    #[test]
    fn queries_of_several_nodes_are_those_of_indexes_without_a_tag() {
        for index in ["idx", "{}idx", "{idx", "}idx{", "{}{idx}", ""] {
            assert_eq!(
                of_several_nodes(b"ft.search", index.as_bytes()),
                Some("FT.SEARCH"),
                "{index}"
            );
        }
        for index in ["{idx}", "a{b}c", "{{a}", "{a}{"] {
            assert_eq!(of_several_nodes(b"FT.SEARCH", index.as_bytes()), None, "{index}");
        }
        assert_eq!(of_several_nodes(b"FT.INFO", b"idx"), None);
    }
}

//! Compression of what a command sends. The core decompresses replies by
//! itself, but leaves the other direction to those who build its commands.

use crate::{abi::Outcome, wire::failure::Failure};
use glide_core::{
    compression::{CompressionManager, process_command_args_for_compression},
    request_type::RequestType,
};
use redis::{Arg, Cmd};

/// Returns the command with its values compressed, where the client compresses
/// and the command sets values. A command that cannot work on compressed
/// values is refused.
pub fn compress(manager: Option<&CompressionManager>, cmd: Cmd) -> Result<Cmd, Failure> {
    let Some(manager) = manager else { return Ok(cmd) };
    let Some(request_type) = cmd.arg_idx(0).and_then(request_type) else { return Ok(cmd) };

    let mut words = cmd.args_iter().map(|word| match word {
        Arg::Simple(bytes) => bytes.to_vec(),
        Arg::Cursor => Vec::new(), // no command of ours has one
    });
    let name = words.next().unwrap_or_default();
    let mut arguments: Vec<Vec<u8>> = words.collect();
    process_command_args_for_compression(&mut arguments, request_type, Some(manager))
        .map_err(|error| Failure::new(Outcome::InvalidRequest, error.to_string()))?;

    let mut compressed = Cmd::new();
    compressed.arg(name);
    for argument in arguments {
        compressed.arg(argument);
    }
    Ok(compressed)
}

/// The commands that compression means something to.
fn request_type(name: &[u8]) -> Option<RequestType> {
    Some(match name.to_ascii_uppercase().as_slice() {
        b"SET" => RequestType::Set,
        b"SETEX" => RequestType::SetEx,
        b"PSETEX" => RequestType::PSetEx,
        b"SETNX" => RequestType::SetNX,
        b"MSET" => RequestType::MSet,
        b"MSETNX" => RequestType::MSetNX,
        b"APPEND" => RequestType::Append,
        b"GETRANGE" => RequestType::GetRange,
        b"SETRANGE" => RequestType::SetRange,
        b"STRLEN" => RequestType::Strlen,
        b"LCS" => RequestType::LCS,
        b"SUBSTR" => RequestType::Substr,
        b"INCR" => RequestType::Incr,
        b"INCRBY" => RequestType::IncrBy,
        b"INCRBYFLOAT" => RequestType::IncrByFloat,
        b"DECR" => RequestType::Decr,
        b"DECRBY" => RequestType::DecrBy,
        b"GETBIT" => RequestType::GetBit,
        b"SETBIT" => RequestType::SetBit,
        b"BITCOUNT" => RequestType::BitCount,
        b"BITPOS" => RequestType::BitPos,
        b"BITFIELD" => RequestType::BitField,
        b"BITFIELD_RO" => RequestType::BitFieldReadOnly,
        b"BITOP" => RequestType::BitOp,
        _ => return None,
    })
}

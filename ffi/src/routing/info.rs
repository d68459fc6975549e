//! Reads what servers say as text: INFO, and CLIENT LIST.

use redis::Value;

/// Returns the text that a value is.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes.to_vec()).ok(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.clone()),
        _ => None,
    }
}

/// Returns a field of INFO.
pub fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// Reads from CLIENT LIST whether a client is blocked.
pub fn is_blocked(client: &str) -> bool {
    let flags = client.split_ascii_whitespace().find_map(|field| field.strip_prefix("flags="));
    flags.is_some_and(|flags| flags.contains('b'))
}

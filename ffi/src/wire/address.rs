//! Addresses of servers, and what redirects say of them.

use super::slots;
use std::fmt;

/// A server's host and port. The host of an IPv6 address has no brackets; that
/// of a Unix socket is its absolute path, and it has no port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    pub host: String,
    pub port: u16,
}

impl Address {
    pub fn new(host: &str, port: u16) -> Self {
        let host = match host.starts_with('/') {
            true => host,
            false => host.trim_start_matches('[').trim_end_matches(']'),
        };
        Address { host: host.to_owned(), port }
    }

    /// Returns the path if this is a Unix socket.
    pub fn path(&self) -> Option<&str> {
        self.host.starts_with('/').then_some(self.host.as_str())
    }

    /// Reads "host:port". The host may be an IPv6 address, with or without
    /// brackets, and may be empty.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        Some(Address::new(host, port.parse().ok()?))
    }

    /// Returns this address, with the host of `from` if it has no host.
    pub fn or_host_of(self, from: &Address) -> Self {
        match self.host.as_str() {
            "" | "?" => Address { host: from.host.clone(), port: self.port },
            _ => self,
        }
    }
}

/// Writes "host:port", the host of an IPv6 address in brackets, or the path.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = self.path() {
            return f.write_str(path);
        }
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// What MOVED and ASK say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    pub slot: u16,
    pub to: Address,
    /// The slot is being moved: only this command goes there, after ASKING.
    pub asking: bool,
}

impl Redirect {
    /// Reads a redirect, which `from` answered with.
    pub fn parse(code: &str, message: &str, from: &Address) -> Option<Self> {
        let asking = match code {
            "MOVED" => false,
            "ASK" => true,
            _ => return None,
        };
        let mut words = message.split_ascii_whitespace();
        let slot = slots::parse(words.next()?)?;
        let to = Address::parse(words.next()?)?.or_host_of(from);
        Some(Redirect { slot, to, asking })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_every_form_are_read_and_written() {
        for (text, host, port, written) in [
            ("localhost:6379", "localhost", 6379, "localhost:6379"),
            ("::1:7000", "::1", 7000, "[::1]:7000"),
            ("[::1]:7000", "::1", 7000, "[::1]:7000"),
            (":7000", "", 7000, ":7000"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.host.as_str(), address.port), (host, port), "{text}");
            assert_eq!(address.to_string(), written);
        }
        for text in ["", "host", "host:", "host:x", "host:70000"] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[test]
    fn unix_sockets_are_written_as_their_paths() {
        let socket = Address::new("/run/[a]:b]", 0);
        assert_eq!(socket.path(), Some("/run/[a]:b]"));
        assert_eq!(socket.to_string(), "/run/[a]:b]");
        assert_eq!(Address::new("[::1]", 1).path(), None);
    }

    #[test]
    fn redirects_without_a_host_lead_to_the_host_that_sent_them() {
        let from = Address::new("10.0.0.1", 7000);
        for (code, message, expected) in [
            ("MOVED", "42 10.0.0.2:7001", Some((42, "10.0.0.2:7001", false))),
            ("ASK", "42 :7001", Some((42, "10.0.0.1:7001", true))),
            ("MOVED", "42 ?:7001", Some((42, "10.0.0.1:7001", false))),
            ("MOVED", "42 ::1:7001", Some((42, "[::1]:7001", false))),
            ("MOVED", "42", None),
            ("MOVED", "x 10.0.0.2:7001", None),
            ("MOVED", "16383 10.0.0.2:7001", Some((16383, "10.0.0.2:7001", false))),
            ("MOVED", "16384 10.0.0.2:7001", None),
            ("ASK", "-1 10.0.0.2:7001", None),
            ("ASK", "65536 10.0.0.2:7001", None),
            ("TRYAGAIN", "42 10.0.0.2:7001", None),
        ] {
            let found = Redirect::parse(code, message, &from);
            let found = found.map(|r| (r.slot, r.to.to_string(), r.asking));
            assert_eq!(found, expected.map(|(s, to, a)| (s, to.to_owned(), a)), "{code} {message}");
        }
    }
}

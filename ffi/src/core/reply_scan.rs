//! Follows replies as they arrive, to know before they are parsed how much work
//! they will be.
//!
//! The core's parser waits until a reply is complete and then makes all of it
//! into values at once, on the event loop. That is short for almost all
//! replies, and for strings of any length. It is long for a reply of very many
//! values and for one of very long lines; for a big number it even grows with
//! the square of its digits.

/// A reply is heavy if it has more values, or a longer line in bytes. The limits
/// are lower for fuzzing, whose inputs are short.
const VALUES_MAX: usize = if cfg!(fuzzing) { 20 } else { 20_000 };
const LINE_MAX: usize = if cfg!(fuzzing) { 64 } else { 64 << 10 };

/// Longer big numbers are read as text.
const DIGITS_MAX: usize = if cfg!(fuzzing) { 10 } else { 1000 };

/// A reply that is nested deeper is heavy: the parser takes stack for each level,
/// and a program's threads, on which the event loop runs, may have little.
const DEPTH_HERE: usize = if cfg!(fuzzing) { 4 } else { 32 };

/// How deep the parser lets replies be nested.
const DEPTH_MAX: usize = 100;

/// Why no more of a stream is read.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// A reply is nested deeper than [`DEPTH_MAX`].
    TooDeep,
    /// A length is not written as servers do. The parser might take it for
    /// another number than is followed here.
    NoLength,
}

/// What some bytes are part of.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    /// A reply of which they are part is heavy.
    pub is_heavy: bool,
    /// Where a big number begins whose end is not among them. It is scanned
    /// again from there.
    pub big_number: Option<usize>,
}

/// Where in its replies a stream of bytes is.
#[derive(Default)]
pub struct ReplyScan {
    at: At,
    /// How many values are missing in each aggregate that has begun.
    open: Vec<u64>,
    /// How many values of the reply have arrived.
    values: usize,
    is_heavy: bool,
    /// A reply has just ended that was heavy, maybe only by its last value.
    ended_heavy: bool,
}

#[derive(Default)]
enum At {
    #[default]
    Kind,
    Line(Line),
    /// So many bytes are still to come.
    Payload(u64),
    /// In something that is no reply. The parser will say so.
    Lost,
}

/// A line that has begun with the kind of its value.
#[derive(Clone, Copy)]
struct Line {
    kind: u8,
    length: usize,
    /// Its number, as far as it has one.
    number: u64,
    is_negative: bool,
    has_digits: bool,
    /// There is something in it that is part of no number.
    has_others: bool,
    /// The last byte may be the first of its end.
    may_end: bool,
}

impl ReplyScan {
    /// Goes on with the next bytes. A big number that is too long to be parsed
    /// as one is made a line of text.
    pub fn scan(&mut self, bytes: &mut [u8]) -> Result<Scanned, Refused> {
        let mut scanned = Scanned { is_heavy: self.is_heavy, big_number: None };
        let mut at = 0;
        while at < bytes.len() {
            match self.at {
                At::Lost => return Ok(scanned),
                At::Payload(left) => {
                    let step = left.min((bytes.len() - at) as u64);
                    at += step as usize;
                    self.at = At::Payload(left - step);
                    if left == step {
                        self.value();
                    }
                }
                At::Kind => {
                    if bytes[at] == b'(' && !self.big_number(&mut bytes[at..]) {
                        scanned.big_number = Some(at);
                        return Ok(scanned);
                    }
                    self.at = At::Line(Line::new(bytes[at]));
                    at += 1;
                }
                At::Line(line) => at += self.line(line, &bytes[at..])?,
            }
            scanned.is_heavy |= self.is_heavy | std::mem::take(&mut self.ended_heavy);
        }
        Ok(scanned)
    }

    /// Decides what happens to a big number: one that is too long is made a
    /// line of text. It reports whether that could be decided.
    fn big_number(&self, bytes: &mut [u8]) -> bool {
        let first = &bytes[..bytes.len().min(DIGITS_MAX + 1)];
        let ends = first.contains(&b'\n');
        if !ends && bytes.len() > DIGITS_MAX {
            bytes[0] = b'+';
        }
        ends || bytes.len() > DIGITS_MAX
    }

    /// Goes on with a line, and returns how many bytes are part of it.
    fn line(&mut self, mut line: Line, bytes: &[u8]) -> Result<usize, Refused> {
        let mut end = None;
        for (at, &byte) in bytes.iter().enumerate() {
            if byte == b'\n' && line.may_end {
                end = Some(at + 1);
                break;
            }
            line.add(byte);
        }
        let taken = end.unwrap_or(bytes.len());
        match end {
            Some(_) => self.end_of(line)?,
            None => self.at = At::Line(line),
        }
        self.is_heavy |= end.is_none() && line.length > LINE_MAX;
        Ok(taken)
    }

    fn end_of(&mut self, line: Line) -> Result<(), Refused> {
        self.at = At::Kind;
        let number = line.number;
        match line.kind {
            b'$' | b'!' | b'=' | b'*' | b'~' | b'>' | b'%' | b'|' if !line.is_length() => {
                return Err(Refused::NoLength);
            }
            // Nothing, instead of what would have this length.
            b'$' | b'!' | b'=' | b'*' | b'~' | b'>' | b'%' | b'|'
                if line.is_negative && number > 0 =>
            {
                self.value();
            }
            b'$' | b'!' | b'=' => self.at = At::Payload(number.saturating_add(2)),
            b'*' | b'~' | b'>' => self.aggregate(number)?,
            b'%' => self.aggregate(number.saturating_mul(2))?,
            b'|' => self.aggregate(number.saturating_mul(2).saturating_add(1))?,
            b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(' => self.value(),
            _ => self.at = At::Lost,
        }
        Ok(())
    }

    /// Records that a value is complete, and with it the aggregates that it is the last of.
    fn value(&mut self) {
        self.at = At::Kind;
        self.values += 1;
        self.is_heavy |= self.values > VALUES_MAX;
        while let Some(missing) = self.open.last_mut() {
            *missing -= 1;
            if *missing > 0 {
                return;
            }
            self.open.pop();
        }
        self.ended_heavy = self.is_heavy;
        (self.values, self.is_heavy) = (0, false);
    }

    /// Begins an aggregate of so many values.
    fn aggregate(&mut self, values: u64) -> Result<(), Refused> {
        if values == 0 {
            self.value();
            return Ok(());
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(Refused::TooDeep);
        }
        self.open.push(values);
        self.is_heavy |= self.open.len() > DEPTH_HERE;
        Ok(())
    }
}

impl Line {
    fn new(kind: u8) -> Self {
        Line {
            kind,
            length: 0,
            number: 0,
            is_negative: false,
            has_digits: false,
            has_others: false,
            may_end: false,
        }
    }

    /// Reports whether it is a length as servers write it.
    fn is_length(&self) -> bool {
        self.has_digits && !self.has_others
    }

    fn add(&mut self, byte: u8) {
        match byte {
            b'-' if self.length == 0 => self.is_negative = true,
            b'0'..=b'9' => {
                let digit = u64::from(byte - b'0');
                self.number = self.number.saturating_mul(10).saturating_add(digit);
                self.has_digits = true;
                self.has_others |= self.may_end;
            }
            b'\r' if !self.may_end => {}
            _ => self.has_others = true,
        }
        self.length += 1;
        self.may_end = byte == b'\r';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scans bytes in pieces of a size, as if they came so, and returns them as
    /// they are handed on, with whether any of them was heavy.
    fn scan(bytes: &[u8], size: usize) -> Result<(Vec<u8>, bool, ReplyScan), Refused> {
        let mut scan = ReplyScan::default();
        let (mut all, mut held, mut is_heavy) = (Vec::new(), Vec::new(), false);
        for piece in bytes.chunks(size) {
            let mut piece = [std::mem::take(&mut held), piece.to_vec()].concat();
            let scanned = scan.scan(&mut piece)?;
            is_heavy |= scanned.is_heavy;
            if let Some(at) = scanned.big_number {
                held = piece.split_off(at);
            }
            all.extend(piece);
        }
        all.extend(held);
        Ok((all, is_heavy, scan))
    }

    fn is_at_start(scan: &ReplyScan) -> bool {
        matches!(scan.at, At::Kind) && scan.open.is_empty() && scan.values == 0
    }

    const SIZES: [usize; 6] = [1, 2, 3, 7, 100, usize::MAX];

    #[test]
    fn replies_of_every_kind_are_followed_to_their_ends() {
        for reply in [
            "+OK\r\n",
            "-ERR no\r\n",
            ":-42\r\n",
            "_\r\n",
            ",1.5\r\n",
            "#t\r\n",
            "(123\r\n",
            "$5\r\n(12\r\n\r\n",
            "$0\r\n\r\n",
            "$-0\r\n\r\n",
            "$-1\r\n",
            "!3\r\nERR\r\n",
            "=7\r\ntxt:abc\r\n",
            "*0\r\n",
            "*-1\r\n",
            "*2\r\n:1\r\n*1\r\n$1\r\na\r\n",
            "~1\r\n_\r\n",
            ">2\r\n+a\r\n+b\r\n",
            "%1\r\n+a\r\n*2\r\n_\r\n_\r\n",
            "|1\r\n+a\r\n+b\r\n:1\r\n",
            "+a\nb\rc\r\r\n",
        ] {
            for size in SIZES {
                let (same, is_heavy, end) = scan(reply.as_bytes(), size).unwrap();
                assert_eq!(same, reply.as_bytes(), "{size}");
                assert!(!is_heavy && is_at_start(&end), "{reply:?} in pieces of {size}");
                let cut = &reply.as_bytes()[..reply.len() - 1];
                let (_, _, end) = scan(cut, size).unwrap();
                // A big number that is held back has not begun yet.
                assert!(
                    !is_at_start(&end) || reply.starts_with('('),
                    "{reply:?} but for its last byte"
                );
            }
        }
    }

    #[test]
    fn long_big_numbers_become_text_and_others_do_not() {
        for (digits, kind) in
            [(1, b'('), (DIGITS_MAX - 2, b'('), (DIGITS_MAX + 1, b'+'), (1 << 20, b'+')]
        {
            let text = "9".repeat(digits);
            let bytes = format!("*2\r\n({text}\r\n$3\r\n(12\r\n");
            for size in
                [1, 100, 4096, usize::MAX].into_iter().filter(|size| digits < 1 << 20 || *size > 1)
            {
                let (all, _, end) = scan(bytes.as_bytes(), size).unwrap();
                assert_eq!(all[4], kind, "{digits} digits in pieces of {size}");
                assert_eq!(all[5..], bytes.as_bytes()[5..]);
                assert!(is_at_start(&end));
            }
        }
    }

    #[test]
    fn replies_of_many_values_and_long_lines_are_heavy() {
        let nils = |count: usize| format!("*{count}\r\n{}", "_\r\n".repeat(count));
        let line = |length: usize| format!("+{}\r\n", "x".repeat(length));
        let string = format!("$1000000\r\n{}\r\n", "x".repeat(1_000_000));
        for (reply, expected) in [
            (nils(VALUES_MAX / 2), false),
            (nils(VALUES_MAX), false),
            (nils(VALUES_MAX + 1), true),
            (format!("%1\r\n+a\r\n{}", nils(VALUES_MAX + 1)), true),
            (line(1000), false),
            (line(2 * LINE_MAX), true),
            (string, false),
            (nils(10).repeat(VALUES_MAX), false),
        ] {
            let (_, is_heavy, end) = scan(reply.as_bytes(), 4096).unwrap();
            assert_eq!(is_heavy, expected, "{}", &reply[..20]);
            assert!(is_at_start(&end) && !end.is_heavy);
        }
    }

    #[test]
    fn lengths_that_servers_do_not_write_are_refused() {
        for length in
            ["", " 1", "1 ", "+1", "--1", "1-", "1x", "\u{a0}1", "0x1", "1\r", "\r1", "1\r2"]
        {
            for kind in "$!=*~>%|".chars() {
                let bytes = format!("{kind}{length}\r\n+a\r\n+b\r\n+c\r\n");
                for size in SIZES {
                    let refused = scan(bytes.as_bytes(), size).err();
                    assert_eq!(refused, Some(Refused::NoLength), "{bytes:?}");
                }
            }
        }
        for nothing in ["$-1", "*-1", "|-1", "%-2", "~-1", ">-1", "=-1", "!-1"] {
            let (_, _, end) = scan(format!("{nothing}\r\n").as_bytes(), 1).unwrap();
            assert!(is_at_start(&end), "{nothing}");
        }
    }

    #[test]
    fn replies_that_are_nested_deeply_are_heavy_or_refused() {
        let nested = |depth: usize| format!("{}_\r\n", "*1\r\n".repeat(depth));
        for size in SIZES {
            for (depth, heavy) in [(DEPTH_HERE, false), (DEPTH_HERE + 1, true), (DEPTH_MAX, true)] {
                let (_, is_heavy, end) = scan(nested(depth).as_bytes(), size).unwrap();
                assert_eq!(is_heavy, heavy, "{depth}");
                assert!(is_at_start(&end) && !end.is_heavy);
            }
            assert_eq!(scan(nested(DEPTH_MAX + 1).as_bytes(), size).err(), Some(Refused::TooDeep));
        }
    }
}

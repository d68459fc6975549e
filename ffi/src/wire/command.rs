//! Commands in the core's form.

use super::request::Arguments;
use bytes::Bytes;
use redis::Cmd;

/// From this size on the core keeps a word where it is, instead of copying it
/// into the command and then into what is written.
const SHARED_MIN: usize = 4 * 1024 + 1;

/// Returns the words as the core's command.
pub fn command(words: &Arguments<'_>) -> Cmd {
    let mut cmd = Cmd::with_capacity(words.count, words.size().min(SHARED_MIN));
    for word in words.iter() {
        match word.len() < SHARED_MIN {
            true => cmd.arg(word),
            false => cmd.arg_shared(Bytes::copy_from_slice(word)),
        };
    }
    cmd
}

/// Reports whether a command's name, or the first word of it, is this one.
pub fn is_command(cmd: &Cmd, name: &[u8]) -> bool {
    cmd.arg_idx(0).is_some_and(|word| word.eq_ignore_ascii_case(name))
}

/// Returns the command whose words are in a text, for tests.
#[cfg(test)]
pub fn of_words(text: &str) -> Cmd {
    let mut cmd = Cmd::new();
    for word in text.split(' ') {
        cmd.arg(word);
    }
    cmd
}

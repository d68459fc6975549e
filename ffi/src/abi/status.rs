//! What a function of the C interface returns, and how a request can end.

/// What a function returns. Everything but OK says why nothing was done.
#[must_use]
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok = 0,
    /// A null pointer, or bytes that are not the message they should be.
    InvalidArgument = 1,
    /// The handle names no open client, or no one waits for the answer.
    Closed = 2,
    /// A bug of this library, caught at the boundary.
    Panicked = 3,
    /// Returned by `glide_drive` only: submitted, but another thread drives.
    NotDriving = 4,
    /// The operating system refused a thread or a descriptor.
    Resources = 5,
    /// Returned by `glide_end` only: a request no longer waits for a permit.
    GaveUp = 6,
}

/// What an entry among the replies is. Up to 15 it is an error.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server answered with an error. The code is the server's.
    ServerError = 1,
    Timeout = 2,
    /// The connection broke. Whether the server ran the command is unknown.
    ConnectionLost = 3,
    /// The client was closed.
    Closed = 4,
    /// As many requests as allowed were in flight, so nothing was sent.
    InflightLimit = 5,
    /// The configuration was refused.
    Configuration = 6,
    /// No connection could be made, so nothing was sent.
    Unreachable = 7,
    /// The credentials or the handshake were refused.
    Authentication = 8,
    /// The circuit breaker is open, so nothing was sent.
    CircuitOpen = 9,
    /// The core or this library failed.
    Internal = 10,
    /// The request was malformed or cannot be run.
    InvalidRequest = 11,
    /// The reply has a type that this command does not return.
    UnexpectedReply = 12,
    /// The server's certificate was refused, so nothing was sent.
    Certificate = 13,
    /// A value follows.
    Reply = 16,
    /// A log record.
    Log = 17,
    /// Messages for the client's mailbox.
    Messages = 18,
    /// A question, which `glide_answer` answers.
    Question = 19,
    /// Messages, each with the mailboxes that receive it.
    AddressedMessages = 20,
    /// Something that has happened to a client.
    Event = 21,
}

//! What a function of the C ABI answers, and how a request can end.

/// The answer of an exported function. Zero is success; anything else says
/// why nothing was done.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok = 0,
    /// A null pointer, or bytes that are not the message they should be.
    InvalidArgument = 1,
    /// The handle names no open client, or nobody waits for the answer.
    Closed = 2,
    /// A bug of this library, caught at the boundary.
    Panicked = 3,
    /// Only of `glide_drive`: submitted, but somebody else is driving.
    NotDriving = 4,
    /// The operating system refused a thread or a descriptor.
    Resources = 5,
    /// Only of `glide_end`: a request gave up its wait for a permit.
    GaveUp = 6,
}

/// How a completion is to be read: the kind byte of each entry in
/// `glide_replies`. Values up to 15 carry a code and a message.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server answered with an error; the code is the server's.
    ServerError = 1,
    Timeout = 2,
    /// The connection broke; whether the server ran the command is unknown.
    ConnectionLost = 3,
    Closed = 4,
    InflightLimit = 5,
    Configuration = 6,
    /// No connection could be made, so nothing was sent.
    Unreachable = 7,
    /// The credentials were refused, or the handshake was.
    Authentication = 8,
    /// The circuit breaker is open.
    CircuitOpen = 9,
    /// The core or this library failed.
    Internal = 10,
    /// The request itself was not one.
    InvalidRequest = 11,
    /// The reply has a type that this command does not give.
    UnexpectedReply = 12,
    /// The server's certificate was refused, so nothing was sent.
    Certificate = 13,
    /// A value in the form of reply.rs follows.
    Reply = 16,
    /// A record of the core's log: level, target and message. Its ticket is 0.
    Log = 17,
    /// Messages of a subscriber, which is named in the place of a ticket.
    Messages = 18,
    /// A question, see questions.rs; the program's functions are named in the
    /// place of a ticket.
    Question = 19,
}

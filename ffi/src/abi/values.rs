//! The numbers that stand for something in what crosses the boundary.

/// The kind of a value in a reply.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    Nil = 0,
    Ok = 1,
    False = 2,
    True = 3,
    Integer = 4,
    Double = 5,
    String = 6,
    Shared = 7,
    BigNumber = 8,
    Array = 9,
    Set = 10,
    Map = 11,
    Push = 12,
    Error = 13,
    Failure = 14,
    /// A status other than OK, in a reply as the server sent it.
    Simple = 15,
    /// A verbatim string, in a reply as the server sent it.
    Verbatim = 16,
    /// Attributes and the value that they belong to, in a reply as the server sent
    /// it.
    Attribute = 17,
}

/// Which names precede the payload of a message.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageNames {
    /// The channel.
    Channel = 0,
    /// The pattern by which it came, and the channel.
    Pattern = 1,
    /// None: they are those of the message before.
    Same = 2,
}

/// What a question asks for.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestionKind {
    /// Where the server is reached that announces this address: the answer has
    /// an address.
    Address = 0,
    /// What to authenticate with: the answer has credentials.
    Credentials = 1,
}

/// What an event is.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A server is lost. The address is its, and the cause says why.
    Lost = 0,
    /// It is back. The number is for how many microseconds it was lost.
    Restored = 1,
    /// The number is the version that the topology has now.
    TopologyChanged = 2,
    /// The address is that of the primary which took the place of the former one.
    FailedOver = 3,
    CircuitOpened = 4,
    CircuitClosed = 5,
}

/// The places of the numbers that `glide_stats` writes.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stat {
    /// Connections that requests share.
    Connections = 0,
    /// Connections that carry subscriptions.
    MessageConnections = 1,
    /// Requests that have a permit of a node, once for each node.
    InFlight = 2,
    /// Requests that wait for a permit of a node.
    Waiting = 3,
    /// How often requests were sent again.
    Resends = 4,
    /// Connections that were made in place of others.
    Reconnects = 5,
    BytesReceived = 6,
    BytesSent = 7,
    CacheHits = 8,
    CacheMisses = 9,
    /// Dedicated connections that are in use or being made.
    DedicatedInUse = 10,
    DedicatedIdle = 11,
    /// Requests that wait for a dedicated connection.
    DedicatedAwaited = 12,
    SubscriptionsDesired = 13,
    SubscriptionsActual = 14,
    /// How often the topology has changed.
    TopologyVersion = 15,
}

impl Stat {
    /// How many there are.
    pub const COUNT: usize = 16;
}

/// What `glide_count` counts.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Requests that are not completed.
    Tickets = 0,
    /// Replies that were handed out and not released.
    Buffers = 1,
    /// Clients that are not closed.
    Clients = 2,
    /// States of cluster scans.
    Scans = 3,
    /// Connections that carry subscriptions.
    Subscribers = 4,
    /// Dedicated connections.
    Dedicated = 5,
    /// Questions that are not answered.
    Questions = 6,
    /// Mailboxes that `glide_open_mailbox` has opened.
    Mailboxes = 7,
}

impl Counter {
    pub fn from_number(number: u32) -> Option<Counter> {
        use Counter::*;
        [Tickets, Buffers, Clients, Scans, Subscribers, Dedicated, Questions, Mailboxes]
            .into_iter()
            .find(|counter| *counter as u32 == number)
    }
}

/// How much of the log becomes entries: the records of a level and of all
/// levels above it in this list.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    Off = 0,
    Error = 1,
    Warning = 2,
    Information = 3,
    Debugging = 4,
    Tracing = 5,
}

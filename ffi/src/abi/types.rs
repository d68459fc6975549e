//! The types of the C header.

/// A string that stays where it is until its buffer is released.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct GlideSlice {
    pub data: *const u8,
    pub len: usize,
}

/// Replies that were handed out. Their memory is the library's until `owner` is
/// passed to `glide_release`.
#[repr(C)]
pub struct GlideReplies {
    /// The entries.
    pub data: *const u8,
    pub len: usize,
    /// The strings that values with the tag SHARED name by index.
    pub shared: *const GlideSlice,
    pub shared_len: usize,
    /// Null if there are no replies.
    pub owner: *mut GlideReplyBuffer,
    /// How many entries complete a ticket.
    pub completed: u32,
    /// How many of those are of blocking commands.
    pub blocking: u32,
    /// 1 if the driver's own ticket is among them, or else 0. It may be 0 for
    /// one that was completed before the drive in which it was named.
    pub own: u32,
}

/// Opaque: the memory behind a `GlideReplies`.
pub struct GlideReplyBuffer {
    _private: (),
}

/// Opaque: an event loop, its clients and its completions.
pub struct GlideEngine {
    _private: (),
}

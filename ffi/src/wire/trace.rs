//! What a completion says of how its request went.
//!
//! `abi/contract.md` describes the form.

/// Which node answered a request, and how often it was sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The number of the node; 0 if it is not known, or there were several.
    pub node: u32,
    pub resends: u16,
}

impl Trace {
    pub fn is_empty(self) -> bool {
        self == Trace::default()
    }
}

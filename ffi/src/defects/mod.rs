//! What is done about defects of the core, one file each.

pub mod iam;
pub mod refusals;
pub mod search;

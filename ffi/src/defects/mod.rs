//! What is done about defects of the core, one file each. The cards in
//! docs/core-defects.md say what to delete once one is fixed.

pub mod conversion;
pub mod error_text;
pub mod iam;
pub mod keys;
pub mod options;
pub mod refusals;
pub mod search;

//! The tests that stand in files which need nothing else of the library: to
//! link it once more for them would take longer than all of them.

#![allow(dead_code)]

#[path = "../src/scan/node.rs"]
mod node;
#[path = "../src/core/race.rs"]
mod race;
#[path = "../src/slotset.rs"]
mod slotset;
#[path = "../src/spin.rs"]
mod spin;
#[path = "../src/core/task.rs"]
mod task;

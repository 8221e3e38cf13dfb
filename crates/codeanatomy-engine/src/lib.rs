//! The engine: register → plan → check → run → write → publish. It knows no table, view or kind by name, and nothing of Python.
//!
//! | step | module |
//! | --- | --- |
//! | a spec's text becomes a plan without data | `compile`, `schedule` |
//! | input tables at their versions | `register`, `delta` |
//! | views as plans with exactly their columns | `plan`; rules: `guard`, `refuse` |
//! | operators and outputs as their inputs become ready | `run`, `operators`, `intake`, `rows` |
//! | rows that are computed once and read by several | `stored`, `temporary` |
//! | batches of a plan, a few partitions at a time | `batches` |
//! | rows to files, fingerprint and keys in one pass | `sink`, `fingerprint` |
//! | promises, then one commit a table | `promises`, `examples`, `delta` |
//! | rows in an order in which none are equal | `canonical` |
//! | what a run accounts for when it is asked to | `compliance` |
//! | what two versions of a table hold, and where they differ | `compare` |
//! | the generation that readers take | `publish` |
//! | the thread that waits: deadline, cancelling | `execute`, `cancel`, `gate` |
//! | what a trace is told of all this | `trace` |

mod batches;
mod bytes;
pub mod cancel;
mod canonical;
pub mod code;
pub mod compare;
pub mod compile;
mod compliance;
mod delta;
pub mod envelope;
pub mod error;
mod examples;
pub mod execute;
pub mod fingerprint;
mod gate;
mod guard;
mod intake;
mod ipc;
mod metrics;
pub mod operators;
mod plan;
mod promises;
pub mod publish;
mod refuse;
mod register;
mod rows;
pub mod rulepack;
mod run;
mod schedule;
pub mod session;
mod shape;
mod sink;
mod stored;
pub mod table;
mod temporary;
mod trace;
pub mod writer;

pub use cancel::CancelToken;
pub use compile::{Compiled, compile};
pub use error::{EngineError, Result};
pub use execute::execute;
pub use session::Profile;
pub use table::TableDeclaration;
pub use trace::Caller;
pub use writer::TableWriter;

//! Graph operators of the engine: arrays in, arrays out. No DataFusion, no Arrow, no I/O, no table known by its Delta name.

pub mod adjacency;
pub mod catalogue;
pub mod control_flow;
pub mod gather;
pub mod ids;
pub mod locate;
pub mod operator;
pub mod positions;
pub mod resolve;
pub mod table;

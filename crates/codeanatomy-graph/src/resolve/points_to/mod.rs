//! The value analysis: what every expression may be, found by running all code on abstract values until nothing changes (points-to). It is
//! flow-sensitive, tells fields and elements apart, and contexts as far as its limits allow. It reads no text and writes no rows.

pub mod annotations;
mod attributes;
mod bounds;
pub mod calls;
pub mod cell;
pub mod classes;
mod construction;
pub mod containers;
mod dataclasses;
mod dispatch;
mod enumerations;
pub mod expressions;
mod fixtures;
pub mod found;
pub mod frames;
pub mod functions;
mod hashing;
mod identity;
mod imported;
mod library;
pub mod machine;
pub mod methods;
mod models;
mod named;
mod operators;
pub mod outside;
mod prefixes;
mod promises;
mod protocols;
mod records;
pub mod state;
pub mod statements;
mod supers;
pub mod value;
mod vars;
pub mod words;

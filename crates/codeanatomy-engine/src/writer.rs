//! A table written from outside the engine, batch by batch: evidence. The same sink and commit as the engine's own outputs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use codeanatomy_spec::RulepackProfile;
use datafusion::arrow::array::RecordBatch;
use serde_json::{Value, json};

use crate::code;
use crate::error::{EngineError, Result};
use crate::promises;
use crate::rulepack::Rulepack;
use crate::shape::{Texts, check_schema};
use crate::sink::{Sink, Wanted};
use crate::table::TableDeclaration;
use crate::{delta, ipc};

/// An open table. Dropped without `finish`, it leaves nothing behind.
pub struct TableWriter {
    table: Arc<TableDeclaration>,
    sink: Option<Sink>,
}

impl TableWriter {
    pub fn open(location: &Path, table: TableDeclaration) -> Result<Self> {
        let table = Arc::new(table);
        let sink = Sink::open(table.clone(), location, Texts::Plain, Wanted::default(), None)?;
        Ok(Self { table, sink: Some(sink) })
    }

    /// Rows of one Arrow IPC stream; returns how many. Nothing of a refused stream is kept.
    pub fn write_ipc(&mut self, bytes: &[u8]) -> Result<u64> {
        let batches = ipc::read(bytes, &self.table.columns, &self.table.name)?;
        self.write_checked(&batches)
    }

    /// Rows of a trusted neighbour in this process.
    pub fn write_batches(&mut self, batches: &[RecordBatch]) -> Result<u64> {
        for batch in batches {
            check_schema(batch.schema_ref(), &self.table.columns, &self.table.name)?;
        }
        self.write_checked(batches)
    }

    fn write_checked(&mut self, batches: &[RecordBatch]) -> Result<u64> {
        let sink = self.sink.as_mut().ok_or_else(|| closed(&self.table.name))?;
        batches.iter().try_for_each(|batch| sink.write(batch))?;
        Ok(batches.iter().map(|batch| batch.num_rows() as u64).sum())
    }

    /// Ends the files, checks the promises, commits. `metadata` is kept in the commit.
    pub fn finish(&mut self, metadata: HashMap<String, Value>) -> Result<Value> {
        let sink = self.sink.take().ok_or_else(|| closed(&self.table.name))?;
        let mut written = [sink.finish()?];
        promises::check(&written, &mut Rulepack::new(RulepackProfile::Default), &|| Ok(()))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| EngineError::io(&code::COMMIT, "cannot start a runtime for", &written[0].folder, &error))?;
        let version = runtime.block_on(delta::commit(&mut written[0], metadata, &None))?;
        let [written] = written;
        Ok(json!({
            "table": self.table.name, "location": written.folder.display().to_string(), "rows": written.rows, "version": version,
            "files": written.files.len(), "bytes": written.bytes(), "fingerprint": written.fingerprint,
        }))
    }

    /// Removes what was written.
    pub fn abort(&mut self) {
        self.sink = None;
    }
}

fn closed(table: &str) -> EngineError {
    EngineError::new(&code::WRITER_CLOSED, format!("the writer of table `{table}` is closed"), "open another one", json!({"table": table}))
}

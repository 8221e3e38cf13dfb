//! One run of an operator: its inputs out of their plans, its rows into memory or, beyond their share of it, to disk. It orders nothing.

use std::sync::Arc;
use std::time::Instant;

use codeanatomy_graph::table::Strings;
use datafusion::arrow::array::RecordBatch;
use datafusion::common::stats::Precision;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use serde_json::json;
use tracing::Span;
use tracing::field::Empty;

use super::{Build, grow};
use crate::code;
use crate::error::{EngineError, Result};
use crate::intake::Intake;
use crate::operators;
use crate::rows::{Filling, Rows, RowsTable};
use crate::schedule::OperatorRun;
use crate::shape::{Texts, open_schema};
use crate::temporary::{TemporaryFile, TemporaryRows};
use crate::trace::{span, traced};

/// What tables of operators may hold together is the pool by this: the others go to disk.
const KEPT_SHARE: u64 = 4;

impl Build {
    /// One run of an operator, from its inputs to the tables of its views.
    pub(super) async fn operate(&self, index: usize) -> Result<()> {
        let run = &self.compiled.schedule.runs[index];
        traced(span!("engine.operator", codeanatomy.operator = run.operator, codeanatomy.rows = Empty), self.operate_on(index, run)).await
    }

    async fn operate_on(&self, index: usize, run: &OperatorRun) -> Result<()> {
        let operator = operators::find(&run.operator);
        let place = format!("operator `{}`", run.operator);
        let started = Instant::now();
        (self.progress)(json!({"event": "operator_started", "operator": run.operator}));
        let reservation = MemoryConsumer::new(place.clone()).register(&self.session.pool());
        let mut strings = Strings::new();
        let mut inputs = Vec::with_capacity(operator.inputs.len());
        for port in operator.inputs {
            let frame = self.frame(&run.inputs[port.name]).await?;
            let columns: Vec<&str> = port.columns.iter().map(|(name, _)| *name).collect();
            let frame = frame.select_columns(&columns).map_err(|error| EngineError::from_datafusion(&error, &code::SQL, &place))?;
            let stream_place = format!("{place}, input `{}`", port.name);
            let mut intake = Intake::new(port);
            let (taken, texts, reserved, of) = (&mut intake, &mut strings, &reservation, &place);
            let visitor = |plan: &dyn ExecutionPlan| {
                taken.reserve(rows_of(plan, &stream_place)?);
                let mut held = 0;
                Ok(move |batch: &RecordBatch| {
                    taken.add(batch, texts);
                    let grown = taken.bytes().saturating_sub(held);
                    held = taken.bytes();
                    grow(reserved, grown, of)
                })
            };
            let plan = self.stream(frame, &run.inputs[port.name], &stream_place, visitor).await?;
            self.ledger.plan(&format!("{}.{}", run.operator, port.name), &plan);
            inputs.push(intake.finish());
        }
        grow(&reservation, strings.len() * 64, &place)?;
        let read = started.elapsed();
        let (token, parameters) = (self.token.clone(), self.validated().spec.operator_parameters.get(&run.operator).cloned());
        let is_read = |port: &str| run.views.iter().any(|(view, name)| name == port && self.compiled.schedule.is_used(*view));
        let unread: Vec<&'static str> = operator.outputs.iter().map(|port| port.name).filter(|port| !is_read(port)).collect();
        let worker = tokio::task::spawn_blocking(move || {
            operators::run(operator, inputs, strings, &parameters.unwrap_or_default(), &unread, &token)
        });
        let (results, warnings) = worker.await.map_err(|error| EngineError::of_task(error, &place))??;
        Span::current().record("codeanatomy.rows", results.iter().map(Rows::count).sum::<usize>());
        self.ledger.warn(index, warnings);
        self.keep(index, results, &reservation, &place)?;
        let seconds = (read.as_secs_f64(), (started.elapsed() - read).as_secs_f64());
        (self.progress)(json!({"event": "operator_finished", "operator": run.operator, "seconds": seconds.0 + seconds.1}));
        self.ledger.operator(&run.operator, seconds);
        Ok(())
    }

    /// Puts the rows of each port where its view finds them: in memory the smaller ones, on disk what goes beyond its share. Others are dropped.
    fn keep(&self, index: usize, results: Vec<Rows>, reservation: &MemoryReservation, place: &str) -> Result<()> {
        let run = &self.compiled.schedule.runs[index];
        let operator = operators::find(&run.operator);
        let mut texts = results.first().map_or(0, Rows::text_bytes);
        let bytes = texts + results.iter().map(Rows::bytes).sum::<usize>();
        reservation.try_resize(bytes).map_err(|error| EngineError::from_datafusion(&error, &code::MEMORY, place))?;
        let mut ports: Vec<(Rows, &str)> = results.into_iter().zip(operator.outputs.iter().map(|port| port.name)).collect();
        ports.sort_by_key(|(rows, _)| rows.bytes());
        for (rows, port) in ports {
            let views = run.views.iter().filter(|(view, name)| name == port && self.compiled.schedule.is_used(*view));
            let tables: Vec<(usize, &Arc<RowsTable>)> = views.filter_map(|(view, _)| Some((*view, self.tables.get(view)?))).collect();
            let Some(&(view, _)) = tables.first() else { continue };
            self.ledger.rows(&run.operator, port, rows.count());
            let own = reservation.split(rows.bytes() + std::mem::take(&mut texts));
            let held: usize = self.tables.values().map(|table| table.bytes()).sum();
            let filling = if (held + own.size()) as u64 > self.limits.memory_bytes / KEPT_SHARE {
                let file = self.spill(view, &rows, place)?;
                self.ledger.spilled(&run.operator, &file);
                Arc::new(Filling::Disk(file))
            } else {
                Arc::new(Filling::Memory(Arc::new(rows), own))
            };
            tables.iter().for_each(|(_, table)| table.fill(filling.clone()));
        }
        Ok(())
    }

    fn spill(&self, view: usize, rows: &Rows, place: &str) -> Result<TemporaryRows> {
        let columns = &self.validated().spec.view_definitions[view].columns;
        let failed = |error| EngineError::from_datafusion(&error, &code::SPILL, place);
        let mut file = TemporaryFile::create(&self.session.disk(), place, columns).map_err(failed)?;
        for batch in rows.batches(&open_schema(columns, Texts::Views), self.limits.batch_rows) {
            self.token.check()?;
            batch.and_then(|batch| file.write(&batch)).map_err(failed)?;
        }
        file.finish().map_err(failed)
    }
}

/// How many rows a plan gives, where that is certain before it runs; else 0.
fn rows_of(plan: &dyn ExecutionPlan, place: &str) -> Result<usize> {
    let statistics = StatisticsContext::new().compute(plan, &StatisticsArgs::new());
    match statistics.map_err(|error| EngineError::from_datafusion(&error, &code::PHYSICAL_PLAN, place))?.num_rows {
        Precision::Exact(rows) => Ok(rows),
        Precision::Inexact(_) | Precision::Absent => Ok(0),
    }
}

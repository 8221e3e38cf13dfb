//! One run of a compiled spec: operators and outputs as their inputs become ready, promises, one commit a table. Nothing is visible before the commits.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use codeanatomy_spec::{OutputTarget, Validated, ViewDefinition};
use datafusion::arrow::array::RecordBatch;
use datafusion::common::TableReference;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::{DataFrame, ident};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::cancel::CancelToken;
use crate::code::{self, Code};
use crate::compile::Compiled;
use crate::compliance::{self, Capture, Explained};
use crate::error::{EngineError, Result};
use crate::gate::CommitGate;
use crate::rows::RowsTable;
use crate::rulepack::{Rulepack, RunWarning};
use crate::schedule::{Job, Needs};
use crate::session::{Limits, Session};
use crate::shape::{Texts, open_schema};
use crate::sink::{Sink, Wanted, Written};
use crate::stored::{Files, StoredTable};
use crate::table::TableDeclaration;
use crate::temporary::TemporaryFile;
use crate::trace::{Detail, cache_decision, span, traced};
use crate::{batches, canonical, delta, envelope, metrics, plan, promises, register};

mod operate;

/// An operator starts beside jobs that will give memory back while no more is taken than the pool by this.
const EARLY_SHARE: u64 = 4;

/// Told of what happens; called from threads of the run.
pub type Progress = Arc<dyn Fn(Value) + Send + Sync>;

/// Runs everything; the result as JSON. To be blocked on by a thread of its own: futures that hold plans are slow to prove `Send`, so none is spawned.
pub async fn run(
    compiled: Compiled,
    limits: Limits,
    detail: Detail,
    token: CancelToken,
    gate: Arc<CommitGate>,
    progress: Progress,
) -> Result<Value> {
    let started = Instant::now();
    let build = Arc::new(traced(span!("engine.prepare"), Build::prepare(compiled, limits, &detail, token, progress)).await?);
    let prepared = started.elapsed().as_secs_f64();
    let mut written = traced(span!("engine.run"), build.clone().work()).await?;
    let worked = started.elapsed().as_secs_f64();
    let tables = written.drain(..).map(|(table, _)| table).collect();
    let (tables, rules) = traced(span!("engine.check"), build.clone().check(tables)).await?;
    let checked = started.elapsed().as_secs_f64();
    if !gate.enter() {
        return Err(EngineError::cancelled());
    }
    build.token.check()?;
    let outputs = traced(span!("engine.commit"), build.commit(tables)).await?;
    let seconds = json!({
        "prepare": prepared, "run": worked - prepared, "check": checked - worked, "commit": started.elapsed().as_secs_f64() - checked,
    });
    Ok(build.result(outputs, &rules, seconds))
}

struct Build {
    compiled: Compiled,
    session: Session,
    limits: Limits,
    token: CancelToken,
    progress: Progress,
    tables: BTreeMap<usize, Arc<RowsTable>>,
    stored: BTreeMap<usize, Arc<StoredTable>>,
    inputs: Vec<(String, u64, Option<String>)>,
    ledger: metrics::Ledger,
    capture: Option<Capture>,
}

/// A job with what it ended with: the files of an output, nothing where it filled a table.
type Done = (Job, Option<Box<Written>>);

impl Build {
    /// register → plan
    async fn prepare(compiled: Compiled, limits: Limits, detail: &Detail, token: CancelToken, progress: Progress) -> Result<Self> {
        let session = Session::new(&limits, &token, detail)?;
        let validated = compiled.validated.clone();
        let mut inputs = Vec::new();
        for relation in &validated.spec.input_relations {
            token.check()?;
            let span = span!("engine.register", codeanatomy.input = relation.name, codeanatomy.version = Empty, codeanatomy.files = Empty);
            let input = traced(span.clone(), register::open(relation, &session.store)).await?;
            span.record("codeanatomy.version", input.version).record("codeanatomy.files", input.files);
            plan::register(&session.context, &relation.name, input.provider)?;
            inputs.push((relation.name.clone(), input.version, input.fingerprint));
        }
        let views = &validated.spec.view_definitions;
        let operator_views = compiled.schedule.needed.iter().flat_map(|&run| &compiled.schedule.runs[run].views);
        let tables: BTreeMap<usize, Arc<RowsTable>> =
            operator_views.map(|(view, _)| (*view, Arc::new(RowsTable::new(open_schema(&views[*view].columns, Texts::Views))))).collect();
        let wanted = |view: usize| compiled.schedule.is_used(view);
        let mut stored: BTreeMap<usize, Arc<StoredTable>> = BTreeMap::new();
        let computed = |view: usize, plan| {
            let output = compiled.schedule.stored.get(&view).copied();
            if output.is_none() && !compiled.schedule.shared.contains_key(&view) {
                return plan;
            }
            cache_decision(&compiled, view, output);
            stored.entry(view).or_insert_with(|| Arc::new(StoredTable::new(plan))).clone()
        };
        plan::views(&session.context, &validated, &token, wanted, |view| tables[&view].clone(), computed).await?;
        let capture = validated.spec.runtime.compliance_capture.then(Capture::default);
        Ok(Self { compiled, session, limits, token, progress, tables, stored, inputs, ledger: metrics::Ledger::default(), capture })
    }

    fn validated(&self) -> &Validated {
        &self.compiled.validated
    }

    /// check → run → write: every operator and output, as soon as what it reads is there. Seconds of each output are kept in the ledger.
    async fn work(self: Arc<Self>) -> Result<Vec<(Written, usize)>> {
        let mut running: JoinSet<Result<Done>> = JoinSet::new();
        let outcome = tokio::select! {
            error = self.token.set() => Err(error),
            outcome = self.clone().drive(&mut running) => outcome,
        };
        if outcome.is_err() {
            // Wait until every task has seen the token and has removed what it wrote; what it says then is no news.
            self.token.cancel();
            while running.join_next().await.is_some() {}
        }
        outcome
    }

    async fn drive(self: Arc<Self>, running: &mut JoinSet<Result<Done>>) -> Result<Vec<(Written, usize)>> {
        let schedule = self.compiled.schedule.clone();
        let mut waiting = schedule.jobs();
        let mut ready = Needs::default();
        let mut readers = schedule.readers();
        // Jobs that run and give memory back when they end.
        let mut giving: BTreeSet<Job> = BTreeSet::new();
        let mut written = Vec::new();
        let phase = Span::current();
        loop {
            while running.len() < self.limits.partitions {
                // Operators come last: they take memory, and wait, where there is little, until what others give back is there.
                let can_run = |job: &Job| {
                    (giving.is_empty() || !job.is_operator() || self.has_much_memory()) && schedule.needs_of(*job).are_met(&ready)
                };
                let Some(job) = waiting.iter().position(can_run).map(|place| waiting.remove(place)) else { break };
                if !job.is_operator() && !schedule.needs_of(job).views.is_empty() {
                    giving.insert(job);
                }
                let (build, handle, phase) = (self.clone(), Handle::current(), phase.clone());
                running.spawn_blocking(move || {
                    let work = build.stoppable(build.perform(job)).instrument(phase);
                    handle.block_on(work).map(|table| (job, table))
                });
            }
            let Some(finished) = running.join_next().await else { break };
            let (job, table) = finished.map_err(|error| EngineError::of_task(error, "run"))??;
            if let (Job::Output(output), Some(table)) = (job, table) {
                self.store(output, &table)?;
                written.push((*table, output));
            }
            ready.meet(job);
            giving.remove(&job);
            self.release(&schedule.needs_of(job).views, &mut readers);
        }
        written.sort_by_key(|(_, output)| *output);
        Ok(written)
    }

    /// Whether an operator need not wait for memory that others give back.
    fn has_much_memory(&self) -> bool {
        (self.session.pool().reserved() as u64) < self.limits.memory_bytes / EARLY_SHARE
    }

    async fn perform(&self, job: Job) -> Result<Option<Box<Written>>> {
        match job {
            Job::Operator(run) => self.operate(run).await.map(|()| None),
            Job::Shared(view) => self.share(view).await.map(|()| None),
            Job::Output(output) => self.write(output).await.map(|table| Some(Box::new(table))),
        }
    }

    /// Gives the files of an output to those who read its view.
    fn store(&self, output: usize, written: &Written) -> Result<()> {
        let stored = self.compiled.schedule.stored.iter().find(|&(_, &writer)| writer == output);
        let Some(table) = stored.and_then(|(view, _)| Some((view, self.stored.get(view)?))) else { return Ok(()) };
        let (&view, table) = table;
        let files: Vec<PathBuf> = written.files.iter().map(|file| file.path.clone()).collect();
        let listed = register::listing(&self.validated().spec.view_definitions[view].columns, &files);
        let listed = listed.map_err(|error| EngineError::from_datafusion(&error, &code::EXECUTION, &written.table.name))?;
        table.fill(Files::Output(listed));
        Ok(())
    }

    /// One view that several read, from its plan to a temporary file.
    async fn share(&self, index: usize) -> Result<()> {
        let view = &self.validated().spec.view_definitions[index];
        traced(span!("engine.view", codeanatomy.view = view.name, codeanatomy.rows = Empty), self.share_rows(view, &self.stored[&index]))
            .await
    }

    async fn share_rows(&self, view: &ViewDefinition, table: &StoredTable) -> Result<()> {
        let place = format!("view `{}`", view.name);
        let failed = |error| EngineError::from_datafusion(&error, &code::SPILL, &place);
        let started = Instant::now();
        let frame = self.session.context.read_table(table.plan.clone());
        let frame = frame.map_err(|error| EngineError::from_datafusion(&error, &code::SQL, &place))?;
        let mut file = TemporaryFile::create(&self.session.disk(), &place, &view.columns).map_err(failed)?;
        let plan = self.stream(frame, &view.name, &place, |_| Ok(|batch: &RecordBatch| file.write(batch).map_err(failed))).await?;
        self.ledger.plan(&view.name, &plan);
        let kept = file.finish().map_err(failed)?;
        let rows = kept.rows;
        table.fill(Files::Temporary(kept));
        Span::current().record("codeanatomy.rows", rows);
        self.ledger.shared(&view.name, rows, started.elapsed().as_secs_f64());
        Ok(())
    }

    /// Ends work as soon as the token is set, where it waits.
    async fn stoppable<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            error = self.token.set() => Err(error),
            outcome = work => outcome,
        }
    }

    /// Empties the tables of operators whose last reader has ended.
    fn release(&self, views: &BTreeSet<usize>, readers: &mut BTreeMap<usize, usize>) {
        for view in views {
            let left = readers.entry(*view).or_insert(1);
            *left -= 1;
            if *left == 0
                && let Some(table) = self.tables.get(view)
            {
                table.empty();
            }
        }
    }

    /// One output, from its plan to data files on disk.
    async fn write(&self, index: usize) -> Result<Written> {
        let output = &self.validated().spec.output_targets[index];
        traced(span!("engine.output", codeanatomy.table = output.table, codeanatomy.rows = Empty), self.write_output(index, output)).await
    }

    async fn write_output(&self, index: usize, output: &OutputTarget) -> Result<Written> {
        let place = format!("output `{}`", output.table);
        let started = Instant::now();
        (self.progress)(json!({"event": "output_started", "table": output.table}));
        let frame = self.output_frame(index, &place).await?;
        let table =
            Arc::new(TableDeclaration { name: output.table.clone(), columns: output.columns.clone(), promises: output.promises.clone() });
        let reservation = MemoryConsumer::new(place.clone()).register(&self.session.pool());
        let wanted = Wanted::by_others(&self.validated().spec, &output.table);
        let canonical = self.validated().spec.runtime.canonical;
        let texts = if canonical { Texts::Plain } else { Texts::Views };
        let mut sink = Sink::open(table, Path::new(&output.location), texts, wanted, Some(reservation))?;
        if canonical {
            sink = sink.in_even_batches();
        }
        let mut batches = 0;
        let write = |batch: &RecordBatch| {
            batches += 1;
            sink.write(batch)
        };
        let plan = self.stream(frame, &output.view, &place, |_| Ok(write)).await?;
        self.ledger.plan(&output.table, &plan);
        let span = span!("engine.write", codeanatomy.table = output.table, codeanatomy.files = Empty, codeanatomy.bytes = Empty);
        let worker = tokio::task::spawn_blocking(move || sink.finish());
        let written = traced(span.clone(), async { worker.await.map_err(|error| EngineError::of_task(error, &place))? }).await?;
        span.record("codeanatomy.files", written.files.len()).record("codeanatomy.bytes", written.bytes());
        Span::current().record("codeanatomy.rows", written.rows);
        let seconds = started.elapsed().as_secs_f64();
        self.ledger.output(&output.table, metrics::Output { seconds, batches });
        (self.progress)(json!({"event": "output_written", "table": output.table, "rows": written.rows, "seconds": seconds}));
        Ok(written)
    }

    async fn output_frame(&self, index: usize, place: &str) -> Result<DataFrame> {
        let output = &self.validated().spec.output_targets[index];
        let failed = |error| EngineError::from_datafusion(&error, &code::SQL, place);
        let stored = self.compiled.schedule.stored.iter().find(|&(_, &writer)| writer == index).and_then(|(view, _)| self.stored.get(view));
        let frame = match stored {
            Some(table) => self.session.context.read_table(table.plan.clone()).map_err(failed)?,
            None => self.frame(&output.view).await?,
        };
        let (frame, order) = if self.validated().spec.runtime.canonical {
            let order = canonical::order(output, self.compiled.rulepack.refuses(&code::UNIQUE));
            (frame.select(output.columns.iter().map(canonical::compact)).map_err(failed)?, order)
        } else {
            let columns: Vec<&str> = output.columns.iter().map(|column| column.name.as_str()).collect();
            (frame.select_columns(&columns).map_err(failed)?, output.order_by.iter().collect())
        };
        if order.is_empty() {
            return Ok(frame);
        }
        frame.sort(order.into_iter().map(|name| ident(name).sort(true, true)).collect()).map_err(failed)
    }

    async fn frame(&self, relation: &str) -> Result<DataFrame> {
        let frame = self.session.context.table(TableReference::bare(relation)).await;
        frame.map_err(|error| EngineError::from_datafusion(&error, &code::SQL, &format!("`{relation}`")))
    }

    /// Plans and executes a query of a relation; the plan with its metrics. `visitor` gives, by the plan, who is shown each batch.
    async fn stream<V: FnMut(&RecordBatch) -> Result<()>>(
        &self,
        frame: DataFrame,
        relation: &str,
        place: &str,
        visitor: impl FnOnce(&dyn ExecutionPlan) -> Result<V>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        traced(span!("engine.query", codeanatomy.relation = relation, codeanatomy.place = place), self.query(frame, place, visitor)).await
    }

    async fn query<V: FnMut(&RecordBatch) -> Result<()>>(
        &self,
        frame: DataFrame,
        place: &str,
        visitor: impl FnOnce(&dyn ExecutionPlan) -> Result<V>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.token.check()?;
        let context = Arc::new(frame.task_ctx());
        let explained = match &self.capture {
            Some(_) => {
                Some(Explained::of(&frame).await.map_err(|error| EngineError::from_datafusion(&error, &code::PHYSICAL_PLAN, place))?)
            }
            None => None,
        };
        let plan = match frame.create_physical_plan().await {
            Ok(plan) => plan,
            Err(error) => {
                return Err(self.blame(EngineError::from_datafusion(&error, &code::PHYSICAL_PLAN, place), &code::NESTED_LOOP_JOIN).await);
            }
        };
        if let (Some(capture), Some(explained)) = (&self.capture, explained) {
            capture.keep(place, explained, plan.as_ref());
        }
        let failed = |error| EngineError::from_datafusion(&error, &code::EXECUTION, place);
        let mut visit = visitor(plan.as_ref())?;
        let mut stream = batches::of(&plan, &context, self.limits.partitions).map_err(failed)?;
        while let Some(batch) = stream.next().await {
            visit(&batch.map_err(failed)?)?;
            self.token.check()?;
        }
        Ok(plan)
    }

    /// Names the view that is to blame for a refusal: the first, in dependency order, whose plan alone is refused.
    async fn blame(&self, mut error: EngineError, code: &'static Code) -> EngineError {
        if error.code != code {
            return error;
        }
        for &index in self.validated().order.iter().filter(|&&index| self.compiled.schedule.is_used(index)) {
            let view = &self.validated().spec.view_definitions[index];
            let Ok(frame) = self.frame(&view.name).await else { continue };
            if let Err(own) = frame.create_physical_plan().await
                && EngineError::from_datafusion(&own, &code::PHYSICAL_PLAN, &view.name).code == code
            {
                error.message = format!("view `{}`: {}", view.name, error.message);
                error.details["view"] = json!(view.name);
                return error;
            }
        }
        error
    }

    /// Every promise, on a thread of its own; the rules with all that they warn of.
    async fn check(self: Arc<Self>, tables: Vec<Written>) -> Result<(Vec<Written>, Rulepack)> {
        let worker = tokio::task::spawn_blocking(move || {
            let mut rules = self.compiled.rulepack.clone();
            promises::check(&tables, &mut rules, &|| self.token.check())?;
            Ok((tables, rules))
        });
        worker.await.map_err(|error| EngineError::of_task(error, "promises"))?
    }

    /// One commit a table.
    async fn commit(&self, tables: Vec<Written>) -> Result<Vec<Value>> {
        let mut outputs = Vec::with_capacity(tables.len());
        for mut table in tables {
            let metadata = HashMap::from([("codeanatomy.spec_hash".to_owned(), json!(self.compiled.spec_hash))]);
            let span = span!("engine.commit_table", codeanatomy.table = table.table.name, codeanatomy.version = Empty);
            let version = traced(span.clone(), delta::commit(&mut table, metadata, &self.session.store)).await?;
            span.record("codeanatomy.version", version);
            let noted = self.ledger.of_output(&table.table.name);
            outputs.push(json!({
                "table": table.table.name, "location": table.folder.display().to_string(), "version": version, "rows": table.rows,
                "files": table.files.len(), "bytes": table.bytes(), "fingerprint": table.fingerprint,
                "seconds": noted.seconds, "batches": noted.batches,
            }));
        }
        Ok(outputs)
    }

    fn result(&self, outputs: Vec<Value>, rules: &Rulepack, seconds: Value) -> Value {
        let inputs =
            self.inputs.iter().map(|(name, version, fingerprint)| json!({"name": name, "version": version, "fingerprint": fingerprint}));
        let contents = envelope::contents(&self.compiled.spec_hash, rules, &self.inputs);
        let (snapshot, envelope_hash) = (rules.snapshot(), envelope::hash(&contents));
        let limits =
            json!({"partitions": self.limits.partitions, "memory_bytes": self.limits.memory_bytes, "batch_rows": self.limits.batch_rows});
        let rulepack = json!({
            "profile": self.validated().spec.rulepack_profile, "fingerprint": envelope::hash(&snapshot), "rules": snapshot,
        });
        let settings = || compliance::settings(&self.session.context);
        let compliance = self.capture.as_ref().map(|capture| {
            json!({
                "plans": capture.plans(), "rulepack": rulepack, "settings": settings(), "limits": limits, "envelope": contents,
                "envelope_hash": envelope_hash,
            })
        });
        let warnings = [rules.warnings(), &self.ledger.warnings()].concat();
        let unused = self.compiled.schedule.unused.iter().map(|&view| &self.validated().spec.view_definitions[view].name);
        json!({
            "outputs": outputs.as_slice(),
            "inputs": inputs.collect::<Vec<_>>(),
            "spec_hash": self.compiled.spec_hash,
            "envelope_hash": envelope_hash,
            "rulepack": rulepack,
            "compliance": compliance,
            "warnings": warnings.iter().map(RunWarning::to_json).collect::<Vec<_>>(),
            "unused_views": unused.collect::<Vec<_>>(),
            "trace_metrics_summary": self.ledger.summary(&outputs, &warnings),
            "shared_views": self.ledger.shared_views(),
            "operators": self.ledger.to_json(),
            "peak_pool_bytes": self.session.pool.max_reserved(),
            "limits": limits,
            "seconds": seconds,
        })
    }
}

fn grow(reservation: &MemoryReservation, bytes: usize, place: &str) -> Result<()> {
    reservation.try_grow(bytes).map_err(|error| EngineError::from_datafusion(&error, &code::MEMORY, place))
}

//! How much of the machine a run may use, and the DataFusion session made of it. No table is known here.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use codeanatomy_spec::RuntimeConfig;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManager, DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, MemoryPool, PeakRecordingPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::prelude::{SessionConfig, SessionContext};
use deltalake::ObjectStore;
use serde_json::json;

use crate::cancel::CancelToken;
use crate::code;
use crate::error::{EngineError, Result};
use crate::guard::Guarding;
use crate::refuse::RefuseOuterNestedLoops;
use crate::trace::{Detail, instrument_state, instrument_store};

const BATCH_ROWS: usize = 8192;
/// Consumers that a message about memory names.
const SHOWN_CONSUMERS: usize = 3;
/// What is taken where the machine does not say how much memory it has.
const UNKNOWN_MEMORY: u64 = 4 << 30;

/// A profile of the session, sized from this machine.
#[derive(Clone, Debug)]
pub struct Profile {
    pub class: String,
    pub partitions: usize,
    pub memory_bytes: u64,
}

impl Profile {
    /// `small`: one core, 512 MB; `medium`: all cores, a quarter of the memory; `large`: all cores, 60 % of it.
    pub fn from_class(class: &str) -> Result<Self> {
        let (cores, memory) = (cores(), machine_memory());
        let (partitions, budget) = match class {
            "small" => (1, (512 << 20).min(memory / 4)),
            "medium" => (cores, memory / 4),
            "large" => (cores, memory / 10 * 6),
            _ => {
                let hint = "choose small, medium or large";
                return Err(EngineError::new(
                    &code::PROFILE,
                    format!("there is no session profile `{class}`"),
                    hint,
                    json!({"class": class}),
                ));
            }
        };
        // The pool does not see Parquet decoding and what operators allocate inside: a third of the budget is left to them.
        Ok(Self { class: class.to_owned(), partitions, memory_bytes: budget / 3 * 2 })
    }

    /// The limits of one run: the spec's where it gives them.
    pub fn limits(&self, runtime: &RuntimeConfig) -> Limits {
        Limits {
            partitions: runtime.partitions.unwrap_or(self.partitions),
            memory_bytes: runtime.memory_bytes.unwrap_or(self.memory_bytes),
            batch_rows: runtime.batch_size.unwrap_or(BATCH_ROWS),
            spill_directory: runtime.spill_directory.as_ref().map(PathBuf::from),
            one_sort: runtime.canonical,
        }
    }
}

/// What one run may use.
#[derive(Clone, Debug)]
pub struct Limits {
    pub partitions: usize,
    pub memory_bytes: u64,
    pub batch_rows: usize,
    pub spill_directory: Option<PathBuf>,
    /// Sort an output as a whole: a sort for each part of a union would reserve memory for its merge in each.
    pub one_sort: bool,
}

/// A session with its memory pool.
pub struct Session {
    pub context: SessionContext,
    pub pool: Arc<PeakRecordingPool>,
    /// The observed store of all files, where calls of it are to be told.
    pub store: Option<Arc<dyn ObjectStore>>,
}

impl Session {
    pub fn new(limits: &Limits, token: &CancelToken, detail: &Detail) -> Result<Self> {
        let tracked = TrackConsumersPool::new(
            FairSpillPool::new(limits.memory_bytes as usize),
            NonZeroUsize::new(SHOWN_CONSUMERS).expect("not zero"),
        );
        let pool = Arc::new(PeakRecordingPool::new(Arc::new(tracked)));
        let mode = limits.spill_directory.clone().map_or(DiskManagerMode::OsTmpDirectory, |path| DiskManagerMode::Directories(vec![path]));
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(pool.clone() as Arc<dyn MemoryPool>)
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(mode))
            .build_arc()
            .map_err(|error| EngineError::from_datafusion(&error, &code::SPILL, "session"))?;
        let store = instrument_store(&runtime, detail)?;
        let state = SessionStateBuilder::new()
            .with_config(config(limits))
            .with_runtime_env(runtime)
            .with_default_features()
            .with_physical_optimizer_rules(rules(token).rules)
            .build();
        let context = SessionContext::new_with_state(instrument_state(state, detail));
        for function in codeanatomy_functions::functions() {
            context.register_udf(function.as_ref().clone());
        }
        Ok(Self { context, pool, store })
    }

    pub fn pool(&self) -> Arc<dyn MemoryPool> {
        self.pool.clone()
    }

    /// Where plans spill.
    pub fn disk(&self) -> Arc<DiskManager> {
        self.context.runtime_env().disk_manager.clone()
    }
}

fn config(limits: &Limits) -> SessionConfig {
    let mut config = SessionConfig::new().with_target_partitions(limits.partitions).with_batch_size(limits.batch_rows);
    let options = config.options_mut();
    // Pushing a join's keys into scans as a list can panic on dictionary keys; ranges are pushed all the same.
    options.optimizer.hash_join_inlist_pushdown_max_size = 0;
    options.optimizer.hash_join_inlist_pushdown_max_distinct_values = 0;
    options.optimizer.repartition_sorts = !limits.one_sort;
    options.execution.planning_concurrency = limits.partitions;
    // Every sort of every partition reserves this much before it begins.
    let share = limits.memory_bytes as usize / (limits.partitions * 16);
    options.execution.sort_spill_reservation_bytes = options.execution.sort_spill_reservation_bytes.min(share);
    config
}

/// DataFusion's own rules, and ours before the last one, which checks the plan that results.
fn rules(token: &CancelToken) -> PhysicalOptimizer {
    let mut optimizer = PhysicalOptimizer::new();
    let last = optimizer.rules.pop();
    optimizer.rules.push(Arc::new(RefuseOuterNestedLoops));
    optimizer.rules.push(Arc::new(Guarding::new(token.clone())));
    optimizer.rules.extend(last);
    optimizer
}

/// Names of the rules in order, for the envelope hash.
pub fn rule_names() -> Vec<String> {
    rules(&CancelToken::new()).rules.iter().map(|rule| rule.name().to_owned()).collect()
}

/// Settings that every session has, whatever its limits, for the envelope hash: those that limits decide are as of these ones.
pub fn settings() -> BTreeMap<String, Option<String>> {
    let limits = Limits { partitions: 1, memory_bytes: 1 << 30, batch_rows: BATCH_ROWS, spill_directory: None, one_sort: false };
    config(&limits).options().entries().into_iter().map(|entry| (entry.key, entry.value)).collect()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Memory of the machine or of the control group, whichever is less.
fn machine_memory() -> u64 {
    let total = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| meminfo_total(&text));
    let group = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok())
        .min();
    [total, group].into_iter().flatten().min().unwrap_or(UNKNOWN_MEMORY)
}

fn meminfo_total(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

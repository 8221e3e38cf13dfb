//! The grammar of a spec: the types that serde reads. No rule across fields is checked here.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::types::ColumnType;

/// Everything one run of the engine computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SemanticExecutionSpec {
    /// Version of this grammar.
    pub schema_version: u32,
    /// Tables that are read.
    pub input_relations: Vec<InputRelation>,
    /// What is computed from them, in any order.
    pub view_definitions: Vec<ViewDefinition>,
    /// What operators are told beside their inputs, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub operator_parameters: BTreeMap<String, Value>,
    /// What is written.
    pub output_targets: Vec<OutputTarget>,
    /// Which of the engine's rules a breach of ends the run, and of which it only warns.
    #[serde(default)]
    pub rulepack_profile: RulepackProfile,
    /// Limits of this run; what is not given comes from the session profile.
    #[serde(default)]
    pub runtime: RuntimeConfig,
}

/// How strictly a run is held to promises and to repeatable queries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RulepackProfile {
    /// Broken promises are errors; queries that do not repeat, and coercions, are warnings.
    #[default]
    Default,
    /// Only identity and referential integrity are checked, and told as warnings.
    LowLatency,
    /// Everything is an error.
    Strict,
}

/// A Delta table that views read by its logical name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputRelation {
    pub name: String,
    /// Folder of the table.
    pub location: String,
    /// Delta version to read; the latest where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Columns that the table must have; others are not visible.
    pub columns: Vec<ColumnDefinition>,
}

/// A column: name, type, and whether it may be null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnDefinition {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: ColumnType,
    #[serde(default)]
    pub nullable: bool,
}

/// Rows derived from tables or views.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewDefinition {
    pub name: String,
    pub kind: ViewKind,
    /// Input relations and views that the transform reads.
    pub dependencies: Vec<String>,
    pub columns: Vec<ColumnDefinition>,
    pub transform: Transform,
}

/// How a view is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViewKind {
    Sql,
    Operator,
}

/// The computation itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Transform {
    Sql(SqlTransform),
    Operator(OperatorTransform),
}

/// One query over the dependencies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlTransform {
    pub sql: String,
}

/// One output of a graph operator. Views with equal operator and inputs share one run of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorTransform {
    pub operator: String,
    /// Input port to relation or view.
    pub inputs: BTreeMap<String, String>,
    /// Output port.
    pub output: String,
}

/// A table that the run writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputTarget {
    pub table: String,
    /// View or input relation that the rows come from.
    pub view: String,
    /// Folder of the Delta table.
    pub location: String,
    /// Columns of the table, a choice of the view's.
    pub columns: Vec<ColumnDefinition>,
    /// Columns that the rows are sorted by; any order where none are given.
    #[serde(default)]
    pub order_by: Vec<String>,
    #[serde(default)]
    pub promises: Vec<Promise>,
}

/// What holds of every row that is written, or nothing is published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Promise {
    /// No two rows agree in these columns (null equals null).
    Unique(Vec<String>),
    /// These columns are never null.
    NotNull(Vec<String>),
    /// Every value that is not null occurs in a column of a table of this run.
    References(References),
    /// Both ends of every edge exist, and their kinds are allowed for the edge's kind.
    EdgeEnds(EdgeEnds),
}

impl Promise {
    /// The name that the grammar uses.
    pub fn name(&self) -> &'static str {
        match self {
            Promise::Unique(_) => "unique",
            Promise::NotNull(_) => "not_null",
            Promise::References(_) => "references",
            Promise::EdgeEnds(_) => "edge_ends",
        }
    }
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct References {
    pub column: String,
    pub table: String,
    pub key: String,
}

/// The ends of edges and the kinds of nodes they may have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EdgeEnds {
    pub src: String,
    pub dst: String,
    pub kind: String,
    /// Table of the nodes.
    pub nodes: String,
    pub node_key: String,
    pub node_kind: String,
    /// Edge kind to the node kinds of its ends; an edge kind that is not listed is not allowed.
    pub allowed: BTreeMap<String, EndKinds>,
}

/// Node kinds of the ends of one edge kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndKinds {
    pub src: Vec<String>,
    pub dst: Vec<String>,
}

/// Limits of one run. They change no row and are no part of the spec's hash.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuntimeConfig {
    /// Size of the memory pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Partitions of a plan, and threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitions: Option<usize>,
    /// Rows of a batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<usize>,
    /// Folder for spilled data; the system's temporary folder where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spill_directory: Option<String>,
    /// Seconds after which the run is stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<f64>,
    /// Order the rows of every output totally and write them in even batches, so that equal rows are equal bytes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub canonical: bool,
    /// Account for the run: its plans in every phase, its rules, its settings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compliance_capture: bool,
    /// What the trace of the run holds, where its caller has one.
    #[serde(default, skip_serializing_if = "TracingConfig::is_default")]
    pub tracing: TracingConfig,
}

/// What the trace of a run holds. A preset is where it begins; the other fields add to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TracingConfig {
    #[serde(default)]
    pub preset: TracingPreset,
    /// A span of every rule of DataFusion that ran.
    #[serde(default)]
    pub rule_tracing: bool,
    /// Rows that the span of a plan's operator shows of what it made; 0 for none.
    #[serde(default)]
    pub preview_limit: usize,
    /// What of them is hidden.
    #[serde(default)]
    pub preview_redaction: PreviewRedaction,
    /// A span of every call of the object store, which is measured also without a trace.
    #[serde(default)]
    pub instrument_object_store: bool,
}

impl TracingConfig {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How much a trace holds before anything is added to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TracingPreset {
    /// Phases, graph operators, queries and writes in total.
    #[default]
    ProductionLean,
    /// Every span there is, and no row of any table, whatever else is asked for.
    MaximalNoData,
    /// Every span there is, with previews of rows.
    Maximal,
}

/// What previews of rows hide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PreviewRedaction {
    #[default]
    None,
    /// Texts and bytes: only their length is shown.
    Text,
}

//! What an operator returned, as a table of the session: batches are made while they are read, texts shared; or it lies in a file. It is
//! filled once and emptied by its last reader.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use codeanatomy_graph::operator::Kind;
use codeanatomy_graph::table::{Column, NULL_I32, NULL_I64, Ragged, Str, Strings, Table};
use datafusion::arrow::array::{
    ArrayRef, BinaryViewArray, BooleanArray, Float64Array, Int32Array, Int64Array, ListArray, RecordBatch, RecordBatchOptions,
    StringViewArray, make_view,
};
use datafusion::arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, ReplaceChildrenOptions, Statistics,
    StatisticsArgs,
};

use crate::intake::column_bytes;
use crate::temporary::TemporaryRows;

/// Texts end to end in blocks of this size; a view addresses at most four gigabytes.
const BLOCK: usize = 16 << 20;

/// Every text of a run as an Arrow view, by its number.
#[derive(Debug)]
pub struct Texts {
    views: Vec<u128>,
    blocks: Arc<[Buffer]>,
}

impl Texts {
    pub fn new(strings: &Strings) -> Self {
        let mut views = Vec::with_capacity(strings.len());
        let mut blocks = Vec::new();
        let mut block: Vec<u8> = Vec::new();
        for number in 0..strings.len() {
            let text = strings.text(Str(number as u32)).as_bytes();
            if !block.is_empty() && block.len() + text.len() > BLOCK {
                blocks.push(Buffer::from_vec(std::mem::take(&mut block)));
            }
            views.push(make_view(text, blocks.len() as u32, block.len() as u32));
            // A view holds up to twelve bytes itself.
            if text.len() > 12 {
                block.extend_from_slice(text);
            }
        }
        blocks.push(Buffer::from_vec(block));
        Self { views, blocks: blocks.into() }
    }

    fn bytes(&self) -> usize {
        self.views.capacity() * 16 + self.blocks.iter().map(Buffer::capacity).sum::<usize>()
    }

    fn array(&self, values: &[Str]) -> StringViewArray {
        let views: ScalarBuffer<u128> = values.iter().map(|text| if text.is_null() { 0 } else { self.views[text.0 as usize] }).collect();
        let nulls = nulls(values.iter().map(|text| text.is_null()));
        // SAFETY: every view was made above from a `str` that lies at this place of these blocks.
        unsafe { StringViewArray::new_unchecked(views, self.blocks.clone(), nulls) }
    }
}

/// The rows of one output port.
#[derive(Debug)]
pub struct Rows {
    columns: Vec<Column>,
    texts: Arc<Texts>,
    count: usize,
}

impl Rows {
    pub fn new(table: Table, texts: Arc<Texts>) -> Self {
        Self { count: table.rows(), columns: table.columns.into_iter().map(|(_, column)| column).collect(), texts }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// Bytes held, without the texts.
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(column_bytes).sum()
    }

    pub fn text_bytes(&self) -> usize {
        self.texts.bytes()
    }

    pub fn kind(column: &Column) -> Kind {
        match column {
            Column::Bool(_) => Kind::Bool,
            Column::I32(_) | Column::Positions(_) => Kind::I32,
            Column::I64(_) | Column::I64Runs(_) => Kind::I64,
            Column::F64(_) => Kind::F64,
            Column::Str(_) | Column::StrRuns(_) => Kind::Str,
            Column::Binary(_) => Kind::Binary,
            Column::I32List(_) => Kind::I32List,
            Column::I64List(_) | Column::I64Picked(_) => Kind::I64List,
            Column::StrList(_) | Column::StrPicked(_) => Kind::StrList,
        }
    }

    /// All rows, so many at a time.
    pub fn batches(&self, schema: &SchemaRef, step: usize) -> impl Iterator<Item = Result<RecordBatch>> {
        let columns: Vec<usize> = (0..self.columns.len()).collect();
        (0..self.count).step_by(step.max(1)).map(move |start| self.batch(schema, &columns, start..self.count.min(start + step)))
    }

    fn batch(&self, schema: &SchemaRef, columns: &[usize], rows: Range<usize>) -> Result<RecordBatch> {
        let arrays: Vec<ArrayRef> = columns.iter().map(|&column| self.array(&self.columns[column], rows.clone())).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        Ok(RecordBatch::try_new_with_options(schema.clone(), arrays, &options)?)
    }

    fn array(&self, column: &Column, rows: Range<usize>) -> ArrayRef {
        match column {
            Column::Bool(values) => Arc::new(BooleanArray::from(values[rows].to_vec())),
            Column::F64(values) => Arc::new(doubles(values[rows].to_vec())),
            Column::I32(values) => Arc::new(integers(values[rows].to_vec())),
            Column::Positions(positions) => Arc::new(integers(positions.rows(|column| &self.columns[column], rows))),
            Column::I64(values) => Arc::new(longs(values[rows].to_vec())),
            Column::I64Runs(values) => Arc::new(longs(values.rows(rows))),
            Column::Str(values) => Arc::new(self.texts.array(&values[rows])),
            Column::StrRuns(values) => Arc::new(self.texts.array(&values.rows(rows))),
            Column::Binary(values) => Arc::new(BinaryViewArray::from_iter_values(rows.map(|row| values.row(row)))),
            Column::I32List(values) => list(values, rows, DataType::Int32, |values| Arc::new(Int32Array::from(values.to_vec()))),
            Column::I64List(values) => list(values, rows, DataType::Int64, |values| Arc::new(Int64Array::from(values.to_vec()))),
            Column::StrList(values) => list(values, rows, DataType::Utf8View, |values| Arc::new(self.texts.array(values))),
            Column::I64Picked(values) => {
                lists(&values.offsets[rows.start..=rows.end], DataType::Int64, Arc::new(Int64Array::from(values.rows(rows))))
            }
            Column::StrPicked(values) => {
                lists(&values.offsets[rows.start..=rows.end], DataType::Utf8View, Arc::new(self.texts.array(&values.rows(rows))))
            }
        }
    }
}

fn integers(values: Vec<i32>) -> Int32Array {
    let nulls = nulls(values.iter().map(|&value| value == NULL_I32));
    Int32Array::new(values.into(), nulls)
}

fn longs(values: Vec<i64>) -> Int64Array {
    let nulls = nulls(values.iter().map(|&value| value == NULL_I64));
    Int64Array::new(values.into(), nulls)
}

fn doubles(values: Vec<f64>) -> Float64Array {
    let nulls = nulls(values.iter().map(|value| value.is_nan()));
    Float64Array::new(values.into(), nulls)
}

fn nulls(is_null: impl Iterator<Item = bool> + Clone) -> Option<NullBuffer> {
    is_null.clone().any(|null| null).then(|| is_null.map(|null| !null).collect())
}

fn list<T: Clone>(values: &Ragged<T>, rows: Range<usize>, element: DataType, array: impl FnOnce(&[T]) -> ArrayRef) -> ArrayRef {
    let offsets = &values.offsets[rows.start..=rows.end];
    lists(offsets, element, array(&values.values[offsets[0]..offsets[offsets.len() - 1]]))
}

/// Lists of the values between each two offsets, of which `values` has those from the first to the last.
fn lists(offsets: &[usize], element: DataType, values: ArrayRef) -> ArrayRef {
    let lengths = offsets.windows(2).map(|pair| pair[1] - pair[0]);
    let field = Arc::new(Field::new("element", element, true));
    Arc::new(ListArray::new(field, OffsetBuffer::from_lengths(lengths), values, None))
}

/// A table that gets its rows when its operator has run.
#[derive(Debug)]
pub struct RowsTable {
    schema: SchemaRef,
    rows: Mutex<Option<Arc<Filling>>>,
}

/// Where the rows of an operator are.
#[derive(Debug)]
pub enum Filling {
    Memory(Arc<Rows>, MemoryReservation),
    Disk(TemporaryRows),
}

impl RowsTable {
    pub fn new(schema: SchemaRef) -> Self {
        Self { schema, rows: Mutex::new(None) }
    }

    pub fn fill(&self, rows: Arc<Filling>) {
        *self.filling() = Some(rows);
    }

    /// Gives memory or disk back once plans that still run have ended.
    pub fn empty(&self) {
        *self.filling() = None;
    }

    /// Memory that is reserved for the rows.
    pub fn bytes(&self) -> usize {
        match self.filling().as_deref() {
            Some(Filling::Memory(_, reservation)) => reservation.size(),
            Some(Filling::Disk(_)) | None => 0,
        }
    }

    fn filling(&self) -> MutexGuard<'_, Option<Arc<Filling>>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TableProvider for RowsTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let filling = self.filling().clone();
        let filling = filling.ok_or_else(|| DataFusionError::Internal("an operator's rows are read before it has run".to_owned()))?;
        let rows = match &*filling {
            Filling::Memory(rows, _) => rows.clone(),
            Filling::Disk(file) => return file.provider.scan(state, projection, filters, limit).await,
        };
        let columns = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let schema = Arc::new(self.schema.project(&columns)?);
        let config = state.config();
        Ok(Arc::new(OperatorExec::new(rows, schema, columns, config.target_partitions(), config.batch_size())))
    }
}

/// The leaf of a plan that reads an operator's rows.
#[derive(Debug)]
struct OperatorExec {
    rows: Arc<Rows>,
    columns: Arc<[usize]>,
    batch_rows: usize,
    partitions: usize,
    properties: Arc<PlanProperties>,
}

impl OperatorExec {
    fn new(rows: Arc<Rows>, schema: SchemaRef, columns: Vec<usize>, partitions: usize, batch_rows: usize) -> Self {
        // A partition that would not fill a batch costs more than it brings.
        let partitions = partitions.min(rows.count().div_ceil(batch_rows)).max(1);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self { rows, columns: columns.into(), batch_rows, partitions, properties: Arc::new(properties) }
    }

    fn range(&self, partition: usize) -> Range<usize> {
        let count = self.rows.count();
        count * partition / self.partitions..count * (partition + 1) / self.partitions
    }
}

impl DisplayAs for OperatorExec {
    fn fmt_as(&self, _kind: DisplayFormatType, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OperatorExec: rows={}, partitions={}", self.rows.count(), self.partitions)
    }
}

impl ExecutionPlan for OperatorExec {
    fn name(&self) -> &str {
        "OperatorExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn replace_children(
        self: Arc<Self>,
        _children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn apply_expressions(&self, _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, _context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let range = self.range(partition);
        let (rows, columns, step, schema) = (self.rows.clone(), self.columns.clone(), self.batch_rows, self.schema());
        let batches = range.clone().step_by(step.max(1)).map({
            let schema = schema.clone();
            move |start| rows.batch(&schema, &columns, start..range.end.min(start + step))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::iter(batches))))
    }

    fn statistics_from_inputs(&self, _inputs: &[Arc<Statistics>], args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let rows = args.partition().map_or(self.rows.count(), |partition| self.range(partition).len());
        Ok(Arc::new(Statistics { num_rows: Precision::Exact(rows), ..Statistics::new_unknown(&self.schema()) }))
    }
}

//! Rows that are read again, in a file where the session spills: those of a view that several read, or of an operator. It computes nothing.

use std::fmt;
use std::sync::Arc;

use codeanatomy_spec::ColumnDefinition;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::disk_manager::DiskManager;
use datafusion::execution::{SpillFile, SpillWriter};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::schema::types::ColumnPath;

use crate::register;
use crate::shape::{Texts, open_schema};

/// Rows of a row group: what the writer holds until it is full.
const GROUP_ROWS: usize = 128 * 1024;

/// A Parquet file being written.
pub struct TemporaryFile {
    file: Arc<dyn SpillFile>,
    columns: Vec<ColumnDefinition>,
    schema: SchemaRef,
    writer: ArrowWriter<Box<dyn SpillWriter>>,
    rows: usize,
}

/// A Parquet file that is there until this is dropped.
pub struct TemporaryRows {
    pub provider: Arc<dyn TableProvider>,
    pub rows: usize,
    pub bytes: u64,
    _file: Arc<dyn SpillFile>,
}

impl fmt::Debug for TemporaryRows {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TemporaryRows({} rows, {} bytes)", self.rows, self.bytes)
    }
}

/// Made to be written fast: numbers are ids and places, too many for a dictionary, and nobody asks for parts by value.
fn properties(schema: &Schema) -> WriterProperties {
    let mut builder =
        WriterProperties::builder().set_max_row_group_row_count(Some(GROUP_ROWS)).set_statistics_enabled(EnabledStatistics::None);
    for field in schema.fields().iter().filter(|field| field.data_type().is_integer()) {
        builder = builder.set_column_dictionary_enabled(ColumnPath::from(field.name().as_str()), false);
    }
    builder.build()
}

impl TemporaryFile {
    /// In a folder of `disk`; `place` is said where there is none.
    pub fn create(disk: &Arc<DiskManager>, place: &str, columns: &[ColumnDefinition]) -> Result<Self> {
        let file = disk.create_tmp_file(place)?;
        let schema = open_schema(columns, Texts::Views);
        let writer = ArrowWriter::try_new(file.open_writer()?, schema.clone(), Some(properties(&schema)))?;
        Ok(Self { file, columns: columns.to_vec(), schema, writer, rows: 0 })
    }

    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows();
        let batch = RecordBatch::try_new(self.schema.clone(), batch.columns().to_vec())?;
        Ok(self.writer.write(&batch)?)
    }

    /// The closed file, as a table.
    pub fn finish(self) -> Result<TemporaryRows> {
        self.writer.close()?;
        let path = self.file.path().ok_or_else(|| DataFusionError::Internal("a spill file has no path".to_owned()))?;
        let provider = register::listing(&self.columns, &[path.to_owned()])?;
        Ok(TemporaryRows { provider, rows: self.rows, bytes: self.file.size().unwrap_or(0), _file: self.file })
    }
}

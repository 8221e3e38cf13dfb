//! One Parquet data file: how columns are encoded, when it is full, how it reaches the disk. It knows no log.

use std::fs::File;
use std::path::{Path, PathBuf};

use codeanatomy_spec::ColumnType;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_writer::ArrowWriterOptions;
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::parquet::schema::types::ColumnPath;
use serde_json::json;

use crate::code;
use crate::error::{EngineError, Result};
use crate::sink::stats;
use crate::table::TableDeclaration;

/// A file that reaches this size is closed and another begun.
const FULL: usize = 256 << 20;
/// Rows of a row group: small enough that readers skip most of a sorted table.
const GROUP_ROWS: usize = 128 * 1024;

/// A closed file, on disk.
#[derive(Clone, Debug)]
pub struct DataFile {
    pub path: PathBuf,
    /// Name inside the table's folder.
    pub name: String,
    pub size: u64,
    /// Statistics as Delta keeps them.
    pub stats: String,
}

/// Paths of files that no commit names yet; they are removed when this is dropped.
#[derive(Debug, Default)]
pub struct CreatedFiles {
    paths: Vec<PathBuf>,
}

impl CreatedFiles {
    /// A commit names the files now: keep them.
    pub fn keep(&mut self) {
        self.paths.clear();
    }
}

impl Drop for CreatedFiles {
    fn drop(&mut self) {
        for path in &self.paths {
            // A file that cannot be removed is named by no commit: readers never see it, and the next clean-up finds it.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A file being written.
pub struct OpenFile {
    path: PathBuf,
    name: String,
    writer: ArrowWriter<File>,
    /// The same file: the writer does not hand its own back once it is finished.
    handle: File,
    columns: usize,
}

impl OpenFile {
    pub fn create(folder: &Path, table: &TableDeclaration, schema: &SchemaRef, created: &mut CreatedFiles) -> Result<Self> {
        let name = format!("part-{}.parquet", uuid::Uuid::new_v4());
        let path = folder.join(&name);
        let file = File::create_new(&path).map_err(|error| EngineError::io(&code::WRITE, "cannot create", &path, &error))?;
        created.paths.push(path.clone());
        let handle = file.try_clone().map_err(|error| EngineError::io(&code::WRITE, "cannot open", &path, &error))?;
        // Without the Arrow schema in the file, every reader takes the types of Delta.
        let options = ArrowWriterOptions::new().with_properties(properties(table)).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(file, schema.clone(), options).map_err(|error| failed(&path, &error))?;
        Ok(Self { path, name, writer, handle, columns: table.columns.len() })
    }

    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(batch).map_err(|error| failed(&self.path, &error))
    }

    pub fn is_full(&self) -> bool {
        self.writer.bytes_written() + self.writer.in_progress_size() >= FULL
    }

    pub fn memory(&self) -> usize {
        self.writer.memory_size()
    }

    pub fn close(mut self) -> Result<DataFile> {
        let metadata = self.writer.finish().map_err(|error| failed(&self.path, &error))?;
        let size = self.handle.sync_all().and_then(|()| self.handle.metadata());
        let size = size.map_err(|error| EngineError::io(&code::WRITE, "cannot sync", &self.path, &error))?.len();
        Ok(DataFile { stats: stats::delta_stats(&metadata, self.columns), path: self.path, name: self.name, size })
    }
}

/// Ids and spans as differences, texts by dictionary.
fn properties(table: &TableDeclaration) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).expect("level 1 exists")))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_created_by(concat!("codeanatomy ", env!("CARGO_PKG_VERSION")).to_owned());
    for column in &table.columns {
        let path = match column.kind {
            ColumnType::Int32 | ColumnType::Int64 => ColumnPath::from(column.name.clone()),
            ColumnType::Int32List | ColumnType::Int64List => {
                ColumnPath::new(vec![column.name.clone(), "list".to_owned(), "element".to_owned()])
            }
            _ => continue,
        };
        builder = builder.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    builder.build()
}

/// Makes names of new files in a folder durable.
pub fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)
        .and_then(|handle| handle.sync_all())
        .map_err(|error| EngineError::io(&code::WRITE, "cannot sync the folder", folder, &error))
}

fn failed(path: &Path, error: &ParquetError) -> EngineError {
    if let ParquetError::External(inner) = error
        && let Some(io) = inner.downcast_ref::<std::io::Error>()
    {
        return EngineError::io(&code::WRITE, "cannot write", path, io);
    }
    EngineError::new(
        &code::WRITE,
        format!("cannot write {}: {error}", path.display()),
        "see the cause in the message",
        json!({"path": path.display().to_string()}),
    )
}

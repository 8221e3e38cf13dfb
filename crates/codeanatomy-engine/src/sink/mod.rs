//! Where rows of a table end: data files, fingerprint and the keys of its promises, in one pass. It commits nothing and checks no other table.

mod data_file;
mod keys;
mod spool;
mod stats;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, MutableArrayData, RecordBatch, make_array};
use datafusion::arrow::compute::BatchCoalescer;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::execution::memory_pool::MemoryReservation;
use serde_json::json;

pub use data_file::{CreatedFiles, DataFile, sync_folder};
pub use keys::{Collected, ColumnKeys, EXAMPLES, Values, Wanted};
pub use spool::Spool;

use crate::error::{EngineError, Result};
use crate::fingerprint::Fingerprint;
use crate::shape::{Texts, conform, open_schema};
use crate::table::TableDeclaration;
use data_file::OpenFile;

/// A table being written.
pub struct Sink {
    table: Arc<TableDeclaration>,
    folder: PathBuf,
    schema: SchemaRef,
    fingerprint: Fingerprint,
    keys: keys::Collector,
    open: Option<OpenFile>,
    files: Vec<DataFile>,
    created: CreatedFiles,
    reservation: Option<MemoryReservation>,
    rows: u64,
    /// Evens out the batches, where pages and row groups are to end at the same rows whatever batches come.
    even: Option<BatchCoalescer>,
}

/// Rows of an even batch.
const EVEN_ROWS: usize = 8192;

/// A table whose data files are on disk and which no reader sees yet. Dropped without a commit, its files are removed.
pub struct Written {
    pub table: Arc<TableDeclaration>,
    pub folder: PathBuf,
    pub files: Vec<DataFile>,
    pub rows: u64,
    pub fingerprint: String,
    pub keys: Collected,
    pub created: CreatedFiles,
    /// Holds the memory of `keys` until they are checked.
    _reservation: Option<MemoryReservation>,
}

impl Written {
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

impl Sink {
    /// `texts` is how most of the rows hold theirs, `wanted` names columns that promises of other tables need, beside its own.
    pub fn open(
        table: Arc<TableDeclaration>,
        folder: &Path,
        texts: Texts,
        wanted: Wanted,
        reservation: Option<MemoryReservation>,
    ) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|error| EngineError::io(&crate::code::WRITE, "cannot create", folder, &error))?;
        Ok(Self {
            schema: open_schema(&table.columns, texts),
            fingerprint: Fingerprint::new(&table.columns),
            keys: keys::Collector::new(&table, wanted, folder),
            table,
            folder: folder.to_owned(),
            open: None,
            files: Vec::new(),
            created: CreatedFiles::default(),
            reservation,
            rows: 0,
            even: None,
        })
    }

    /// The same rows in the same order are then the same bytes, whatever batches they come in.
    pub fn in_even_batches(mut self) -> Self {
        self.even = Some(BatchCoalescer::new(self.schema.clone(), EVEN_ROWS));
        self
    }

    /// Adds rows whose columns are the declared ones, in any representation.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let batch = conform(batch, &self.schema)?;
        self.fingerprint.add(&batch);
        self.keys.add(&batch, self.rows)?;
        self.rows += batch.num_rows() as u64;
        match &mut self.even {
            None => self.put(&batch)?,
            Some(even) => {
                even.push_batch(batch).map_err(uneven)?;
                self.put_even()?;
            }
        }
        self.account()
    }

    /// Writes the even batches that are full.
    fn put_even(&mut self) -> Result<()> {
        while let Some(batch) = self.even.as_mut().and_then(BatchCoalescer::next_completed_batch) {
            let columns = batch.columns().iter().map(plain).collect::<std::result::Result<_, _>>().map_err(uneven)?;
            self.put(&RecordBatch::try_new(self.schema.clone(), columns).map_err(uneven)?)?;
        }
        Ok(())
    }

    fn put(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut file = match self.open.take() {
            Some(file) => file,
            None => OpenFile::create(&self.folder, &self.table, &self.schema, &mut self.created)?,
        };
        file.write(batch)?;
        if file.is_full() {
            self.files.push(file.close()?)
        } else {
            self.open = Some(file)
        }
        Ok(())
    }

    /// Ends the last file. Everything is on disk afterwards.
    pub fn finish(mut self) -> Result<Written> {
        if let Some(even) = &mut self.even {
            even.finish_buffered_batch().map_err(uneven)?;
            self.put_even()?;
        }
        if let Some(file) = self.open.take() {
            self.files.push(file.close()?);
        }
        data_file::sync_folder(&self.folder)?;
        self.account()?;
        Ok(Written {
            table: self.table,
            folder: self.folder,
            files: self.files,
            rows: self.rows,
            fingerprint: self.fingerprint.hex(),
            keys: self.keys.finish(),
            created: self.created,
            _reservation: self.reservation,
        })
    }

    /// Tells the memory pool what the open row group and the keys hold.
    fn account(&mut self) -> Result<()> {
        let Some(reservation) = &self.reservation else { return Ok(()) };
        let even = self.even.as_ref().map_or(0, BatchCoalescer::size);
        let bytes = self.keys.bytes() + self.open.as_ref().map_or(0, OpenFile::memory) + even;
        reservation
            .try_resize(bytes)
            .map_err(|error| EngineError::from_datafusion(&error, &crate::code::MEMORY, &format!("output `{}`", self.table.name)))
    }
}

/// A copy that holds the values alone: a mask of nulls that masks none, as a slice may have, would make the writer end its pages elsewhere.
fn plain(column: &ArrayRef) -> std::result::Result<ArrayRef, ArrowError> {
    let data = column.to_data();
    let mut copy = MutableArrayData::new(vec![&data], false, data.len());
    copy.try_extend(0, 0, data.len())?;
    Ok(make_array(copy.freeze()))
}

fn uneven(error: ArrowError) -> EngineError {
    EngineError::new(&crate::code::ROWS, error.to_string(), "see the cause in the message", json!({}))
}

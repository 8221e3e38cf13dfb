//! The Delta log: which files a version has, and one commit that replaces them all. It reads and writes no rows.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference};
use deltalake::kernel::{Action, Add, Metadata, MetadataExt, Protocol, StructType, new_metadata};
use deltalake::logstore::LogStoreRef;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::table::state::DeltaTableState;
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError, ObjectStore};
use serde_json::{Value, json};
use url::Url;

use crate::code::{self, Code};
use crate::error::{EngineError, Result};
use crate::shape::delta_schema;
use crate::sink::{Written, sync_folder};

/// Key of the fingerprint in a commit.
pub const FINGERPRINT: &str = "codeanatomy.fingerprint";

/// A table at one version.
pub struct Snapshot {
    pub version: u64,
    pub files: Vec<PathBuf>,
    pub schema: StructType,
    /// What the commit of this version says of itself, if it was written by the engine.
    pub fingerprint: Option<String>,
}

/// The store of all files that a log is read and written through; delta-rs's own where there is none.
pub type Store = Option<Arc<dyn ObjectStore>>;

/// Opens a version of a table (the latest where none is given).
pub async fn open(location: &Path, version: Option<u64>, place: &str, store: &Store) -> Result<Snapshot> {
    let missing = |error: DeltaTableError| {
        let hint = "check the location and the version; the extractors write the tables before the engine reads them";
        let details = json!({"in": place, "location": location.display().to_string(), "version": version});
        EngineError::new(&code::INPUT_MISSING, format!("{place}: cannot open {}: {error}", location.display()), hint, details)
    };
    let folder = location.canonicalize().map_err(|error| missing(DeltaTableError::generic(error.to_string())))?;
    let mut builder = builder(folder_url(&folder, place)?, store).map_err(missing)?;
    if let Some(version) = version {
        builder = builder.with_version(version);
    }
    let table = builder.load().await.map_err(missing)?;
    let state = table.snapshot().map_err(missing)?;
    check_features(state, place)?;
    let schema = state.schema().as_ref().clone();
    let files: Vec<PathBuf> = state.log_data().into_iter().map(|file| folder.join(file.path().as_ref())).collect();
    let version = state.version();
    let fingerprint = commit_fingerprint(&folder, version);
    Ok(Snapshot { version, files, schema, fingerprint })
}

/// Partitions, deletion vectors and mapped columns change what a data file means: refuse them.
fn check_features(state: &DeltaTableState, place: &str) -> Result<()> {
    let refuse = |what: &str| {
        let hint = "write the table unpartitioned, without deletion vectors and column mapping";
        Err(EngineError::new(&code::INPUT_FEATURE, format!("{place}: the table has {what}"), hint, json!({"in": place, "feature": what})))
    };
    if !state.metadata().partition_columns().is_empty() {
        return refuse("partition columns");
    }
    if state.protocol().min_reader_version() > 1 {
        return refuse("a reader version above 1");
    }
    Ok(())
}

/// The fingerprint in the commit of a version; none where another program wrote it or the log was shortened.
fn commit_fingerprint(folder: &Path, version: u64) -> Option<String> {
    let text = std::fs::read_to_string(log_file(folder, version)).ok()?;
    let info =
        text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|action| action.get("commitInfo").cloned())?;
    info.get(FINGERPRINT)?.as_str().map(str::to_owned)
}

fn log_file(folder: &Path, version: u64) -> PathBuf {
    folder.join("_delta_log").join(format!("{version:020}.json"))
}

fn folder_url(folder: &Path, place: &str) -> Result<Url> {
    Url::from_directory_path(folder).map_err(|()| {
        EngineError::new(
            &code::INPUT_MISSING,
            format!("{place}: {} is no folder path", folder.display()),
            "give an absolute path",
            json!({}),
        )
    })
}

fn builder(url: Url, store: &Store) -> std::result::Result<DeltaTableBuilder, DeltaTableError> {
    let builder = DeltaTableBuilder::from_url(url.clone())?;
    Ok(match store {
        Some(store) => builder.with_storage_backend(store.clone(), url),
        None => builder,
    })
}

/// Replaces the rows of a table by those written: one commit. Returns its version, which is on disk.
pub async fn commit(written: &mut Written, metadata: HashMap<String, Value>, store: &Store) -> Result<u64> {
    let place = format!("table `{}`", written.table.name);
    let failed = |error: DeltaTableError| EngineError::from_delta(&error, &code::COMMIT, &place);
    let folder = written.folder.canonicalize().map_err(|error| EngineError::io(&code::COMMIT, "cannot open", &written.folder, &error))?;
    let mut table = builder(folder_url(&folder, &place)?, store).and_then(DeltaTableBuilder::build).map_err(failed)?;
    let log_store = table.log_store();
    let exists = log_store.is_delta_table_location().await.map_err(failed)?;
    if exists {
        table.load().await.map_err(failed)?;
    }
    let version = submit(&table, exists, log_store, written, metadata).await.map_err(failed)?;
    written.created.keep();
    sync_log(&folder, version, &code::COMMIT)?;
    Ok(version)
}

async fn submit(
    table: &DeltaTable,
    exists: bool,
    log_store: LogStoreRef,
    written: &Written,
    metadata: HashMap<String, Value>,
) -> std::result::Result<u64, DeltaTableError> {
    let state = if exists { Some(table.snapshot()?) } else { None };
    let mut metadata = metadata;
    metadata.insert(FINGERPRINT.to_owned(), json!(written.fingerprint));
    // Another writer between our read and our commit is a mistake of the caller (there is a lock): never retry over it.
    let properties = CommitProperties::default().with_metadata(metadata).with_max_retries(0).with_cleanup_expired_logs(Some(false));
    let operation = DeltaOperation::Write { mode: SaveMode::Overwrite, partition_by: None, predicate: None };
    let commit = CommitBuilder::from(properties).with_actions(actions(state, written)?);
    let reference = state.map(|state| state as &dyn TableReference);
    Ok(commit.build(reference, log_store, operation).await?.version())
}

/// Removes of every present file, adds of the new ones, and the schema where it is new.
fn actions(state: Option<&DeltaTableState>, written: &Written) -> std::result::Result<Vec<Action>, DeltaTableError> {
    let schema = delta_schema(&written.table.columns).map_err(|error| DeltaTableError::generic(error.message))?;
    let mut actions = Vec::new();
    match state {
        None => actions.extend([Action::Protocol(plain_protocol()?), Action::Metadata(first_metadata(&schema, &written.table.name)?)]),
        Some(state) => {
            if *state.schema() != schema {
                actions.push(Action::Metadata(state.metadata().clone().with_schema(&schema)?));
            }
            actions.extend(state.log_data().into_iter().map(|file| Action::Remove(file.remove_action(true))));
        }
    }
    actions.extend(written.files.iter().map(|file| {
        Action::Add(Add {
            path: file.name.clone(),
            size: file.size as i64,
            modification_time: modified(&file.path),
            data_change: true,
            stats: Some(file.stats.clone()),
            ..Add::default()
        })
    }));
    Ok(actions)
}

/// Reader 1, writer 2: every reader there is can read it.
fn plain_protocol() -> std::result::Result<Protocol, DeltaTableError> {
    Ok(serde_json::from_value(json!({"minReaderVersion": 1, "minWriterVersion": 2}))?)
}

fn first_metadata(schema: &StructType, name: &str) -> std::result::Result<Metadata, DeltaTableError> {
    Ok(new_metadata(schema, Vec::<String>::new(), Vec::<(String, String)>::new())?.with_name(name.to_owned())?)
}

/// Milliseconds since 1970; 0 where the file system does not know.
fn modified(path: &Path) -> i64 {
    let time = std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let since = time.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    since.map_or(0, |duration| duration.as_millis() as i64)
}

/// delta-rs writes the log without syncing it; a commit that a generation names must survive a power cut.
fn sync_log(folder: &Path, version: u64, code: &'static Code) -> Result<()> {
    let log = folder.join("_delta_log");
    let prefix = format!("{version:020}.");
    let entries = std::fs::read_dir(&log).map_err(|error| EngineError::io(code, "cannot read", &log, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| EngineError::io(code, "cannot read", &log, &error))?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(&prefix) || name == "_last_checkpoint" {
            let path = entry.path();
            std::fs::File::open(&path)
                .and_then(|file| file.sync_all())
                .map_err(|error| EngineError::io(code, "cannot sync", &path, &error))?;
        }
    }
    sync_folder(&log)?;
    sync_folder(folder)?;
    folder.parent().map_or(Ok(()), sync_folder)
}

//! Generations: which versions of which tables belong together, and which set readers are to take. It writes no rows.
//!
//! `OUTPUT/generations/NNNNNN.json` is the record of a generation, never changed; `OUTPUT/CURRENT` names the one to read;
//! `OUTPUT/.lock` is held by the build that writes, `OUTPUT/.publish` for the moment of publishing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::code;
use crate::delta;
use crate::error::{EngineError, Result};
use crate::sink::sync_folder;

const POLL: Duration = Duration::from_millis(50);

/// The right to write into an output folder; it ends when this is dropped or the process dies.
#[derive(Debug)]
pub struct OutputLock {
    file: File,
}

impl OutputLock {
    /// Takes the lock, waiting for it up to `wait`; `alive` fails when nobody waits any more.
    pub fn take(output: &Path, wait: Duration, alive: &dyn Fn() -> Result<()>) -> Result<Self> {
        std::fs::create_dir_all(output).map_err(|error| EngineError::io(&code::GENERATION, "cannot create", output, &error))?;
        let file = open_lock(&output.join(".lock"))?;
        let end = Instant::now() + wait;
        loop {
            alive()?;
            match file.try_lock() {
                Ok(()) => return Ok(Self { file }),
                Err(TryLockError::WouldBlock) if Instant::now() < end => std::thread::sleep(POLL),
                Err(TryLockError::WouldBlock) => {
                    let message = format!("another build is writing into {}", output.display());
                    return Err(EngineError::new(
                        &code::LOCKED,
                        message,
                        "wait for it, or choose another output folder",
                        json!({"path": output.display().to_string()}),
                    ));
                }
                Err(TryLockError::Error(error)) => return Err(EngineError::io(&code::GENERATION, "cannot lock", output, &error)),
            }
        }
    }
}

impl Drop for OutputLock {
    fn drop(&mut self) {
        // Closing the file releases the lock even where this fails.
        let _ = self.file.unlock();
    }
}

fn open_lock(path: &Path) -> Result<File> {
    File::options().create(true).append(true).open(path).map_err(|error| EngineError::io(&code::GENERATION, "cannot open", path, &error))
}

/// The current generation: its number and record; none where nothing was published yet.
pub fn current(output: &Path) -> Result<Option<(u64, Value)>> {
    let Some(number) = current_number(output)? else { return Ok(None) };
    Ok(Some((number, read_record(&record_path(output, number))?)))
}

fn current_number(output: &Path) -> Result<Option<u64>> {
    let path = output.join("CURRENT");
    match std::fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().map(Some).map_err(|_| damaged(&path, "it names no generation")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EngineError::io(&code::GENERATION, "cannot read", &path, &error)),
    }
}

fn read_record(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).map_err(|error| EngineError::io(&code::GENERATION, "cannot read", path, &error))?;
    serde_json::from_str(&text).map_err(|error| damaged(path, &error.to_string()))
}

fn damaged(path: &Path, text: &str) -> EngineError {
    let hint = "build into another output folder, or remove this one";
    EngineError::new(&code::GENERATION, format!("{} is damaged: {text}", path.display()), hint, json!({"path": path.display().to_string()}))
}

fn record_path(output: &Path, number: u64) -> PathBuf {
    output.join("generations").join(format!("{number:06}.json"))
}

/// Publishes the next generation if the current one is still `expected_former`. Returns its number; it is on disk.
pub fn publish(output: &Path, record: &Value, expected_former: Option<u64>) -> Result<u64> {
    table_versions(record)?;
    let folder = output.join("generations");
    std::fs::create_dir_all(&folder).map_err(|error| EngineError::io(&code::GENERATION, "cannot create", &folder, &error))?;
    let lock = open_lock(&output.join(".publish"))?;
    lock.lock().map_err(|error| EngineError::io(&code::GENERATION, "cannot lock", output, &error))?;
    let former = current_number(output)?;
    if former != expected_former {
        let message = format!("the current generation is {}, not {}", shown(former), shown(expected_former));
        let details = json!({"current": former, "expected": expected_former});
        return Err(EngineError::new(&code::PUBLISH_CONFLICT, message, "build again; nothing is lost", details));
    }
    let number = former.unwrap_or(0) + 1;
    // A record above CURRENT is of a build that died between the two writes: nobody reads it, and it is replaced as a whole.
    replace(&folder, &record_path(output, number), record.to_string().as_bytes())?;
    replace(output, &output.join("CURRENT"), format!("{number:06}\n").as_bytes())?;
    output.parent().map_or(Ok(()), sync_folder)?;
    Ok(number)
}

fn shown(generation: Option<u64>) -> String {
    generation.map_or_else(|| "none".to_owned(), |number| number.to_string())
}

/// Writes a file beside its place, syncs it, moves it there, syncs the folder: readers see all of it or none.
fn replace(folder: &Path, path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = folder.join(format!(".draft-{}", uuid::Uuid::new_v4()));
    let written = File::create_new(&draft)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&draft, path));
    if let Err(error) = written {
        // The first failure is the one to report; the draft is invisible to readers.
        let _ = std::fs::remove_file(&draft);
        return Err(EngineError::io(&code::GENERATION, "cannot write", path, &error));
    }
    sync_folder(folder)
}

/// The tables of a record: location (relative to the output folder, or absolute; the table's name where none is given) to version.
fn table_versions(record: &Value) -> Result<BTreeMap<String, u64>> {
    let refuse = |text: &str| {
        let hint = "give it `tables`: an object of table name to {version, location?}";
        EngineError::new(&code::RECORD, format!("the generation record {text}"), hint, json!({}))
    };
    let tables = record.get("tables").and_then(Value::as_object).ok_or_else(|| refuse("has no object `tables`"))?;
    let entry = |(name, table): (&String, &Value)| {
        let location = table.get("location").and_then(Value::as_str).unwrap_or(name);
        Some((location.to_owned(), table.get("version")?.as_u64()?))
    };
    tables.iter().map(|table| entry(table).ok_or_else(|| refuse("has a table without `version`"))).collect()
}

/// Removes what the last `keep` generations do not need: older records, then data files that neither they nor the latest version of a table name.
/// The caller holds the output lock. Returns how many files went.
pub fn clean(output: &Path, keep: u64) -> Result<u64> {
    let Some(number) = current_number(output)? else { return Ok(0) };
    let first = number.saturating_sub(keep.max(1) - 1).max(1);
    let mut versions: BTreeMap<PathBuf, BTreeSet<u64>> = BTreeMap::new();
    for kept in first..=number {
        let path = record_path(output, kept);
        if path.exists() {
            for (location, version) in table_versions(&read_record(&path)?)? {
                versions.entry(output.join(location)).or_default().insert(version);
            }
        }
    }
    let mut removed = remove_records(output, first)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| EngineError::io(&code::GENERATION, "cannot start a runtime for", output, &error))?;
    for (folder, kept) in versions {
        removed += runtime.block_on(clean_table(&folder, kept))?;
    }
    Ok(removed)
}

fn remove_records(output: &Path, first: u64) -> Result<u64> {
    let mut removed = 0;
    for path in files(&output.join("generations"), "json")? {
        let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u64>().ok());
        if number.is_some_and(|number| (1..first).contains(&number) && path == record_path(output, number)) {
            remove(&path)?;
            removed += 1;
        }
    }
    Ok(removed)
}

async fn clean_table(folder: &Path, versions: BTreeSet<u64>) -> Result<u64> {
    let place = format!("table in {}", folder.display());
    let mut named: BTreeSet<PathBuf> = delta::open(folder, None, &place, &None).await?.files.into_iter().collect();
    for version in versions {
        named.extend(delta::open(folder, Some(version), &place, &None).await?.files);
    }
    let folder = folder.canonicalize().map_err(|error| EngineError::io(&code::GENERATION, "cannot open", folder, &error))?;
    let mut removed = 0;
    for path in files(&folder, "parquet")?.into_iter().filter(|path| !named.contains(path)) {
        remove(&path)?;
        removed += 1;
    }
    Ok(removed)
}

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let failed = |error| EngineError::io(&code::GENERATION, "cannot read", folder, &error);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn remove(path: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(|error| EngineError::io(&code::GENERATION, "cannot remove", path, &error))
}

//! Rows from a worker that nobody trusts: one Arrow IPC stream in memory. Everything is measured before it is believed.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use codeanatomy_spec::ColumnDefinition;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::ipc::reader::StreamReader;
use datafusion::arrow::ipc::{MessageHeader, root_as_message};
use serde_json::json;

use crate::code;
use crate::error::{EngineError, Result};
use crate::shape::check_schema;

/// The batches of a stream whose columns are exactly the declared ones (dictionaries of strings are welcome).
pub fn read(bytes: &[u8], columns: &[ColumnDefinition], table: &str) -> Result<Vec<RecordBatch>> {
    check_frames(bytes).map_err(|text| refuse(table, &text))?;
    // The reader validates, but it is fed by strangers: a panic inside it is a refusal too.
    match catch_unwind(AssertUnwindSafe(|| decode(bytes, columns, table))) {
        Ok(batches) => batches,
        Err(_) => Err(refuse(table, "the reader gave up on it")),
    }
}

fn decode(bytes: &[u8], columns: &[ColumnDefinition], table: &str) -> Result<Vec<RecordBatch>> {
    let reader = StreamReader::try_new(Cursor::new(bytes), None).map_err(|error| refuse(table, &error.to_string()))?;
    check_schema(&reader.schema(), columns, table)?;
    reader.map(|batch| batch.map_err(|error| refuse(table, &error.to_string()))).collect()
}

fn refuse(table: &str, text: &str) -> EngineError {
    let message = format!("table `{table}`: the data are no valid Arrow stream: {text}");
    EngineError::new(&code::IPC, message, "the worker that sent them is broken or hostile", json!({"table": table}))
}

/// Walks the messages: lengths lie inside the data, and nothing is compressed (a small message could unpack to any size).
fn check_frames(bytes: &[u8]) -> std::result::Result<(), String> {
    let mut rest = bytes;
    loop {
        let Some(length) = take_length(&mut rest)? else { return Ok(()) };
        let metadata = take(&mut rest, length)?;
        let message = root_as_message(metadata).map_err(|error| error.to_string())?;
        let batch = match message.header_type() {
            MessageHeader::RecordBatch => message.header_as_record_batch(),
            MessageHeader::DictionaryBatch => message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data()),
            _ => None,
        };
        if batch.is_some_and(|batch| batch.compression().is_some()) {
            return Err("a message is compressed".to_owned());
        }
        let body = usize::try_from(message.bodyLength()).map_err(|_| "a body has a negative length".to_owned())?;
        take(&mut rest, body)?;
    }
}

/// The length of the next message's metadata; none at the end.
fn take_length(rest: &mut &[u8]) -> std::result::Result<Option<usize>, String> {
    if rest.is_empty() {
        return Ok(None);
    }
    let mut word = i32::from_le_bytes(take(rest, 4)?.try_into().map_err(|_| "half a length".to_owned())?);
    if word == -1 {
        word = i32::from_le_bytes(take(rest, 4)?.try_into().map_err(|_| "half a length".to_owned())?);
    }
    match usize::try_from(word) {
        Ok(0) if rest.is_empty() => Ok(None),
        Ok(0) => Err("data follow the end of the stream".to_owned()),
        Ok(length) => Ok(Some(length)),
        Err(_) => Err("a message has a negative length".to_owned()),
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> std::result::Result<&'a [u8], String> {
    let (head, tail) = rest.split_at_checked(length).ok_or_else(|| format!("{length} bytes are promised, {} are there", rest.len()))?;
    *rest = tail;
    Ok(head)
}

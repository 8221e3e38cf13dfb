//! Input tables: a Delta table at a version becomes a plain listing of its data files, read by the session's own planner. Nothing is written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use codeanatomy_spec::{ColumnDefinition, InputRelation};
use datafusion::catalog::TableProvider;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use serde_json::json;
use url::Url;

use crate::code;
use crate::delta::{self, Snapshot, Store};
use crate::error::{EngineError, Result};
use crate::shape::{Texts, delta_logical_type, open_schema};

/// An input as the run uses it.
pub struct Input {
    pub provider: Arc<dyn TableProvider>,
    pub version: u64,
    pub files: usize,
    pub fingerprint: Option<String>,
}

/// Opens an input and checks its columns.
pub async fn open(relation: &InputRelation, store: &Store) -> Result<Input> {
    let place = format!("input `{}`", relation.name);
    let snapshot = delta::open(Path::new(&relation.location), relation.version, &place, store).await?;
    check_columns(relation, &snapshot)?;
    let provider = listing(&relation.columns, &snapshot.files).map_err(|error| {
        let details = json!({"input": relation.name, "location": relation.location});
        EngineError::new(&code::INPUT_MISSING, format!("{place}: {error}"), "see the cause in the message", details)
    })?;
    Ok(Input { provider, version: snapshot.version, files: snapshot.files.len(), fingerprint: snapshot.fingerprint })
}

fn check_columns(relation: &InputRelation, snapshot: &Snapshot) -> Result<()> {
    for column in &relation.columns {
        let found = snapshot.schema.field(&column.name);
        if found.and_then(|field| delta_logical_type(field.data_type())) == Some(column.kind) {
            continue;
        }
        let names = snapshot.schema.fields().map(|field| field.name().as_str());
        let (text, hint) = match found {
            Some(field) => {
                (format!("is {}, not {}", field.data_type(), column.kind), "make the declaration and the table agree".to_owned())
            }
            None => {
                let close = codeanatomy_spec::nearest::nearest(&column.name, names);
                (
                    "is not in the table".to_owned(),
                    close.map_or_else(|| "write the table again".to_owned(), |right| format!("did you mean `{right}`?")),
                )
            }
        };
        let message = format!("input `{}` (version {}): column `{}` {text}", relation.name, snapshot.version, column.name);
        return Err(EngineError::new(&code::INPUT_COLUMNS, message, hint, json!({"input": relation.name, "column": column.name})));
    }
    Ok(())
}

/// Data files as a table with these columns.
pub fn listing(columns: &[ColumnDefinition], files: &[PathBuf]) -> datafusion::error::Result<Arc<dyn TableProvider>> {
    let schema = open_schema(columns, Texts::Views);
    if files.is_empty() {
        return Ok(Arc::new(EmptyTable::new(schema)));
    }
    let urls = files.iter().map(|path| {
        let url = Url::from_file_path(path)
            .map_err(|()| datafusion::error::DataFusionError::Plan(format!("{} is no file path", path.display())))?;
        ListingTableUrl::try_new(url, None)
    });
    let urls = urls.collect::<datafusion::error::Result<Vec<_>>>()?;
    // Files are listed one by one, whatever their names end with.
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension("");
    let config = ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(schema);
    Ok(Arc::new(ListingTable::try_new(config)?))
}

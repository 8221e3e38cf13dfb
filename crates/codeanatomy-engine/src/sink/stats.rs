//! The statistics of a data file as Delta's log keeps them, from its Parquet footer. It reads no rows.

use datafusion::parquet::basic::Type;
use datafusion::parquet::file::metadata::ParquetMetaData;
use datafusion::parquet::file::statistics::Statistics;
use serde_json::{Map, Value, json};

/// Delta's readers look at the first 32 columns.
const COLUMNS: usize = 32;

/// `numRecords`, `minValues`, `maxValues`, `nullCount` of the flat columns among the first ones.
pub fn delta_stats(metadata: &ParquetMetaData, columns: usize) -> String {
    let (mut least, mut most, mut nulls) = (Map::new(), Map::new(), Map::new());
    let leaves = metadata.file_metadata().schema_descr().columns();
    for (index, leaf) in leaves.iter().enumerate().filter(|(_, leaf)| leaf.path().parts().len() == 1).take(columns.min(COLUMNS)) {
        let groups: Option<Vec<&Statistics>> = metadata.row_groups().iter().map(|group| group.column(index).statistics()).collect();
        let Some(groups) = groups.filter(|groups| !groups.is_empty()) else { continue };
        let name = leaf.name().to_owned();
        if let Some(count) = groups.iter().map(|group| group.null_count_opt()).sum::<Option<u64>>() {
            nulls.insert(name.clone(), json!(count));
        }
        let is_text = leaf.logical_type_ref().is_some();
        if let Some((low, high)) = bounds(&groups, leaf.physical_type(), is_text) {
            least.insert(name.clone(), low);
            most.insert(name, high);
        }
    }
    json!({"numRecords": metadata.file_metadata().num_rows(), "minValues": least, "maxValues": most, "nullCount": nulls}).to_string()
}

/// The bounds over all row groups; none where a group that holds values says nothing.
fn bounds(groups: &[&Statistics], kind: Type, is_text: bool) -> Option<(Value, Value)> {
    match kind {
        Type::INT32 | Type::INT64 => {
            let pairs: Vec<(i64, i64)> = groups.iter().filter_map(|group| integers(group)).collect();
            let low = pairs.iter().map(|pair| pair.0).min()?;
            let high = pairs.iter().map(|pair| pair.1).max()?;
            Some((json!(low), json!(high)))
        }
        Type::BYTE_ARRAY if is_text => {
            let pairs: Option<Vec<(&str, &str)>> =
                groups.iter().filter(|group| group.min_bytes_opt().is_some()).map(|group| texts(group)).collect();
            let pairs = pairs?;
            let low = pairs.iter().map(|pair| pair.0).min()?;
            let high = pairs.iter().map(|pair| pair.1).max()?;
            Some((json!(low), json!(high)))
        }
        _ => None,
    }
}

fn integers(group: &Statistics) -> Option<(i64, i64)> {
    match group {
        Statistics::Int32(values) => Some((i64::from(*values.min_opt()?), i64::from(*values.max_opt()?))),
        Statistics::Int64(values) => Some((*values.min_opt()?, *values.max_opt()?)),
        _ => None,
    }
}

fn texts(group: &Statistics) -> Option<(&str, &str)> {
    Some((std::str::from_utf8(group.min_bytes_opt()?).ok()?, std::str::from_utf8(group.max_bytes_opt()?).ok()?))
}

//! The first rows of a batch as a small text table, for spans: bounded in rows by the caller, in cells here. It chooses no rows.

use datafusion::arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::arrow::util::pretty::pretty_format_batches;

use codeanatomy_spec::PreviewRedaction;

/// Characters of a cell that are shown.
const CELL: usize = 32;
/// Columns that are shown.
const COLUMNS: usize = 16;

/// The rows, each cell cut, and where texts are redacted only their lengths.
pub fn preview(batch: &RecordBatch, redaction: PreviewRedaction) -> Result<String, ArrowError> {
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name());
    let columns: Vec<(&String, ArrayRef)> = names
        .zip(batch.columns())
        .take(COLUMNS)
        .map(|(name, column)| Ok((name, cells(column, redaction)?)))
        .collect::<Result<_, ArrowError>>()?;
    if columns.is_empty() {
        return Ok(format!("{} rows of no column", batch.num_rows()));
    }
    let rest = batch.num_columns() - columns.len();
    let table = pretty_format_batches(&[RecordBatch::try_from_iter(columns)?])?;
    Ok(if rest > 0 { format!("{table}\n… {rest} more columns") } else { table.to_string() })
}

fn cells(column: &ArrayRef, redaction: PreviewRedaction) -> Result<ArrayRef, ArrowError> {
    let options = FormatOptions::default().with_null("null");
    let formatter = ArrayFormatter::try_new(column.as_ref(), &options)?;
    let hidden = redaction == PreviewRedaction::Text && holds_text(column.data_type());
    let cell = |row: usize| {
        let text = formatter.value(row).to_string();
        if hidden && column.is_valid(row) { format!("<{} characters>", text.chars().count()) } else { cut(&text) }
    };
    Ok(std::sync::Arc::new(StringArray::from_iter_values((0..column.len()).map(cell))))
}

/// Whether some value of the type is made of characters or bytes, however deep inside.
fn holds_text(kind: &DataType) -> bool {
    !(kind.is_numeric() || kind.is_temporal() || matches!(kind, DataType::Boolean | DataType::Null))
}

fn cut(text: &str) -> String {
    let line = text.replace(['\n', '\r', '\t'], " ");
    match line.char_indices().nth(CELL) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{BinaryArray, Int64Array};
    use std::sync::Arc;

    fn batch() -> RecordBatch {
        let texts = StringArray::from(vec![Some("a\nsecret that is much longer than any cell may be"), None]);
        let bytes = BinaryArray::from(vec![Some(b"key".as_slice()), None]);
        let columns: Vec<(&str, ArrayRef)> =
            vec![("id", Arc::new(Int64Array::from(vec![7, 8]))), ("text", Arc::new(texts)), ("bytes", Arc::new(bytes))];
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
            .expect("columns of a length")
    }

    #[test]
    fn cells_are_cut_and_of_one_line() {
        let text = preview(&batch(), PreviewRedaction::None).expect("a preview");
        assert!(text.contains("a secret that is much longer tha…"), "{text}");
        assert!(!text.contains("any cell"), "{text}");
        assert_eq!(text.lines().count(), 6, "{text}");
    }

    #[test]
    fn redacted_texts_show_their_length_only() {
        let text = preview(&batch(), PreviewRedaction::Text).expect("a preview");
        assert!(text.contains("<49 characters>"), "{text}");
        assert!(text.contains("| 7 "), "{text}");
        assert!(text.contains("null"), "{text}");
        assert!(!text.contains("secret") && !text.contains("6b6579"), "{text}");
    }

    #[test]
    fn columns_are_bounded() {
        let columns = (0..COLUMNS + 3).map(|index| (format!("c{index}"), Arc::new(Int64Array::from(vec![1])) as ArrayRef));
        let text = preview(&RecordBatch::try_from_iter(columns).expect("columns"), PreviewRedaction::None).expect("a preview");
        assert!(text.ends_with("… 3 more columns"), "{text}");
        assert!(!text.contains("c16"), "{text}");
    }
}

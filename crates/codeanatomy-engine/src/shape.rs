//! Declared columns as Arrow and as Delta schemas, and rows brought into that form. It compares logical types, never representations.

use std::sync::Arc;

use codeanatomy_spec::{ColumnDefinition, ColumnType};
use datafusion::arrow::array::{Array, ArrayRef, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use deltalake::kernel::{ArrayType, DataType as DeltaType, MapType, PrimitiveType, StructField, StructType};
use serde_json::json;

use crate::code;
use crate::error::{EngineError, Result};

/// How strings are held: as views in plans, as plain arrays in what comes from outside and where bytes are to be the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    Views,
    Plain,
}

/// The Arrow type of a column type.
pub fn arrow_type(kind: ColumnType, texts: Texts) -> DataType {
    let text = if texts == Texts::Views { DataType::Utf8View } else { DataType::Utf8 };
    match kind {
        ColumnType::Bool => DataType::Boolean,
        ColumnType::Int32 => DataType::Int32,
        ColumnType::Int64 => DataType::Int64,
        ColumnType::Float64 => DataType::Float64,
        ColumnType::String => text,
        ColumnType::Binary if texts == Texts::Views => DataType::BinaryView,
        ColumnType::Binary => DataType::Binary,
        ColumnType::Int32List => list(DataType::Int32),
        ColumnType::Int64List => list(DataType::Int64),
        ColumnType::StringList => list(text),
        ColumnType::StringMap => {
            let fields = vec![Field::new("key", text.clone(), false), Field::new("value", text, true)];
            DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(Fields::from(fields)), false)), false)
        }
    }
}

fn list(element: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("element", element, true)))
}

/// The Arrow schema of declared columns, nullable everywhere: plans conclude nothing from a promise, and sinks count the nulls.
pub fn open_schema(columns: &[ColumnDefinition], texts: Texts) -> SchemaRef {
    let fields: Vec<Field> = columns.iter().map(|column| Field::new(&column.name, arrow_type(column.kind, texts), true)).collect();
    Arc::new(Schema::new(fields))
}

/// The column type that an Arrow type represents, if it is one of ours.
pub fn logical_type(kind: &DataType) -> Option<ColumnType> {
    let is_text = |kind: &DataType| logical_type(kind) == Some(ColumnType::String);
    match kind {
        DataType::Boolean => Some(ColumnType::Bool),
        DataType::Int32 => Some(ColumnType::Int32),
        DataType::Int64 => Some(ColumnType::Int64),
        DataType::Float64 => Some(ColumnType::Float64),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(ColumnType::String),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Some(ColumnType::Binary),
        DataType::Dictionary(_, values) => logical_type(values),
        DataType::List(element) | DataType::LargeList(element) => match logical_type(element.data_type())? {
            ColumnType::Int32 => Some(ColumnType::Int32List),
            ColumnType::Int64 => Some(ColumnType::Int64List),
            ColumnType::String => Some(ColumnType::StringList),
            _ => None,
        },
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) if fields.len() == 2 && fields.iter().all(|field| is_text(field.data_type())) => {
                Some(ColumnType::StringMap)
            }
            _ => None,
        },
        _ => None,
    }
}

/// The Delta schema of declared columns.
pub fn delta_schema(columns: &[ColumnDefinition]) -> Result<StructType> {
    let fields = columns.iter().map(|column| StructField::new(column.name.clone(), delta_type(column.kind), column.nullable));
    StructType::try_new(fields)
        .map_err(|error| EngineError::new(&code::TABLE_DECLARATION, error.to_string(), "rename the column", json!({})))
}

fn delta_type(kind: ColumnType) -> DeltaType {
    let list = |element: PrimitiveType| DeltaType::from(ArrayType::new(DeltaType::Primitive(element), true));
    match kind {
        ColumnType::Bool => DeltaType::Primitive(PrimitiveType::Boolean),
        ColumnType::Int32 => DeltaType::Primitive(PrimitiveType::Integer),
        ColumnType::Int64 => DeltaType::Primitive(PrimitiveType::Long),
        ColumnType::Float64 => DeltaType::Primitive(PrimitiveType::Double),
        ColumnType::String => DeltaType::Primitive(PrimitiveType::String),
        ColumnType::Binary => DeltaType::Primitive(PrimitiveType::Binary),
        ColumnType::Int32List => list(PrimitiveType::Integer),
        ColumnType::Int64List => list(PrimitiveType::Long),
        ColumnType::StringList => list(PrimitiveType::String),
        ColumnType::StringMap => {
            let text = DeltaType::Primitive(PrimitiveType::String);
            DeltaType::from(MapType::new(text.clone(), text, true))
        }
    }
}

/// The column type of a Delta type, if it is one of ours.
pub fn delta_logical_type(kind: &DeltaType) -> Option<ColumnType> {
    ColumnType::ALL.into_iter().find(|candidate| match (delta_type(*candidate), kind) {
        (DeltaType::Array(ours), DeltaType::Array(theirs)) => ours.element_type() == theirs.element_type(),
        (DeltaType::Map(ours), DeltaType::Map(theirs)) => ours.key_type() == theirs.key_type() && ours.value_type() == theirs.value_type(),
        (ours, theirs) => ours == *theirs,
    })
}

/// Checks that a schema has exactly the declared columns: names, order, logical types.
pub fn check_schema(schema: &Schema, columns: &[ColumnDefinition], table: &str) -> Result<()> {
    let wrong = |text: String, column: &str| {
        let details = json!({"table": table, "column": column});
        EngineError::new(
            &code::ROWS,
            format!("table `{table}`: {text}"),
            "write the columns that the table declares, in their order",
            details,
        )
    };
    for (index, column) in columns.iter().enumerate() {
        let Some(field) = schema.fields().get(index) else {
            return Err(wrong(format!("column `{}` is missing", column.name), &column.name));
        };
        if *field.name() != column.name {
            return Err(wrong(format!("column {} is `{}`, not `{}`", index + 1, field.name(), column.name), &column.name));
        }
        if logical_type(field.data_type()) != Some(column.kind) {
            return Err(wrong(format!("column `{}` is {}, not {}", column.name, field.data_type(), column.kind), &column.name));
        }
    }
    match schema.fields().get(columns.len()) {
        Some(field) => Err(wrong(format!("column `{}` is not declared", field.name()), field.name())),
        None => Ok(()),
    }
}

/// A batch with the columns of `schema`, whatever represents them. The columns must be checked already.
pub fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns: Vec<ArrayRef> = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| if column.data_type() == field.data_type() { Ok(column.clone()) } else { cast(column, field.data_type()) })
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| EngineError::new(&code::ROWS, error.to_string(), "see the cause in the message", json!({})))?;
    RecordBatch::try_new(schema.clone(), columns)
        .map_err(|error| EngineError::new(&code::ROWS, error.to_string(), "see the cause in the message", json!({})))
}

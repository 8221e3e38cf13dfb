//! The evidence of all files, in one order: files by path, rows of a file by their number. Nothing is interpreted here.

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::operator::{Kind, OperatorError, Port};
use crate::table::{Column, Str, Strings, Table};

/// What `resolve` reads, in the order of the ports.
pub const PORTS: &[Port] = &[
    Port {
        name: "files",
        columns: &[
            ("file_id", Kind::I64),
            ("path", Kind::Str),
            ("module", Kind::Str),
            ("root", Kind::Str),
            ("is_package", Kind::Bool),
            ("is_stub", Kind::Bool),
        ],
    },
    Port {
        name: "lines",
        columns: &[("file_id", Kind::I64), ("line_starts", Kind::I32List), ("continuations", Kind::I32List), ("length", Kind::I32)],
    },
    Port {
        name: "syntax",
        columns: &[
            ("file_id", Kind::I64),
            ("node", Kind::I32),
            ("parent", Kind::I32),
            ("kind", Kind::Str),
            ("field", Kind::Str),
            ("position", Kind::I32),
            ("bstart", Kind::I32),
            ("bend", Kind::I32),
            ("name", Kind::Str),
            ("name_bstart", Kind::I32),
            ("name_bend", Kind::I32),
            ("access", Kind::Str),
            ("value", Kind::Str),
            ("line", Kind::I32),
        ],
    },
    Port {
        name: "scopes",
        columns: &[
            ("file_id", Kind::I64),
            ("scope", Kind::I32),
            ("parent", Kind::I32),
            ("kind", Kind::Str),
            ("name", Kind::Str),
            ("line", Kind::I32),
        ],
    },
    Port { name: "symbols", columns: &[("file_id", Kind::I64), ("scope", Kind::I32), ("name", Kind::Str), ("scope_kind", Kind::Str)] },
    Port {
        name: "outline_definitions",
        columns: &[
            ("file_id", Kind::I64),
            ("definition", Kind::I32),
            ("parent", Kind::I32),
            ("kind", Kind::Str),
            ("bstart", Kind::I32),
            ("bend", Kind::I32),
            ("name", Kind::Str),
            ("name_bstart", Kind::I32),
            ("name_bend", Kind::I32),
        ],
    },
    Port {
        name: "outline_calls",
        columns: &[
            ("file_id", Kind::I64),
            ("call", Kind::I32),
            ("definition", Kind::I32),
            ("bstart", Kind::I32),
            ("bend", Kind::I32),
            ("callee_bstart", Kind::I32),
            ("callee_bend", Kind::I32),
            ("callee", Kind::Str),
        ],
    },
    Port {
        name: "outline_imports",
        columns: &[
            ("file_id", Kind::I64),
            ("import", Kind::I32),
            ("definition", Kind::I32),
            ("bstart", Kind::I32),
            ("bend", Kind::I32),
            ("level", Kind::I32),
            ("module", Kind::Str),
            ("module_bstart", Kind::I32),
            ("module_bend", Kind::I32),
            ("name", Kind::Str),
            ("name_bstart", Kind::I32),
            ("name_bend", Kind::I32),
            ("alias", Kind::Str),
            ("alias_bend", Kind::I32),
        ],
    },
];

/// A file of the repository.
#[derive(Clone, Copy, Debug)]
pub struct File {
    pub id: i64,
    pub path: Str,
    pub module: Str,
    pub root: Str,
    pub is_package: bool,
    pub is_stub: bool,
}

/// Takes the columns of a table, one after another, in the order of its port.
pub struct Columns {
    port: &'static str,
    columns: std::vec::IntoIter<(&'static str, Column)>,
}

macro_rules! take {
    ($name:ident, $variant:ident, $type:ty) => {
        pub fn $name(&mut self) -> Result<$type, OperatorError> {
            match self.columns.next() {
                Some((_, Column::$variant(values))) => Ok(values),
                Some((column, _)) => Err(OperatorError::Input(format!("{}: column {column} has another type than its port", self.port))),
                None => Err(OperatorError::Input(format!("{}: a column of its port is missing", self.port))),
            }
        }
    };
}

impl Columns {
    pub fn new(port: usize, table: Table) -> Self {
        Self { port: PORTS[port].name, columns: table.columns.into_iter() }
    }

    take!(i64s, I64, Vec<i64>);
    take!(i32s, I32, Vec<i32>);
    take!(strs, Str, Vec<Str>);
    take!(bools, Bool, Vec<Option<bool>>);
    take!(i32_lists, I32List, crate::table::Ragged<i32>);
}

/// The files in the order of their paths, and the rank of each id in that order.
pub struct Files {
    pub files: Vec<File>,
    pub ranks: FxHashMap<i64, u32>,
}

impl Files {
    pub fn read(table: Table, strings: &Strings) -> Result<Self, OperatorError> {
        let mut columns = Columns::new(0, table);
        let (ids, paths, modules, roots) = (columns.i64s()?, columns.strs()?, columns.strs()?, columns.strs()?);
        let (packages, stubs) = (columns.bools()?, columns.bools()?);
        let mut files: Vec<File> = (0..ids.len())
            .map(|row| File {
                id: ids[row],
                path: paths[row],
                module: modules[row],
                root: roots[row],
                is_package: packages[row].unwrap_or(false),
                is_stub: stubs[row].unwrap_or(false),
            })
            .collect();
        files.sort_by(|one, two| strings.text(one.path).cmp(strings.text(two.path)));
        let ranks: FxHashMap<i64, u32> = files.iter().enumerate().map(|(rank, file)| (file.id, rank as u32)).collect();
        if ranks.len() < files.len() {
            return Err(OperatorError::Input("files: a file_id is there twice".into()));
        }
        Ok(Self { files, ranks })
    }

    /// The order of rows by (rank of the file, number), and the range of rows of every file in that order.
    pub fn order(&self, port: &str, file_ids: &[i64], numbers: &[i32]) -> Result<(Vec<u32>, Vec<u32>), OperatorError> {
        let mut keys = Vec::with_capacity(file_ids.len());
        let mut last = (i64::MIN, 0u32);
        for (row, &file_id) in file_ids.iter().enumerate() {
            if file_id != last.0 {
                let rank = self
                    .ranks
                    .get(&file_id)
                    .ok_or_else(|| OperatorError::Input(format!("{port}: file {file_id} is not among the files")))?;
                last = (file_id, *rank);
            }
            keys.push((u64::from(last.1) << 32 | u64::from(numbers[row] as u32), row as u32));
        }
        if !keys.is_sorted() {
            keys.sort_unstable();
        }
        let mut starts = vec![0u32; self.files.len() + 1];
        for (key, _) in &keys {
            starts[(key >> 32) as usize + 1] += 1;
        }
        for file in 0..self.files.len() {
            starts[file + 1] += starts[file];
        }
        Ok((keys.into_iter().map(|(_, row)| row).collect(), starts))
    }
}

/// The values of a column in the given order.
pub fn gather<T: Copy>(order: &[u32], values: Vec<T>) -> Vec<T> {
    order.iter().map(|&row| values[row as usize]).collect()
}

/// A list of texts under a name of an object of parameters.
pub fn texts(parameters: &Value, name: &str) -> Result<Vec<String>, OperatorError> {
    let wrong = || OperatorError::Parameter(format!("`{name}` must be a list of texts"));
    let values = parameters.get(name).and_then(|value| value.as_array()).ok_or_else(wrong)?;
    values.iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}

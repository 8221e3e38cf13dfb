//! The locate operator: spans in bytes become places with lines and columns. It judges no span, drops none, and fails on a file that it does not know.

use rustc_hash::FxHashMap;

use crate::operator::{Kind, Operator, OperatorError, Port, Run};
use crate::positions::Lines;
use crate::table::{Column, Str, Table};

/// Spans in; the same rows with path, lines and columns, in the order of their ids.
pub const LOCATE: Operator = Operator {
    name: "locate",
    sentence: "Gives spans their path, lines and columns.",
    inputs: &[
        Port { name: "files", columns: &[("file_id", Kind::I64), ("path", Kind::Str)] },
        Port { name: "lines", columns: &[("file_id", Kind::I64), ("line_starts", Kind::I32List), ("continuations", Kind::I32List)] },
        Port {
            name: "spans",
            columns: &[
                ("id", Kind::I64),
                ("kind", Kind::Str),
                ("text", Kind::Str),
                ("file_id", Kind::I64),
                ("bstart", Kind::I32),
                ("bend", Kind::I32),
            ],
        },
    ],
    outputs: &[Port {
        name: "located",
        columns: &[
            ("id", Kind::I64),
            ("kind", Kind::Str),
            ("text", Kind::Str),
            ("file_id", Kind::I64),
            ("path", Kind::Str),
            ("bstart", Kind::I32),
            ("bend", Kind::I32),
            ("line", Kind::I32),
            ("col", Kind::I32),
            ("end_line", Kind::I32),
            ("end_col", Kind::I32),
        ],
    }],
    run,
};

fn run(run: &mut Run<'_>) -> Result<Vec<Table>, OperatorError> {
    let inputs = std::mem::take(&mut run.inputs);
    let [files, lines, spans] = inputs.as_slice() else { unreachable!("three input ports") };
    let [(_, Column::I64(file_ids)), (_, Column::Str(paths))] = files.columns.as_slice() else {
        unreachable!("columns of the port `files`")
    };
    let [(_, Column::I64(of_lines)), (_, Column::I32List(starts)), (_, Column::I32List(continuations))] = lines.columns.as_slice() else {
        unreachable!("columns of the port `lines`")
    };
    let [
        (_, Column::I64(ids)),
        (_, Column::Str(kinds)),
        (_, Column::Str(texts)),
        (_, Column::I64(span_files)),
        (_, Column::I32(bstarts)),
        (_, Column::I32(bends)),
    ] = spans.columns.as_slice()
    else {
        unreachable!("columns of the port `spans`")
    };
    let paths: FxHashMap<i64, Str> = file_ids.iter().copied().zip(paths.iter().copied()).collect();
    let lines = Lines::new(of_lines, starts, continuations);
    let mut order: Vec<u32> = (0..ids.len() as u32).collect();
    order.sort_unstable_by_key(|&row| (ids[row as usize], bstarts[row as usize], bends[row as usize]));
    run.check()?;
    let mut found = Located::default();
    for row in order.into_iter().map(|row| row as usize) {
        let (Some(&path), Some(of_file)) = (paths.get(&span_files[row]), lines.file(span_files[row])) else {
            return Err(OperatorError::Input(format!("spans: file {} is not among the files", span_files[row])));
        };
        let (first, last) = (of_file.position(bstarts[row]), of_file.position(bends[row]));
        found.rows.push(row);
        found.path.push(path);
        found.places.push([first.line, first.col, last.line, last.col]);
    }
    Ok(vec![found.into_table(ids, [kinds, texts], span_files, [bstarts, bends])])
}

/// Rows of the input in order, with what is added to each.
#[derive(Default)]
struct Located {
    rows: Vec<usize>,
    path: Vec<Str>,
    places: Vec<[i32; 4]>,
}

impl Located {
    fn into_table(self, ids: &[i64], [kinds, texts]: [&[Str]; 2], files: &[i64], [bstarts, bends]: [&[i32]; 2]) -> Table {
        let longs = |values: &[i64]| Column::I64(self.rows.iter().map(|&row| values[row]).collect());
        let strs = |values: &[Str]| Column::Str(self.rows.iter().map(|&row| values[row]).collect());
        let ints = |values: &[i32]| Column::I32(self.rows.iter().map(|&row| values[row]).collect());
        let place = |index: usize| Column::I32(self.places.iter().map(|place| place[index]).collect());
        Table::new(vec![
            ("id", longs(ids)),
            ("kind", strs(kinds)),
            ("text", strs(texts)),
            ("file_id", longs(files)),
            ("path", Column::Str(self.path.clone())),
            ("bstart", ints(bstarts)),
            ("bend", ints(bends)),
            ("line", place(0)),
            ("col", place(1)),
            ("end_line", place(2)),
            ("end_col", place(3)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Ragged, Strings};

    fn spans(strings: &mut Strings, rows: &[(i64, i64, i32, i32)]) -> Table {
        Table::new(vec![
            ("id", Column::I64(rows.iter().map(|row| row.0).collect())),
            ("kind", Column::Str(rows.iter().map(|_| strings.intern("comment")).collect())),
            ("text", Column::Str(rows.iter().map(|_| strings.intern("#")).collect())),
            ("file_id", Column::I64(rows.iter().map(|row| row.1).collect())),
            ("bstart", Column::I32(rows.iter().map(|row| row.2).collect())),
            ("bend", Column::I32(rows.iter().map(|row| row.3).collect())),
        ])
    }

    fn locate(rows: &[(i64, i64, i32, i32)]) -> Result<Table, OperatorError> {
        let mut strings = Strings::new();
        let path = strings.intern("a.py");
        let (mut starts, mut continuations) = (Ragged::default(), Ragged::default());
        starts.push(&[0, 10, 20]);
        continuations.push(&[12, 13]);
        let files = Table::new(vec![("file_id", Column::I64(vec![7])), ("path", Column::Str(vec![path]))]);
        let lines = Table::new(vec![
            ("file_id", Column::I64(vec![7])),
            ("line_starts", Column::I32List(starts)),
            ("continuations", Column::I32List(continuations)),
        ]);
        let inputs = vec![files, lines, spans(&mut strings, rows)];
        let mut run = Run {
            inputs,
            strings: &mut strings,
            parameters: &serde_json::Value::Null,
            cancelled: &|| false,
            unread: &[],
            notes: Vec::new(),
        };
        Ok((LOCATE.run)(&mut run)?.remove(0))
    }

    #[test]
    fn columns_count_characters_and_rows_come_by_id() {
        let table = locate(&[(2, 7, 15, 21), (1, 7, 0, 3)]).unwrap();
        let column = |name: &str| &table.columns.iter().find(|(other, _)| *other == name).unwrap().1;
        let (Column::I32(line), Column::I32(col), Column::I32(end_line), Column::I32(end_col)) =
            (column("line"), column("col"), column("end_line"), column("end_col"))
        else {
            panic!("places are integers")
        };
        assert_eq!((line.as_slice(), col.as_slice()), (&[1, 2][..], &[1, 4][..]));
        assert_eq!((end_line.as_slice(), end_col.as_slice()), (&[1, 3][..], &[4, 2][..]));
    }

    #[test]
    fn a_span_of_an_unknown_file_is_an_error() {
        assert!(matches!(locate(&[(1, 8, 0, 1)]), Err(OperatorError::Input(text)) if text.contains("file 8")));
    }
}

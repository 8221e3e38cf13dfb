//! The gather operator: all properties of an entity in one row. It knows no key and converts no value.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::operator::{Kind, Operator, OperatorError, Port, Run};
use crate::table::{Column, NULL_I64, Ragged, Str, Strings, Table};

/// Properties in; for each entity one row with its keys in order of their texts, and its values in the same order.
pub const GATHER: Operator = Operator {
    name: "gather",
    sentence: "Gathers the properties of every entity into one row.",
    inputs: &[Port {
        name: "properties",
        columns: &[("entity_id", Kind::I64), ("entity", Kind::Str), ("key", Kind::Str), ("text", Kind::Str)],
    }],
    outputs: &[Port {
        name: "entities",
        columns: &[("entity_id", Kind::I64), ("entity", Kind::Str), ("keys", Kind::StrList), ("values", Kind::StrList)],
    }],
    run,
};

/// One property. The order of the fields is that of the rows; ranks stand for texts, whose numbers depend on the run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    entity: u32,
    id: i64,
    key: u32,
    row: u32,
}

fn run(run: &mut Run<'_>) -> Result<Vec<Table>, OperatorError> {
    let inputs = std::mem::take(&mut run.inputs);
    let [properties] = inputs.as_slice() else { unreachable!("one input port") };
    let [(_, Column::I64(ids)), (_, Column::Str(entities)), (_, Column::Str(keys)), (_, Column::Str(values))] =
        properties.columns.as_slice()
    else {
        unreachable!("columns of the port `properties`")
    };
    if let Some(row) =
        (0..ids.len()).find(|&row| ids[row] == NULL_I64 || entities[row].is_null() || keys[row].is_null() || values[row].is_null())
    {
        return Err(OperatorError::Input(format!("a property of entity {} has a null", ids[row])));
    }
    let (entity_ranks, key_ranks) = (ranks(entities, run.strings), ranks(keys, run.strings));
    let mut items: Vec<Item> = (0..ids.len())
        .map(|row| Item { entity: entity_ranks[&entities[row]], id: ids[row], key: key_ranks[&keys[row]], row: row as u32 })
        .collect();
    run.check()?;
    items.sort_unstable();
    run.check()?;
    Ok(vec![rows(&items, entities, keys, values)])
}

/// The place of each string among the texts of all.
fn ranks(column: &[Str], strings: &Strings) -> FxHashMap<Str, u32> {
    let mut distinct: Vec<Str> = column.iter().copied().collect::<FxHashSet<Str>>().into_iter().collect();
    distinct.sort_unstable_by_key(|&text| strings.text(text));
    distinct.into_iter().zip(0..).collect()
}

fn rows(items: &[Item], entities: &[Str], keys: &[Str], values: &[Str]) -> Table {
    let (mut ids, mut kinds, mut offsets) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = None;
    for (place, item) in items.iter().enumerate() {
        if last != Some((item.entity, item.id)) {
            last = Some((item.entity, item.id));
            ids.push(item.id);
            kinds.push(entities[item.row as usize]);
            offsets.push(place);
        }
    }
    offsets.push(items.len());
    let offsets = Arc::new(offsets);
    let column =
        |of: &[Str]| Column::StrList(Ragged { offsets: offsets.clone(), values: items.iter().map(|item| of[item.row as usize]).collect() });
    let (keys, values) = (column(keys), column(values));
    Table::new(vec![("entity_id", Column::I64(ids)), ("entity", Column::Str(kinds)), ("keys", keys), ("values", values)])
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (i64, String, Vec<String>, Vec<String>);

    fn gather(properties: &[(i64, &str, &str, &str)]) -> Result<Vec<Row>, OperatorError> {
        let mut strings = Strings::new();
        let table = Table::new(vec![
            ("entity_id", Column::I64(properties.iter().map(|row| row.0).collect())),
            ("entity", Column::Str(properties.iter().map(|row| strings.intern(row.1)).collect())),
            ("key", Column::Str(properties.iter().map(|row| strings.intern(row.2)).collect())),
            (
                "text",
                Column::Str(
                    properties.iter().map(|row| if row.3.is_empty() { crate::table::NULL_STR } else { strings.intern(row.3) }).collect(),
                ),
            ),
        ]);
        let parameters = serde_json::Value::Null;
        let mut run = Run {
            inputs: vec![table],
            strings: &mut strings,
            parameters: &parameters,
            cancelled: &|| false,
            unread: &[],
            notes: Vec::new(),
        };
        let tables = (GATHER.run)(&mut run)?;
        let [(_, Column::I64(ids)), (_, Column::Str(entities)), (_, Column::StrList(keys)), (_, Column::StrList(values))] =
            tables[0].columns.as_slice()
        else {
            panic!("columns of the port `entities`")
        };
        let texts = |row: &[Str]| row.iter().map(|&text| strings.text(text).to_owned()).collect::<Vec<_>>();
        Ok((0..ids.len())
            .map(|row| (ids[row], strings.text(entities[row]).to_owned(), texts(keys.row(row)), texts(values.row(row))))
            .collect())
    }

    #[test]
    fn keys_of_an_entity_are_in_order_whatever_the_order_of_rows() {
        let mut properties = vec![(7, "node", "z", "1"), (7, "node", "a", "2"), (7, "edge", "m", "3"), (2, "node", "z", "4")];
        let expected: Vec<Row> = vec![
            (7, "edge".into(), vec!["m".into()], vec!["3".into()]),
            (2, "node".into(), vec!["z".into()], vec!["4".into()]),
            (7, "node".into(), vec!["a".into(), "z".into()], vec!["2".into(), "1".into()]),
        ];
        assert_eq!(gather(&properties).expect("sound properties"), expected);
        properties.reverse();
        assert_eq!(gather(&properties).expect("sound properties"), expected);
    }

    #[test]
    fn nothing_gives_nothing_and_a_null_is_refused() {
        assert_eq!(gather(&[]).expect("no properties"), vec![]);
        assert_eq!(gather(&[(3, "node", "k", "")]).expect_err("a null").to_string(), "input: a property of entity 3 has a null");
    }
}

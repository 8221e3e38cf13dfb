//! The adjacency operator: all neighbours of a node in one row, from either side. It walks nothing and knows no kind of edge.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::operator::{Kind, Operator, OperatorError, Port, Run};
use crate::table::{Column, NULL_I64, Picked, Str, Strings, Table};

const ROW: &[(&str, Kind)] =
    &[("id", Kind::I64), ("degree", Kind::I32), ("edge_ids", Kind::I64List), ("kinds", Kind::StrList), ("neighbours", Kind::I64List)];

/// Edges in; for each node with edges one row, its edges ordered by kind, neighbour and edge id.
pub const ADJACENCY: Operator = Operator {
    name: "adjacency",
    sentence: "Gathers the edges of every node into one row, by source and by target.",
    inputs: &[Port { name: "edges", columns: &[("id", Kind::I64), ("kind", Kind::Str), ("src", Kind::I64), ("dst", Kind::I64)] }],
    outputs: &[Port { name: "by_src", columns: ROW }, Port { name: "by_dst", columns: ROW }],
    run,
};

/// Nodes are spread over 2^14 buckets by their upper bits (they are hashes), so that each bucket is sorted inside the cache.
const BUCKET_BITS: u32 = 14;
/// So many ends are sorted at once, if their buckets are no larger.
const ENDS_AT_ONCE: usize = if cfg!(test) { 64 } else { 1 << 20 };
/// Rows between two looks at the token.
const STEP: usize = 1 << 14;

/// One end of an edge with all that decides its place, so that nothing is looked up while sorting. The order of the fields is that of the rows.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    node: i64,
    /// Place of the kind among the texts of all kinds.
    rank: u32,
    neighbour: i64,
    edge: i64,
    /// Where the edge is among all.
    place: u32,
}

/// The edges. Both outputs say in which order they have them, and hold none.
struct Edges {
    ids: Arc<Vec<i64>>,
    kinds: Arc<Vec<Str>>,
    /// Ranks of the kinds: numbers of strings depend on the run, the order of texts does not.
    ranks: FxHashMap<Str, u32>,
}

fn run(run: &mut Run<'_>) -> Result<Vec<Table>, OperatorError> {
    let edges = run.inputs.pop().expect("one input port");
    let Ok([(_, Column::I64(ids)), (_, Column::Str(kinds)), (_, Column::I64(sources)), (_, Column::I64(targets))]) =
        <[_; 4]>::try_from(edges.columns)
    else {
        unreachable!("columns of the port `edges`")
    };
    check(&ids, &kinds, &sources, &targets)?;
    let (sources, targets) = (Arc::new(sources), Arc::new(targets));
    let edges = Edges::new(ids, kinds, run.strings);
    let run = &*run;
    std::thread::scope(|scope| {
        let by_source = scope.spawn(|| edges.gather(run, &sources, &targets));
        let by_target = edges.gather(run, &targets, &sources);
        let by_source = by_source.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok(vec![by_source?, by_target?])
    })
}

fn check(ids: &[i64], kinds: &[Str], sources: &[i64], targets: &[i64]) -> Result<(), OperatorError> {
    match (0..ids.len()).find(|&row| kinds[row].is_null() || sources[row] == NULL_I64 || targets[row] == NULL_I64) {
        Some(row) => Err(OperatorError::Input(format!("edge {} has a null kind or end", ids[row]))),
        None => Ok(()),
    }
}

impl Edges {
    fn new(ids: Vec<i64>, kinds: Vec<Str>, strings: &Strings) -> Self {
        let mut distinct: Vec<Str> = kinds.iter().copied().collect::<FxHashSet<Str>>().into_iter().collect();
        distinct.sort_unstable_by_key(|&kind| strings.text(kind));
        Self { ids: Arc::new(ids), kinds: Arc::new(kinds), ranks: distinct.into_iter().zip(0..).collect() }
    }

    fn gather(&self, run: &Run<'_>, nodes: &[i64], neighbours: &Arc<Vec<i64>>) -> Result<Table, OperatorError> {
        let mut rows = Rows::with_capacity(nodes.len());
        let borders = borders(nodes);
        let mut first = 0;
        while first + 1 < borders.len() {
            // As many buckets as fit the memory, at least one.
            let last = borders.partition_point(|&border| border <= borders[first] + ENDS_AT_ONCE).max(first + 2) - 1;
            for end in self.sorted(run, nodes, neighbours, first, &borders[first..=last])? {
                rows.add(end);
            }
            first = last;
        }
        Ok(rows.table(self, neighbours))
    }

    /// The ends of some buckets in order: one pass into the buckets, then each by itself.
    fn sorted(&self, run: &Run<'_>, nodes: &[i64], neighbours: &[i64], first: usize, borders: &[usize]) -> Result<Vec<End>, OperatorError> {
        let mut ends = self.scattered(nodes, neighbours, first, borders);
        let mut since = 0;
        for pair in borders.windows(2) {
            ends[pair[0] - borders[0]..pair[1] - borders[0]].sort_unstable();
            since += pair[1] - pair[0];
            if since > STEP {
                run.check()?;
                since = 0;
            }
        }
        Ok(ends)
    }

    /// The ends of the buckets from `first` on, each bucket in no order.
    fn scattered(&self, nodes: &[i64], neighbours: &[i64], first: usize, borders: &[usize]) -> Vec<End> {
        let mut next: Vec<usize> = borders.iter().map(|border| border - borders[0]).collect();
        let mut ends = vec![End::default(); next[next.len() - 1]];
        let buckets = next.len() - 1;
        for (place, &node) in nodes.iter().enumerate() {
            let bucket = bucket(node).wrapping_sub(first);
            if bucket < buckets {
                let (rank, neighbour, edge) = (self.ranks[&self.kinds[place]], neighbours[place], self.ids[place]);
                ends[next[bucket]] = End { node, rank, neighbour, edge, place: place as u32 };
                next[bucket] += 1;
            }
        }
        ends
    }
}

/// Where each bucket starts, and where the last one ends.
fn borders(nodes: &[i64]) -> Vec<usize> {
    let mut borders = vec![0; (1 << BUCKET_BITS) + 1];
    for &node in nodes {
        borders[bucket(node) + 1] += 1;
    }
    for index in 1..borders.len() {
        borders[index] += borders[index - 1];
    }
    borders
}

/// Grows with the node, so that buckets in order are nodes in order: the sign bit is flipped because signs sort the other way.
fn bucket(node: i64) -> usize {
    (((node as u64) ^ (1 << 63)) >> (64 - BUCKET_BITS)) as usize
}

/// The rows of one output.
struct Rows {
    nodes: Vec<i64>,
    offsets: Vec<usize>,
    places: Vec<u32>,
}

impl Rows {
    fn with_capacity(ends: usize) -> Self {
        Self { nodes: Vec::new(), offsets: Vec::new(), places: Vec::with_capacity(ends) }
    }

    fn add(&mut self, end: End) {
        if self.nodes.last() != Some(&end.node) {
            self.nodes.push(end.node);
            self.offsets.push(self.places.len());
        }
        self.places.push(end.place);
    }

    fn table(mut self, edges: &Edges, neighbours: &Arc<Vec<i64>>) -> Table {
        self.offsets.push(self.places.len());
        let degrees = self.offsets.windows(2).map(|pair| (pair[1] - pair[0]) as i32).collect();
        let (offsets, places) = (Arc::new(self.offsets), Arc::new(self.places));
        let picked =
            |values: &Arc<Vec<i64>>| Column::I64Picked(Picked { offsets: offsets.clone(), places: places.clone(), values: values.clone() });
        Table::new(vec![
            ("id", Column::I64(self.nodes)),
            ("degree", Column::I32(degrees)),
            ("edge_ids", picked(&edges.ids)),
            ("kinds", Column::StrPicked(Picked { offsets: offsets.clone(), places: places.clone(), values: edges.kinds.clone() })),
            ("neighbours", picked(neighbours)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (id, degree, edge ids, kinds, neighbours) of each row.
    type Row = (i64, i32, Vec<i64>, Vec<String>, Vec<i64>);

    fn adjacency(edges: &[(i64, &str, i64, i64)]) -> Result<Vec<Vec<Row>>, OperatorError> {
        let mut strings = Strings::new();
        let kinds = edges.iter().map(|edge| if edge.1.is_empty() { crate::table::NULL_STR } else { strings.intern(edge.1) }).collect();
        let table = Table::new(vec![
            ("id", Column::I64(edges.iter().map(|edge| edge.0).collect())),
            ("kind", Column::Str(kinds)),
            ("src", Column::I64(edges.iter().map(|edge| edge.2).collect())),
            ("dst", Column::I64(edges.iter().map(|edge| edge.3).collect())),
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
        let tables = (ADJACENCY.run)(&mut run)?;
        Ok(tables.iter().map(|table| rows(table, &strings)).collect())
    }

    fn rows(table: &Table, strings: &Strings) -> Vec<Row> {
        let [
            (_, Column::I64(ids)),
            (_, Column::I32(degrees)),
            (_, Column::I64Picked(edges)),
            (_, Column::StrPicked(kinds)),
            (_, Column::I64Picked(ends)),
        ] = table.columns.as_slice()
        else {
            panic!("columns of an adjacency table")
        };
        let texts = |row| kinds.rows(row..row + 1).into_iter().map(|kind| strings.text(kind).to_string()).collect();
        (0..ids.len()).map(|row| (ids[row], degrees[row], edges.rows(row..row + 1), texts(row), ends.rows(row..row + 1))).collect()
    }

    fn texts(kinds: &[&str]) -> Vec<String> {
        kinds.iter().map(|kind| kind.to_string()).collect()
    }

    #[test]
    fn neighbours_are_ordered_by_kind_neighbour_and_edge() {
        const BIG: i64 = crate::ids::HASHED + 9;
        let edges = [(5, "reads", BIG, 7), (4, "calls", BIG, 8), (3, "calls", BIG, 2), (9, "calls", BIG, 2), (1, "reads", 2, BIG)];
        let tables = adjacency(&edges).expect("sound edges");
        let from_big = (BIG, 4, vec![3, 9, 4, 5], texts(&["calls", "calls", "calls", "reads"]), vec![2, 2, 8, 7]);
        assert_eq!(tables[0], [(2, 1, vec![1], texts(&["reads"]), vec![BIG]), from_big]);
        let into = |id: i64, edges: Vec<i64>, kind: &str| {
            (id, edges.len() as i32, edges.clone(), vec![kind.to_string(); edges.len()], vec![BIG; edges.len()])
        };
        let back = (BIG, 1, vec![1], texts(&["reads"]), vec![2]);
        assert_eq!(tables[1], [into(2, vec![3, 9], "calls"), into(7, vec![5], "reads"), into(8, vec![4], "calls"), back]);
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let mut edges: Vec<(i64, &str, i64, i64)> =
            (0..500).map(|n| (n, ["b", "a", "c"][n as usize % 3], ((n * n) % 17) << 40, (n * 7) % 13)).collect();
        let forward = adjacency(&edges).expect("sound edges");
        edges.reverse();
        assert_eq!(adjacency(&edges).expect("sound edges"), forward);
    }

    #[test]
    fn no_edges_give_no_rows() {
        assert_eq!(adjacency(&[]).expect("no edges"), [vec![], vec![]]);
    }

    #[test]
    fn a_null_kind_is_refused() {
        let error = adjacency(&[(3, "", 1, 2)]).expect_err("a null kind");
        assert_eq!(error.to_string(), "input: edge 3 has a null kind or end");
    }
}

//! Promises of the tables of one run, checked on the keys that their sinks gathered. Data files are read only to show examples of a breach.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytemuck::Pod;
use codeanatomy_spec::{EdgeEnds, Promise, References};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};

use crate::code::{self, Code};
use crate::error::{EngineError, Result};
use crate::examples;
use crate::rulepack::Rulepack;
use crate::sink::{ColumnKeys, EXAMPLES, Spool, Values, Written};

/// How many rows are looked at between two looks at the token.
const STRIDE: usize = 1 << 18;

/// Fails when the run is stopped.
type Alive<'a> = &'a (dyn Fn() -> Result<()> + Sync);

/// What is wrong with a table, each as the error that it is where the rules refuse it.
type Breaches = Vec<EngineError>;

/// Checks every promise of every table; `rules` say what a breach does.
pub fn check(tables: &[Written], rules: &mut Rulepack, alive: Alive<'_>) -> Result<()> {
    for breach in tables.iter().filter_map(nulls) {
        rules.judge(breach)?;
    }
    let promises: Vec<(&Written, &Promise)> =
        tables.iter().flat_map(|table| table.table.promises.iter().map(move |promise| (table, promise))).collect();
    let asks_kinds = rules.asks(&code::EDGE_KIND);
    let look = |&(table, promise): &(&Written, &Promise)| {
        alive()?;
        match promise {
            Promise::NotNull(_) => Ok(Vec::new()),
            Promise::Unique(names) => repeats(table, names),
            Promise::References(reference) => dangling(table, reference, tables, alive),
            Promise::EdgeEnds(ends) => unfounded(table, ends, tables, asks_kinds, alive),
        }
    };
    for breaches in side_by_side(&promises, look) {
        breaches?.into_iter().try_for_each(|breach| rules.judge(breach))?;
    }
    Ok(())
}

/// What a function gives for each item, found by two threads.
fn side_by_side<T: Sync, R: Send>(items: &[T], look: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let take = || {
        let mut found = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(place) else { return found };
            found.push((place, look(item)));
        }
    };
    let mut found = std::thread::scope(|scope| {
        let other = scope.spawn(take);
        let mut found = take();
        found.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        found
    });
    found.sort_unstable_by_key(|&(place, _)| place);
    found.into_iter().map(|(_, result)| result).collect()
}

fn nulls(table: &Written) -> Option<EngineError> {
    let (column, count, rows) = table.keys.nulls.first()?;
    let shown = examples::rows(table, rows);
    let text = format!("column `{column}` holds a null in {count} rows");
    Some(broken(&code::NOT_NULL, table, "not_null", &[column], *count, &shown, &text))
}

fn repeats(table: &Written, names: &[String]) -> Result<Breaches> {
    let columns: Vec<&str> = names.iter().map(String::as_str).collect();
    let (count, shown) = match names {
        [name] => {
            let keys = &table.keys.keys[name];
            let nulls = keys.nulls.len().saturating_sub(1) as u64;
            match &keys.values {
                Values::Integers(values) => {
                    let (repeats, found) = repeated(without_nulls(read(table, values)?, &keys.nulls));
                    (repeats + nulls, found.iter().map(|value| json!(value)).collect())
                }
                Values::Hashes(values) => hashed_repeats(table, &columns, without_nulls(read(table, values)?, &keys.nulls), nulls),
                Values::Kinds { .. } => return Ok(Vec::new()),
            }
        }
        _ => hashed_repeats(table, &columns, read(table, &table.keys.composite[names])?, 0),
    };
    if count == 0 {
        return Ok(Vec::new());
    }
    let text = format!("{count} rows repeat the key ({})", names.join(", "));
    Ok(vec![broken(&code::UNIQUE, table, "unique", &columns, count, &shown, &text)])
}

fn hashed_repeats(table: &Written, columns: &[&str], hashes: Vec<u128>, nulls: u64) -> (u64, Vec<Value>) {
    let (repeats, found) = repeated(hashes);
    let shown = if found.is_empty() { Vec::new() } else { examples::keys(table, columns, &found) };
    (repeats + nulls, shown)
}

/// How many values occur again, and the first such values.
fn repeated<T: Ord + Copy>(mut values: Vec<T>) -> (u64, Vec<T>) {
    if !values.is_sorted() {
        values.sort_unstable();
    }
    let mut count = 0;
    let mut found: Vec<T> = Vec::new();
    for pair in values.windows(2).filter(|pair| pair[0] == pair[1]) {
        count += 1;
        if found.len() < EXAMPLES && found.last() != Some(&pair[0]) {
            found.push(pair[0]);
        }
    }
    (count, found)
}

/// The values of rows that hold no null. `nulls` is in order.
fn without_nulls<T: Copy>(mut values: Vec<T>, nulls: &[u64]) -> Vec<T> {
    let (mut row, mut skip) = (0, nulls.iter().copied().peekable());
    if !nulls.is_empty() {
        values.retain(|_| {
            row += 1;
            skip.next_if_eq(&(row - 1)).is_none()
        });
    }
    values
}

/// The values that a sink has gathered.
fn read<T: Pod>(table: &Written, values: &Spool<T>) -> Result<Vec<T>> {
    values.read().map_err(|error| EngineError::io(&code::WRITE, "cannot read the keys kept beside", &table.folder, &error))
}

fn dangling(table: &Written, reference: &References, tables: &[Written], alive: Alive<'_>) -> Result<Breaches> {
    let target = find(tables, &reference.table);
    let own = &table.keys.keys[&reference.column];
    let columns = [reference.column.as_str()];
    let (count, shown) = match (&own.values, &target.keys.keys[&reference.key].values) {
        (Values::Integers(values), Values::Integers(keys)) => {
            let known: FxHashSet<i64> = read(target, keys)?.into_iter().collect();
            let (count, found) = strangers(&without_nulls(read(table, values)?, &own.nulls), &known, alive)?;
            (count, found.iter().map(|value| json!(value)).collect())
        }
        (Values::Hashes(values), Values::Hashes(keys)) => {
            let known: FxHashSet<u128> = read(target, keys)?.into_iter().collect();
            let (count, found) = strangers(&without_nulls(read(table, values)?, &own.nulls), &known, alive)?;
            (count, if count > 0 { examples::keys(table, &columns, &found) } else { Vec::new() })
        }
        _ => return Ok(Vec::new()),
    };
    if count == 0 {
        return Ok(Vec::new());
    }
    let text = format!("{count} rows refer to `{}.{}` by a `{}` that is not there", reference.table, reference.key, reference.column);
    Ok(vec![broken(&code::REFERENCES, table, "references", &columns, count, &shown, &text)])
}

fn strangers<T: Eq + std::hash::Hash + Copy>(values: &[T], known: &FxHashSet<T>, alive: Alive<'_>) -> Result<(u64, Vec<T>)> {
    let mut count = 0;
    let mut found: Vec<T> = Vec::new();
    for chunk in values.chunks(STRIDE) {
        alive()?;
        for value in chunk.iter().filter(|value| !known.contains(value)) {
            count += 1;
            if found.len() < EXAMPLES && !found.contains(value) {
                found.push(*value);
            }
        }
    }
    Ok((count, found))
}

/// Both ends of every edge exist and have kinds that the edge's kind allows.
fn unfounded(table: &Written, ends: &EdgeEnds, tables: &[Written], asks_kinds: bool, alive: Alive<'_>) -> Result<Breaches> {
    let nodes = find(tables, &ends.nodes);
    let Values::Kinds { numbers: node_kinds, names: node_names } = &nodes.keys.kinds[&ends.node_kind].values else { return Ok(Vec::new()) };
    let Values::Kinds { numbers: edge_kinds, names: edge_names } = &table.keys.kinds[&ends.kind].values else { return Ok(Vec::new()) };
    let edge_kinds = read(table, edge_kinds)?;
    let node_kinds = read(nodes, node_kinds)?.into_iter();
    let end = |column, is_src| {
        let allowed = asks_kinds.then(|| allowed_pairs(ends, is_src, edge_names, node_names));
        End { table, column, own: &table.keys.keys[column], edge_kinds: &edge_kinds, edge_names, node_names, allowed }
    };
    let (src, dst) = (end(ends.src.as_str(), true), end(ends.dst.as_str(), false));
    let (of_src, of_dst) = match &nodes.keys.keys[&ends.node_key].values {
        Values::Integers(keys) => {
            let known: FxHashMap<i64, u32> = read(nodes, keys)?.into_iter().zip(node_kinds).collect();
            both(|| src.of_integers(&known, alive), || dst.of_integers(&known, alive))?
        }
        Values::Hashes(keys) => {
            let known: FxHashMap<u128, u32> = read(nodes, keys)?.into_iter().zip(node_kinds).collect();
            both(|| src.of_hashes(&known, alive), || dst.of_hashes(&known, alive))?
        }
        Values::Kinds { .. } => return Ok(Vec::new()),
    };
    Ok(of_src.breaches(&src).chain(of_dst.breaches(&dst)).collect())
}

/// Two looks at once: each takes all edges through a table of all nodes.
fn both<T: Send>(one: impl FnOnce() -> Result<T> + Send, other: impl FnOnce() -> Result<T>) -> Result<(T, T)> {
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other()?;
        let one = one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok((one, other))
    })
}

/// One end of the edges of a table.
struct End<'a> {
    table: &'a Written,
    column: &'a str,
    own: &'a ColumnKeys,
    edge_kinds: &'a [u32],
    edge_names: &'a [String],
    node_names: &'a [String],
    /// Whether (edge kind, node kind) is allowed: one row per edge kind; none where nobody asks.
    allowed: Option<Vec<Vec<bool>>>,
}

impl End<'_> {
    fn of_integers(&self, known: &FxHashMap<i64, u32>, alive: Alive<'_>) -> Result<Unfounded> {
        let Values::Integers(values) = &self.own.values else { return Ok(Unfounded::default()) };
        self.look(&read(self.table, values)?, known, |value, _| value.to_string(), alive)
    }

    fn of_hashes(&self, known: &FxHashMap<u128, u32>, alive: Alive<'_>) -> Result<Unfounded> {
        let Values::Hashes(values) = &self.own.values else { return Ok(Unfounded::default()) };
        self.look(&read(self.table, values)?, known, |_, row| format!("row {row}"), alive)
    }

    fn look<T: Eq + std::hash::Hash + Copy>(
        &self,
        values: &[T],
        known: &FxHashMap<T, u32>,
        text: impl Fn(&T, usize) -> String,
        alive: Alive<'_>,
    ) -> Result<Unfounded> {
        let nulls: FxHashSet<u64> = self.own.nulls.iter().copied().collect();
        let mut found = Unfounded::default();
        // Edges of one node often stand together.
        let mut last = None;
        for (row, value) in values.iter().enumerate() {
            if row % STRIDE == 0 {
                alive()?;
            }
            let edge = self.edge_kinds[row] as usize;
            let shown = || json!({self.column: text(value, row), "kind": self.edge_names[edge]});
            let node = match last {
                Some((known, node)) if known == value => node,
                _ => known.get(value).copied(),
            };
            last = Some((value, node));
            match node {
                _ if !nulls.is_empty() && nulls.contains(&(row as u64)) => {
                    found.missing.add(|| json!({self.column: null, "kind": self.edge_names[edge]}))
                }
                None => found.missing.add(shown),
                Some(node) if self.allowed.as_ref().is_some_and(|allowed| !allowed[edge][node as usize]) => found.unfit.add(|| {
                    let mut example = shown();
                    example["node_kind"] = json!(self.node_names[node as usize]);
                    example
                }),
                Some(_) => {}
            }
        }
        Ok(found)
    }
}

/// The edges of which one end is no node, or one of a kind that the edge does not allow.
#[derive(Default)]
struct Unfounded {
    missing: Breach,
    unfit: Breach,
}

impl Unfounded {
    fn breaches(self, end: &End<'_>) -> impl Iterator<Item = EngineError> {
        let (column, table) = (end.column, end.table);
        let missing = self.missing.told(&code::EDGE_END, table, column, |count| format!("`{column}` of {count} edges is no node"));
        let unfit = self
            .unfit
            .told(&code::EDGE_KIND, table, column, |count| format!("`{column}` of {count} edges has a kind that the edge does not allow"));
        missing.into_iter().chain(unfit)
    }
}

#[derive(Default)]
struct Breach {
    count: u64,
    examples: Vec<Value>,
}

impl Breach {
    fn add(&mut self, example: impl FnOnce() -> Value) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(example());
        }
    }

    fn told(self, code: &'static Code, table: &Written, column: &str, text: impl FnOnce(u64) -> String) -> Option<EngineError> {
        (self.count > 0).then(|| broken(code, table, "edge_ends", &[column], self.count, &self.examples, &text(self.count)))
    }
}

fn allowed_pairs(ends: &EdgeEnds, is_src: bool, edge_names: &[String], node_names: &[String]) -> Vec<Vec<bool>> {
    let fits = |edge: &String, node: &String| {
        ends.allowed.get(edge).is_some_and(|kinds| if is_src { kinds.src.contains(node) } else { kinds.dst.contains(node) })
    };
    edge_names.iter().map(|edge| node_names.iter().map(|node| fits(edge, node)).collect()).collect()
}

fn find<'a>(tables: &'a [Written], name: &str) -> &'a Written {
    tables.iter().find(|table| table.table.name == name).expect("validation found the table of every promise")
}

fn broken(code: &'static Code, table: &Written, promise: &str, columns: &[&str], count: u64, shown: &[Value], text: &str) -> EngineError {
    let name = &table.table.name;
    let list: Vec<String> = shown.iter().map(Value::to_string).collect();
    let message = format!("table `{name}`: {text}; for example {}", list.join(", "));
    let details = json!({"table": name, "promise": promise, "columns": columns, "count": count, "examples": shown});
    EngineError::new(code, message, "nothing was published; this is a fault of the view, or of what an extractor said", details)
}

//! Which runs of operators and which outputs there are, what each waits for, and who uses what. It runs nothing.

use std::collections::{BTreeMap, BTreeSet};

use codeanatomy_spec::{OperatorTransform, Transform, Validated};
use serde_json::{Value, json};

/// One run of an operator, shared by the views that take its outputs.
#[derive(Clone, Debug)]
pub struct OperatorRun {
    pub operator: String,
    /// Input port to relation.
    pub inputs: BTreeMap<String, String>,
    /// Index of the view, name of the output port.
    pub views: Vec<(usize, String)>,
    pub needs: Needs,
}

/// What must be there before a job starts.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Runs whose rows it reads.
    pub runs: BTreeSet<usize>,
    /// Outputs whose files it reads.
    pub outputs: BTreeSet<usize>,
    /// Views of operators that it reads.
    pub views: BTreeSet<usize>,
}

/// Everything a run of a spec does, before it does it.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub runs: Vec<OperatorRun>,
    /// Runs that are needed for some output.
    pub needed: BTreeSet<usize>,
    pub outputs: Vec<Needs>,
    /// Views that an output writes whole and others read too, with that output: they are computed once and read from its files.
    pub stored: BTreeMap<usize, usize>,
    /// Views that no output needs.
    pub unused: Vec<usize>,
    used: BTreeSet<usize>,
}

impl Schedule {
    pub fn new(validated: &Validated) -> Self {
        let spec = &validated.spec;
        let index: BTreeMap<&str, usize> =
            spec.view_definitions.iter().enumerate().map(|(place, view)| (view.name.as_str(), place)).collect();
        let mut runs = group(validated);
        let owner: BTreeMap<usize, usize> =
            runs.iter().enumerate().flat_map(|(run, operator)| operator.views.iter().map(move |(view, _)| (*view, run))).collect();
        let mut walk = Walk { validated, index: &index, owner: &owner, stored: BTreeMap::new() };
        let used: BTreeSet<usize> = spec.output_targets.iter().flat_map(|output| walk.views_behind(&output.view)).collect();
        walk.stored = stored(validated, &index, &owner, &used);
        for run in &mut runs {
            run.needs = walk.needs(run.inputs.values().map(String::as_str), None);
        }
        let outputs: Vec<Needs> =
            spec.output_targets.iter().enumerate().map(|(own, output)| walk.needs([output.view.as_str()], Some(own))).collect();
        let needed = closure(&runs, &outputs);
        let unused = (0..spec.view_definitions.len()).filter(|view| !used.contains(view)).collect();
        let stored = walk.stored;
        Self { runs, needed, outputs, stored, unused, used }
    }

    pub fn is_used(&self, view: usize) -> bool {
        self.used.contains(&view)
    }

    /// How many jobs read each view of an operator.
    pub fn readers(&self) -> BTreeMap<usize, usize> {
        let jobs = self.needed.iter().map(|&run| &self.runs[run].needs).chain(&self.outputs);
        let mut readers = BTreeMap::new();
        for &view in jobs.flat_map(|needs| &needs.views) {
            *readers.entry(view).or_default() += 1;
        }
        readers
    }

    /// How many other jobs read the files of an output.
    pub fn readers_of_output(&self, output: usize) -> usize {
        let jobs = self.needed.iter().map(|&run| &self.runs[run].needs).chain(&self.outputs);
        jobs.filter(|needs| needs.outputs.contains(&output)).count()
    }

    pub fn to_json(&self, validated: &Validated) -> Value {
        let name = |run: &usize| &self.runs[*run].operator;
        let tables =
            |needs: &Needs| -> Vec<&String> { needs.outputs.iter().map(|&output| &validated.spec.output_targets[output].table).collect() };
        let runs = self.needed.iter().map(|&run| {
            let views: Vec<&String> = self.runs[run].views.iter().map(|(view, _)| &validated.spec.view_definitions[*view].name).collect();
            let needs = &self.runs[run].needs;
            json!({"run": run, "operator": self.runs[run].operator, "views": views, "needs": needs.runs, "reads": tables(needs)})
        });
        let outputs = validated.spec.output_targets.iter().zip(&self.outputs);
        let outputs = outputs.map(|(output, needs)| {
            let operators: Vec<&String> = needs.runs.iter().map(name).collect();
            json!({"output": output.table, "needs": needs.runs, "operators": operators, "reads": tables(needs)})
        });
        json!(runs.chain(outputs).collect::<Vec<_>>())
    }
}

/// Views with equal operator and inputs are one run.
fn group(validated: &Validated) -> Vec<OperatorRun> {
    let mut runs: Vec<OperatorRun> = Vec::new();
    for &view in &validated.order {
        let Transform::Operator(transform) = &validated.spec.view_definitions[view].transform else { continue };
        let OperatorTransform { operator, inputs, output } = transform;
        match runs.iter_mut().find(|run| run.operator == *operator && run.inputs == *inputs) {
            Some(run) => run.views.push((view, output.clone())),
            None => runs.push(OperatorRun {
                operator: operator.clone(),
                inputs: inputs.clone(),
                views: vec![(view, output.clone())],
                needs: Needs::default(),
            }),
        }
    }
    runs
}

/// The runs that outputs need, and those that they need.
fn closure(runs: &[OperatorRun], outputs: &[Needs]) -> BTreeSet<usize> {
    let mut open: Vec<usize> = outputs.iter().flat_map(|needs| &needs.runs).copied().collect();
    let mut needed = BTreeSet::new();
    while let Some(run) = open.pop() {
        if needed.insert(run) {
            open.extend(runs[run].needs.runs.iter().copied());
        }
    }
    needed
}

/// SQL views of which an output has every column, and which something else reads, with that output.
fn stored(
    validated: &Validated,
    index: &BTreeMap<&str, usize>,
    owner: &BTreeMap<usize, usize>,
    used: &BTreeSet<usize>,
) -> BTreeMap<usize, usize> {
    let spec = &validated.spec;
    let mut found = BTreeMap::new();
    for (place, output) in spec.output_targets.iter().enumerate() {
        let Some(&view) = index.get(output.view.as_str()) else { continue };
        let columns = &spec.view_definitions[view].columns;
        let is_whole = columns.iter().all(|column| output.columns.iter().any(|other| other.name == column.name));
        let others = spec.output_targets.iter().enumerate().any(|(other, target)| other != place && target.view == output.view);
        let is_read = used.iter().any(|&reader| spec.view_definitions[reader].dependencies.contains(&output.view));
        if is_whole && (others || is_read) && !owner.contains_key(&view) {
            found.entry(view).or_insert(place);
        }
    }
    found
}

struct Walk<'a> {
    validated: &'a Validated,
    index: &'a BTreeMap<&'a str, usize>,
    owner: &'a BTreeMap<usize, usize>,
    stored: BTreeMap<usize, usize>,
}

impl Walk<'_> {
    /// What relations read through SQL views: the walk ends at operator views and at stored ones, but not at what `own` stores.
    fn needs<'a>(&'a self, relations: impl IntoIterator<Item = &'a str>, own: Option<usize>) -> Needs {
        let stored = |view: usize| self.stored.get(&view).copied().filter(|&output| Some(output) != own);
        let views = self.reach(relations, |view| !self.owner.contains_key(&view) && stored(view).is_none());
        Needs {
            runs: views.iter().filter_map(|view| self.owner.get(view).copied()).collect(),
            outputs: views.iter().filter_map(|&view| stored(view)).collect(),
            views: views.iter().copied().filter(|view| self.owner.contains_key(view)).collect(),
        }
    }

    /// Every view that a relation needs, itself included.
    fn views_behind(&self, relation: &str) -> BTreeSet<usize> {
        self.reach([relation], |_| true)
    }

    fn reach<'a>(&'a self, relations: impl IntoIterator<Item = &'a str>, goes_through: impl Fn(usize) -> bool) -> BTreeSet<usize> {
        let mut open: Vec<&str> = relations.into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(name) = open.pop() {
            let Some(&view) = self.index.get(name) else { continue };
            if seen.insert(view) && goes_through(view) {
                open.extend(self.validated.spec.view_definitions[view].dependencies.iter().map(String::as_str));
            }
        }
        seen
    }
}

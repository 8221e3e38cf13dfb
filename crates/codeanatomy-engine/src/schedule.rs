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

/// A piece of work, by its index: of a run of an operator, of a view, of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    Shared(usize),
    Output(usize),
    Operator(usize),
}

impl Job {
    pub fn is_operator(self) -> bool {
        matches!(self, Self::Operator(_))
    }
}

/// What must be there before a job starts.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Runs whose rows it reads.
    pub runs: BTreeSet<usize>,
    /// Outputs whose files it reads.
    pub outputs: BTreeSet<usize>,
    /// Shared views whose rows it reads.
    pub shared: BTreeSet<usize>,
    /// Views of operators that it reads.
    pub views: BTreeSet<usize>,
}

impl Needs {
    /// A job that others wait for is done.
    pub fn meet(&mut self, job: Job) {
        match job {
            Job::Operator(run) => self.runs.insert(run),
            Job::Shared(view) => self.shared.insert(view),
            Job::Output(output) => self.outputs.insert(output),
        };
    }

    /// Whether all of it is among what is ready.
    pub fn are_met(&self, ready: &Self) -> bool {
        self.runs.is_subset(&ready.runs) && self.outputs.is_subset(&ready.outputs) && self.shared.is_subset(&ready.shared)
    }
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
    /// SQL views that several read and no output writes whole, with what computing one waits for: they are computed once, into a temporary file.
    pub shared: BTreeMap<usize, Needs>,
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
        let mut walk = Walk { validated, index: &index, owner: &owner, stored: BTreeMap::new(), shared: BTreeSet::new() };
        let used: BTreeSet<usize> = spec.output_targets.iter().flat_map(|output| walk.views_behind(&output.view)).collect();
        walk.stored = stored(validated, &index, &owner, &used);
        walk.shared = used.iter().copied().filter(|view| !owner.contains_key(view) && !walk.stored.contains_key(view)).collect();
        walk.shared.retain(|&view| readers(validated, &used, &runs, view) > 1);
        for run in &mut runs {
            run.needs = walk.needs(run.inputs.values().map(String::as_str), None);
        }
        let view_of = |output: usize| index.get(spec.output_targets[output].view.as_str()).copied();
        let own = |output: usize| view_of(output).filter(|view| walk.stored.get(view) == Some(&output));
        let outputs: Vec<Needs> =
            spec.output_targets.iter().enumerate().map(|(place, output)| walk.needs([output.view.as_str()], own(place))).collect();
        let shared: BTreeMap<usize, Needs> =
            walk.shared.iter().map(|&view| (view, walk.needs([spec.view_definitions[view].name.as_str()], Some(view)))).collect();
        let needed = closure(&runs, outputs.iter().chain(shared.values()));
        let unused = (0..spec.view_definitions.len()).filter(|view| !used.contains(view)).collect();
        let stored = walk.stored;
        Self { runs, needed, outputs, stored, shared, unused, used }
    }

    pub fn is_used(&self, view: usize) -> bool {
        self.used.contains(&view)
    }

    /// Every job, in the order in which those that can run are to be taken.
    pub fn jobs(&self) -> Vec<Job> {
        let shared = self.shared.keys().copied().map(Job::Shared);
        shared.chain((0..self.outputs.len()).map(Job::Output)).chain(self.needed.iter().copied().map(Job::Operator)).collect()
    }

    pub fn needs_of(&self, job: Job) -> &Needs {
        match job {
            Job::Shared(view) => &self.shared[&view],
            Job::Output(output) => &self.outputs[output],
            Job::Operator(run) => &self.runs[run].needs,
        }
    }

    /// What every job waits for.
    fn needs(&self) -> impl Iterator<Item = &Needs> {
        self.jobs().into_iter().map(|job| self.needs_of(job))
    }

    /// How many jobs read each view of an operator.
    pub fn readers(&self) -> BTreeMap<usize, usize> {
        let mut readers = BTreeMap::new();
        for &view in self.needs().flat_map(|needs| &needs.views) {
            *readers.entry(view).or_default() += 1;
        }
        readers
    }

    /// How many other jobs read the files of an output.
    pub fn readers_of_output(&self, output: usize) -> usize {
        self.needs().filter(|needs| needs.outputs.contains(&output)).count()
    }

    /// How many jobs read the rows of a shared view.
    pub fn readers_of_shared(&self, view: usize) -> usize {
        self.needs().filter(|needs| needs.shared.contains(&view)).count()
    }

    pub fn to_json(&self, validated: &Validated) -> Value {
        let name = |run: &usize| &self.runs[*run].operator;
        let view_name = |view: &usize| &validated.spec.view_definitions[*view].name;
        let job = |needs: &Needs, facts: &[(&str, Value)]| {
            let operators: Vec<&String> = needs.runs.iter().map(name).collect();
            let tables: Vec<&String> = needs.outputs.iter().map(|&output| &validated.spec.output_targets[output].table).collect();
            let shared: Vec<&String> = needs.shared.iter().map(view_name).collect();
            let mut job = json!({"needs": needs.runs, "operators": operators, "reads": tables, "shares": shared});
            facts.iter().for_each(|(key, fact)| job[*key] = fact.clone());
            job
        };
        let runs = self.needed.iter().map(|&run| {
            let views: Vec<&String> = self.runs[run].views.iter().map(|(view, _)| view_name(view)).collect();
            let facts = [("run", json!(run)), ("operator", json!(self.runs[run].operator)), ("views", json!(views))];
            job(&self.runs[run].needs, &facts)
        });
        let shared =
            self.shared.iter().map(|(view, needs)| job(needs, &[("view", json!(view_name(view))), ("views", json!([view_name(view)]))]));
        let outputs = validated.spec.output_targets.iter().zip(&self.outputs);
        let outputs = outputs.map(|(output, needs)| job(needs, &[("output", json!(output.table)), ("views", json!([output.view]))]));
        json!(runs.chain(shared).chain(outputs).collect::<Vec<_>>())
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

/// The runs that those jobs need, and those that they need.
fn closure<'a>(runs: &[OperatorRun], jobs: impl Iterator<Item = &'a Needs>) -> BTreeSet<usize> {
    let mut open: Vec<usize> = jobs.flat_map(|needs| &needs.runs).copied().collect();
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

/// How many views, runs of operators and outputs read a view themselves.
fn readers(validated: &Validated, used: &BTreeSet<usize>, runs: &[OperatorRun], view: usize) -> usize {
    let spec = &validated.spec;
    let name = &spec.view_definitions[view].name;
    let is_sql = |reader: &usize| matches!(spec.view_definitions[*reader].transform, Transform::Sql(_));
    let views = used.iter().filter(|reader| is_sql(reader) && spec.view_definitions[**reader].dependencies.contains(name)).count();
    let runs = runs.iter().filter(|run| run.inputs.values().any(|input| input == name)).count();
    views + runs + spec.output_targets.iter().filter(|output| output.view == *name).count()
}

struct Walk<'a> {
    validated: &'a Validated,
    index: &'a BTreeMap<&'a str, usize>,
    owner: &'a BTreeMap<usize, usize>,
    stored: BTreeMap<usize, usize>,
    shared: BTreeSet<usize>,
}

impl Walk<'_> {
    /// What relations read through SQL views: the walk ends at operator views, stored and shared ones, but not at `own`, which the job computes.
    fn needs<'a>(&'a self, relations: impl IntoIterator<Item = &'a str>, own: Option<usize>) -> Needs {
        let kept = |view: &usize| Some(*view) != own && (self.stored.contains_key(view) || self.shared.contains(view));
        let views = self.reach(relations, |view| !self.owner.contains_key(&view) && !kept(&view));
        let kept: BTreeSet<usize> = views.iter().copied().filter(kept).collect();
        Needs {
            runs: views.iter().filter_map(|view| self.owner.get(view).copied()).collect(),
            outputs: kept.iter().filter_map(|view| self.stored.get(view).copied()).collect(),
            shared: kept.intersection(&self.shared).copied().collect(),
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

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
    pub parameters: Value,
    /// Index of the view, name of the output port.
    pub views: Vec<(usize, String)>,
    /// Runs that its inputs come from.
    pub needs: BTreeSet<usize>,
}

/// Everything a run of a spec does, before it does it.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub runs: Vec<OperatorRun>,
    /// Runs that are needed for some output.
    pub needed: BTreeSet<usize>,
    /// By output: runs that it waits for.
    pub outputs: Vec<BTreeSet<usize>>,
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
        let walk = Walk { validated, index: &index, owner: &owner };
        for run in &mut runs {
            run.needs = run.inputs.values().flat_map(|relation| walk.runs_behind(relation)).collect();
        }
        let outputs: Vec<BTreeSet<usize>> = spec.output_targets.iter().map(|output| walk.runs_behind(&output.view)).collect();
        let used: BTreeSet<usize> = spec.output_targets.iter().flat_map(|output| walk.views_behind(&output.view)).collect();
        let needed = closure(&runs, &outputs);
        let unused = (0..spec.view_definitions.len()).filter(|view| !used.contains(view)).collect();
        Self { runs, needed, outputs, unused, used }
    }

    pub fn is_used(&self, view: usize) -> bool {
        self.used.contains(&view)
    }

    /// How many jobs read the outputs of a run.
    pub fn consumers(&self, run: usize) -> usize {
        let runs = self.needed.iter().filter(|&&other| self.runs[other].needs.contains(&run)).count();
        runs + self.outputs.iter().filter(|needs| needs.contains(&run)).count()
    }

    pub fn to_json(&self, validated: &Validated) -> Value {
        let name = |run: &usize| &self.runs[*run].operator;
        let runs = self.needed.iter().map(|&run| {
            let views: Vec<&String> = self.runs[run].views.iter().map(|(view, _)| &validated.spec.view_definitions[*view].name).collect();
            json!({"run": run, "operator": self.runs[run].operator, "views": views, "needs": self.runs[run].needs})
        });
        let outputs = validated.spec.output_targets.iter().zip(&self.outputs);
        let outputs = outputs.map(
            |(output, needs)| json!({"output": output.table, "needs": needs, "operators": needs.iter().map(name).collect::<Vec<_>>()}),
        );
        json!(runs.chain(outputs).collect::<Vec<_>>())
    }
}

/// Views with equal operator, inputs and parameters are one run.
fn group(validated: &Validated) -> Vec<OperatorRun> {
    let mut runs: Vec<OperatorRun> = Vec::new();
    for &view in &validated.order {
        let Transform::Operator(transform) = &validated.spec.view_definitions[view].transform else { continue };
        let OperatorTransform { operator, inputs, output, parameters } = transform;
        match runs.iter_mut().find(|run| run.operator == *operator && run.inputs == *inputs && run.parameters == *parameters) {
            Some(run) => run.views.push((view, output.clone())),
            None => runs.push(OperatorRun {
                operator: operator.clone(),
                inputs: inputs.clone(),
                parameters: parameters.clone(),
                views: vec![(view, output.clone())],
                needs: BTreeSet::new(),
            }),
        }
    }
    runs
}

/// The runs that outputs need, and those that they need.
fn closure(runs: &[OperatorRun], outputs: &[BTreeSet<usize>]) -> BTreeSet<usize> {
    let mut open: Vec<usize> = outputs.iter().flatten().copied().collect();
    let mut needed = BTreeSet::new();
    while let Some(run) = open.pop() {
        if needed.insert(run) {
            open.extend(runs[run].needs.iter().copied());
        }
    }
    needed
}

struct Walk<'a> {
    validated: &'a Validated,
    index: &'a BTreeMap<&'a str, usize>,
    owner: &'a BTreeMap<usize, usize>,
}

impl Walk<'_> {
    /// Runs that a relation reads through SQL views: the walk ends at operator views.
    fn runs_behind(&self, relation: &str) -> BTreeSet<usize> {
        self.reach(relation, false).into_iter().filter_map(|view| self.owner.get(&view).copied()).collect()
    }

    /// Every view that a relation needs, itself included.
    fn views_behind(&self, relation: &str) -> BTreeSet<usize> {
        self.reach(relation, true)
    }

    fn reach(&self, relation: &str, through_operators: bool) -> BTreeSet<usize> {
        let mut open: Vec<&str> = vec![relation];
        let mut seen = BTreeSet::new();
        while let Some(name) = open.pop() {
            let Some(&view) = self.index.get(name) else { continue };
            if seen.insert(view) && (through_operators || !self.owner.contains_key(&view)) {
                open.extend(self.validated.spec.view_definitions[view].dependencies.iter().map(String::as_str));
            }
        }
        seen
    }
}

//! Rulepacks: how strictly a run is held to its promises and to queries that say the same every time. They add to DataFusion's rules and replace none.

use codeanatomy_spec::RulepackProfile;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as DataFusionResult;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::execution::SessionState;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Volatility};
use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use crate::code::{self, Code};
use crate::error::{EngineError, Result};

/// What is done about a breach of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Fail,
    Warn,
    /// The rule is not asked.
    Pass,
}

/// A rule of ours, and what each profile does about its breach.
struct Rule {
    code: &'static Code,
    default: Verdict,
    low_latency: Verdict,
    strict: Verdict,
}

/// Nulls are no question of a profile: a file with a null in a column that has none is no valid file.
#[rustfmt::skip]
const RULES: [Rule; 7] = [
    Rule { code: &code::UNIQUE,           default: Verdict::Fail, low_latency: Verdict::Warn, strict: Verdict::Fail },
    Rule { code: &code::NOT_NULL,         default: Verdict::Fail, low_latency: Verdict::Fail, strict: Verdict::Fail },
    Rule { code: &code::REFERENCES,       default: Verdict::Fail, low_latency: Verdict::Warn, strict: Verdict::Fail },
    Rule { code: &code::EDGE_END,         default: Verdict::Fail, low_latency: Verdict::Warn, strict: Verdict::Fail },
    Rule { code: &code::EDGE_KIND,        default: Verdict::Fail, low_latency: Verdict::Pass, strict: Verdict::Fail },
    Rule { code: &code::NONDETERMINISTIC, default: Verdict::Warn, low_latency: Verdict::Pass, strict: Verdict::Fail },
    Rule { code: &code::COERCION,         default: Verdict::Warn, low_latency: Verdict::Pass, strict: Verdict::Fail },
];

/// Something that a run tells and goes on.
#[derive(Clone, Debug)]
pub struct RunWarning {
    pub code: &'static Code,
    pub message: String,
    pub context: Value,
}

impl RunWarning {
    pub fn to_json(&self) -> Value {
        json!({
            "code": self.code.name, "severity": "warning", "stage": self.code.stage.name(), "message": self.message, "context": self.context,
        })
    }
}

/// The rules of one run, and what they warned of.
#[derive(Clone, Debug)]
pub struct Rulepack {
    profile: RulepackProfile,
    warnings: Vec<RunWarning>,
}

impl Rulepack {
    pub fn new(profile: RulepackProfile) -> Self {
        Self { profile, warnings: Vec::new() }
    }

    pub fn warnings(&self) -> &[RunWarning] {
        &self.warnings
    }

    /// Every rule with what is done about its breach, for the envelope: profiles that do the same are the same.
    pub fn snapshot(&self) -> Value {
        let verdicts = RULES.iter().map(|rule| (rule.code.name.to_owned(), json!(format!("{:?}", self.verdict(rule)).to_lowercase())));
        Value::Object(verdicts.collect())
    }

    /// The error of a breach, or a warning, or nothing. What is no breach of a rule is an error.
    pub fn judge(&mut self, breach: EngineError) -> Result<()> {
        let rule = RULES.iter().find(|rule| rule.code == breach.code);
        match rule.map_or(Verdict::Fail, |rule| self.verdict(rule)) {
            Verdict::Fail => return Err(breach),
            Verdict::Warn => self.warnings.push(RunWarning { code: breach.code, message: breach.message, context: breach.details }),
            Verdict::Pass => {}
        }
        Ok(())
    }

    /// Whether a breach ends the run.
    pub fn refuses(&self, code: &'static Code) -> bool {
        RULES.iter().any(|rule| rule.code == code && self.verdict(rule) == Verdict::Fail)
    }

    /// Whether anything is done about a breach.
    pub fn asks(&self, code: &'static Code) -> bool {
        RULES.iter().any(|rule| rule.code == code && self.verdict(rule) != Verdict::Pass)
    }

    fn verdict(&self, rule: &Rule) -> Verdict {
        match self.profile {
            RulepackProfile::Default => rule.default,
            RulepackProfile::LowLatency => rule.low_latency,
            RulepackProfile::Strict => rule.strict,
        }
    }

    /// Looks at the query of a view as it was written.
    pub fn examine(&mut self, view: &str, plan: &LogicalPlan, state: &SessionState) -> Result<()> {
        let failed = |error| EngineError::from_datafusion(&error, &code::SQL, &format!("view `{view}`"));
        if self.asks(&code::NONDETERMINISTIC) {
            for function in changing_functions(plan).map_err(failed)? {
                let message = format!("view `{view}` calls `{function}`, which says something else in another run");
                let hint = "take the value from an input table";
                let details = json!({"view": view, "function": function});
                self.judge(EngineError::new(&code::NONDETERMINISTIC, message, hint, details))?;
            }
        }
        if self.asks(&code::COERCION) {
            for (from, to, text) in coercions(plan, state).map_err(failed)? {
                let message = format!("view `{view}` uses {from} as {to} without a CAST: {text}");
                let details = json!({"view": view, "from": from, "to": to, "expression": text});
                self.judge(EngineError::new(&code::COERCION, message, "write the CAST, or compare values of one type", details))?;
            }
        }
        Ok(())
    }
}

/// The functions of a plan that may give two results for the same arguments, each once.
fn changing_functions(plan: &LogicalPlan) -> DataFusionResult<Vec<String>> {
    let mut found = Vec::new();
    each_expression(plan, |_, expression| {
        if let Expr::ScalarFunction(call) = expression
            && call.func.signature().volatility != Volatility::Immutable
            && !found.iter().any(|name| name == call.func.name())
        {
            found.push(call.func.name().to_owned());
        }
        Ok(())
    })?;
    Ok(found)
}

/// The casts between families of types that DataFusion adds to a plan to make it fit: from, to, the expression.
fn coercions(plan: &LogicalPlan, state: &SessionState) -> DataFusionResult<Vec<(&'static str, &'static str, String)>> {
    let written = casts(plan)?;
    let analyzed = state.analyzer().execute_and_check(plan.clone(), state.config_options(), |_, _| {})?;
    let mut added: Vec<_> =
        casts(&analyzed)?.into_iter().filter(|(cast, count)| *count > written.get(cast).copied().unwrap_or(0)).collect();
    added.sort();
    Ok(added.into_iter().map(|(cast, _)| cast).collect())
}

/// How often each cast between families of types occurs.
fn casts(plan: &LogicalPlan) -> DataFusionResult<FxHashMap<(&'static str, &'static str, String), u32>> {
    let mut found = FxHashMap::default();
    each_expression(plan, |node, expression| {
        if let Expr::Cast(cast) = expression {
            let schema = merge_schema(&node.inputs());
            let (from, to) = (cast.expr.get_type(&schema)?, cast.field.data_type());
            if let (Some(from), Some(to)) = (family(&from), family(to))
                && from != to
            {
                *found.entry((from, to, cast.expr.to_string())).or_insert(0) += 1;
            }
        }
        Ok(())
    })?;
    Ok(found)
}

fn each_expression(plan: &LogicalPlan, mut visit: impl FnMut(&LogicalPlan, &Expr) -> DataFusionResult<()>) -> DataFusionResult<()> {
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expression| {
            expression.apply(|part| {
                visit(node, part)?;
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(())
}

/// Types that stand for each other without losing what they mean; none for a null, which is of every type.
fn family(data_type: &DataType) -> Option<&'static str> {
    Some(match data_type {
        DataType::Null => return None,
        DataType::Boolean => "a boolean",
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "a text",
        DataType::Dictionary(_, values) => return family(values),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => "bytes",
        kind if kind.is_integer() => "an integer",
        kind if kind.is_numeric() => "a number with a fraction",
        kind if kind.is_temporal() => "a time",
        _ => "a nested value",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Stage;

    #[test]
    fn every_rule_violation_has_a_verdict() {
        let codes: Vec<&str> = code::ALL.iter().filter(|code| code.stage == Stage::RuleViolation).map(|code| code.name).collect();
        assert_eq!(codes, RULES.map(|rule| rule.code.name));
    }

    #[test]
    fn profiles_differ() {
        let snapshots = [RulepackProfile::Default, RulepackProfile::LowLatency, RulepackProfile::Strict]
            .map(|profile| Rulepack::new(profile).snapshot());
        assert!(snapshots[0] != snapshots[1] && snapshots[1] != snapshots[2] && snapshots[0] != snapshots[2]);
    }
}

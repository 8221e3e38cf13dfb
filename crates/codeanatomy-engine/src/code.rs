//! Every coded failure of the engine: code, stage, sentence. Where it is raised is found by its name; texts are made there.

/// Where in a run a failure happens; it decides the exception class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Validation,
    Compilation,
    RuleViolation,
    Runtime,
    Materialization,
    Cancelled,
    Timeout,
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Stage::Validation => "validation",
            Stage::Compilation => "compilation",
            Stage::RuleViolation => "rule_violation",
            Stage::Runtime => "runtime",
            Stage::Materialization => "materialization",
            Stage::Cancelled => "cancelled",
            Stage::Timeout => "timeout",
        }
    }
}

/// One row of the list.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    pub name: &'static str,
    pub stage: Stage,
    pub sentence: &'static str,
}

macro_rules! codes {
    ($($symbol:ident $name:literal $stage:ident $sentence:literal;)*) => {
        $(pub static $symbol: Code = Code { name: $name, stage: Stage::$stage, sentence: $sentence };)*

        /// All of them, in order.
        pub static ALL: &[&Code] = &[$(&$symbol),*];
    };
}

#[rustfmt::skip]
codes! {
    GRAMMAR            "CA301" Validation      "The spec is not JSON of the grammar.";
    SCHEMA_VERSION     "CA302" Validation      "The spec has a schema version that this engine does not read.";
    DUPLICATE          "CA303" Validation      "A relation, table, location, column or dependency is named twice.";
    UNKNOWN_RELATION   "CA304" Validation      "A view reads an input or view that does not exist or is not among its dependencies.";
    CYCLE              "CA305" Validation      "Views depend on each other in a circle.";
    OUTPUT_SOURCE      "CA306" Validation      "An output names a view that does not exist.";
    UNKNOWN_COLUMN     "CA307" Validation      "A column is named that its table or view does not have.";
    COLUMN_MISMATCH    "CA308" Validation      "Two declarations of a column differ in type, order or presence.";
    UNKNOWN_OPERATOR   "CA309" Validation      "An operator, or a port of it, does not exist.";
    PROMISE_TABLE      "CA310" Validation      "A promise refers to a table that this run does not write.";
    TRANSFORM_KIND     "CA311" Validation      "The transform of a view is not of its kind.";
    RUNTIME_RANGE      "CA312" Validation      "A limit of the runtime section is out of its range.";
    PORT_MISSING       "CA313" Validation      "An input port of an operator gets no relation.";
    TABLE_DECLARATION  "CA320" Validation      "The declaration of a table to write is not readable or names a column it does not have.";
    PROFILE            "CA321" Validation      "There is no session profile of that name.";

    SQL                "CA401" Compilation     "The SQL of a view does not parse or does not fit the columns it reads.";
    SQL_DEPENDENCY     "CA402" Compilation     "The SQL of a view reads a relation that is not among its dependencies.";
    PLANNED_COLUMNS    "CA403" Compilation     "The columns that a view yields are not those it declares.";
    INPUT_MISSING      "CA404" Compilation     "An input table, or the version asked for, is not there or not readable.";
    INPUT_COLUMNS      "CA405" Compilation     "An input table lacks a declared column or has another type for it.";
    INPUT_FEATURE      "CA406" Compilation     "An input table uses a Delta feature that the engine does not read.";
    PHYSICAL_PLAN      "CA407" Compilation     "DataFusion cannot make an executable plan of a view.";
    NESTED_LOOP_JOIN   "CA408" Compilation     "A view needs a nested-loop join that is not inner, which may lose rows under memory pressure.";
    NOT_A_QUERY        "CA409" Compilation     "The SQL of a view is not one query.";

    UNIQUE             "CA501" RuleViolation   "Rows agree in columns that are promised to be unique.";
    NOT_NULL           "CA502" RuleViolation   "A column that is promised or declared not null holds a null.";
    REFERENCES         "CA503" RuleViolation   "A value does not occur in the table that it is promised to refer to.";
    EDGE_END           "CA504" RuleViolation   "An end of an edge is not among the nodes.";
    EDGE_KIND          "CA505" RuleViolation   "An edge joins nodes of kinds that its kind does not allow.";
    NONDETERMINISTIC   "CA506" RuleViolation   "A view calls a function that may say something else in another run.";
    COERCION           "CA507" RuleViolation   "A view uses values of one family of types as another without a cast.";

    TRACEPARENT        "CA512" Validation      "The traceparent of a run's caller is not one of W3C Trace Context.";

    EXECUTION          "CA601" Runtime         "The execution of a plan failed.";
    MEMORY             "CA602" Runtime         "The memory pool is too small for what a plan, operator or sink holds.";
    SPILL              "CA603" Runtime         "Spilled data could not be written or read.";
    OPERATOR_INPUT     "CA604" Runtime         "An operator refused a row of its input.";
    OPERATOR_PARAMETER "CA605" Runtime         "An operator refused a parameter.";
    OPERATOR_OUTPUT    "CA606" Runtime         "An operator returned tables that are not those of its ports.";
    PANIC              "CA607" Runtime         "The engine met a state that it takes for impossible (a bug).";
    FORKED             "CA608" Runtime         "The engine was used in a process that was forked after it was loaded.";
    LIMIT_REACHED      "CA609" Runtime         "An operator stopped at one of its limits: what lies beyond is not in the graph, or not told apart.";
    WRITE              "CA610" Materialization "A data file could not be written.";
    COMMIT             "CA611" Materialization "A Delta commit failed.";
    IPC                "CA612" Materialization "Rows arrived that are not a valid Arrow stream.";
    ROWS               "CA613" Materialization "Rows arrived whose columns are not those of the table.";
    WRITER_CLOSED      "CA614" Materialization "A table writer was used after it was finished or aborted.";
    LOCKED             "CA620" Materialization "Another build holds the output folder.";
    PUBLISH_CONFLICT   "CA621" Materialization "Another generation was published since this build began.";
    GENERATION         "CA622" Materialization "The generation records of an output folder are damaged or cannot be read or written.";
    RECORD             "CA623" Materialization "A generation record to publish is not a JSON object with its tables.";

    CANCELLED          "CA690" Cancelled       "The run was cancelled.";
    TIMEOUT            "CA691" Timeout         "The run took longer than its timeout.";
}

/// The row of a code by its name.
pub fn find(name: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_named_once() {
        assert!(ALL.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}

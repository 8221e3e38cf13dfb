//! The operators there are, in one list. A spec names one of these; nothing registers itself.

use crate::adjacency::ADJACENCY;
use crate::control_flow::CONTROL_FLOW;
use crate::gather::GATHER;
use crate::locate::LOCATE;
use crate::operator::Operator;
use crate::resolve::RESOLVE;

/// Every operator, evidence first.
pub const OPERATORS: &[Operator] = &[RESOLVE, CONTROL_FLOW, LOCATE, GATHER, ADJACENCY];

/// The operator of that name.
pub fn operator(name: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for operator in OPERATORS {
            assert_eq!(OPERATORS.iter().filter(|other| other.name == operator.name).count(), 1);
            assert_eq!(super::operator(operator.name).map(|found| found.sentence), Some(operator.sentence));
        }
        assert!(super::operator("nothing").is_none());
    }

    #[test]
    fn columns_of_a_port_are_unique() {
        for port in OPERATORS.iter().flat_map(|operator| operator.inputs.iter().chain(operator.outputs)) {
            for (name, _) in port.columns {
                assert_eq!(port.columns.iter().filter(|(other, _)| other == name).count(), 1, "{}.{name}", port.name);
            }
        }
    }
}

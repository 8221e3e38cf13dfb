//! C3: the order in which Python looks a name up in a class and its ancestors. It knows no classes, only equal and unequal.

/// Merges the linearisations of the bases and the list of bases, as CPython does; none where no order exists.
pub fn merge<T: Copy + PartialEq>(mut sequences: Vec<Vec<T>>) -> Option<Vec<T>> {
    let mut order = Vec::new();
    loop {
        sequences.retain(|sequence| !sequence.is_empty());
        if sequences.is_empty() {
            return Some(order);
        }
        let in_tail = |head: &T| sequences.iter().any(|sequence| sequence[1..].contains(head));
        let next = sequences.iter().map(|sequence| sequence[0]).find(|head| !in_tail(head))?;
        order.push(next);
        for sequence in &mut sequences {
            if sequence[0] == next {
                sequence.remove(0);
            }
        }
    }
}

/// What can be linearised where C3 fails: every ancestor once, in the order of first sight.
pub fn in_order_of_sight<T: Copy + PartialEq>(sequences: &[Vec<T>]) -> Vec<T> {
    let mut order = Vec::new();
    for &ancestor in sequences.iter().flatten() {
        if !order.contains(&ancestor) {
            order.push(ancestor);
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::{in_order_of_sight, merge};

    #[test]
    fn a_diamond_keeps_the_shared_base_last() {
        // class O; class A(O); class B(O); class C(A, B)
        assert_eq!(merge(vec![vec!["A", "O"], vec!["B", "O"], vec!["A", "B"]]), Some(vec!["A", "B", "O"]));
    }

    #[test]
    fn the_example_of_the_c3_paper() {
        // K1(A, B, C), K2(D, B, E), K3(D, A), Z(K1, K2, K3), all of A to E deriving from O
        let sequences =
            vec![vec!["K1", "A", "B", "C", "O"], vec!["K2", "D", "B", "E", "O"], vec!["K3", "D", "A", "O"], vec!["K1", "K2", "K3"]];
        assert_eq!(merge(sequences), Some(vec!["K1", "K2", "K3", "D", "A", "B", "C", "E", "O"]));
    }

    #[test]
    fn bases_in_conflicting_order_have_none() {
        let sequences = vec![vec!["X", "A", "B"], vec!["Y", "B", "A"], vec!["X", "Y"]];
        assert_eq!(merge(sequences.clone()), None);
        assert_eq!(in_order_of_sight(&sequences), vec!["X", "A", "B", "Y"]);
    }
}

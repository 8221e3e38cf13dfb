//! The right name that is nearest to a wrong one. It guesses only where few letters differ.

/// The candidate with the fewest edits, if they are at most a third of the name and one more.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = name.chars().count() / 3 + 1;
    candidates
        .into_iter()
        .map(|candidate| (edits(name, candidate), candidate))
        .filter(|(count, _)| *count <= limit)
        .min()
        .map(|(_, best)| best)
}

/// Levenshtein distance in characters, without regard to case.
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, char_left) in left.to_lowercase().chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (place, char_right) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(char_left != *char_right);
            diagonal = row[place + 1];
            row[place + 1] = replaced.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_its_name() {
        assert_eq!(nearest("defintions", ["definitions", "references", "calls"]), Some("definitions"));
        assert_eq!(nearest("Calls", ["definitions", "calls"]), Some("calls"));
        assert_eq!(nearest("zebra", ["definitions", "references"]), None);
    }
}

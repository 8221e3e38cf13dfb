//! Names in texts: annotations written as strings. It finds where dotted names stand in them; what they mean is `names.rs`.

/// A dotted name in a text: the byte at which each part begins, and the part.
pub type Dotted<'a> = Vec<(usize, &'a str)>;

/// Every dotted name of a text, in order; texts inside it are passed over.
pub fn dotted_names(text: &str) -> Vec<Dotted<'_>> {
    let bytes = text.as_bytes();
    let mut found: Vec<Dotted<'_>> = Vec::new();
    let (mut at, mut continues) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'\'') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += 1;
                }
                at += 1;
                continues = false;
            }
            byte if is_part(byte) => {
                let start = at;
                while at < bytes.len() && is_part(bytes[at]) {
                    at += 1;
                }
                let part = &text[start..at];
                let is_number = part.starts_with(|first: char| first.is_ascii_digit());
                if is_number {
                    // No name.
                } else if continues && let Some(last) = found.last_mut() {
                    last.push((start, part));
                } else {
                    found.push(vec![(start, part)]);
                }
                continues = bytes.get(at) == Some(&b'.');
                at += usize::from(continues);
            }
            _ => {
                at += 1;
                continues = false;
            }
        }
    }
    found
}

/// The dotted names of an annotation whose objects it allows: `Optional[a.B]` allows `a.B`, `list[C]` a `list`.
pub fn allowed_names(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut open = vec![text];
    while let Some(text) = open.pop() {
        let parts = split(text, b'|');
        if parts.len() > 1 {
            open.extend(parts.into_iter().rev());
            continue;
        }
        let text = text.trim();
        match text.split_once('[') {
            None => found.push(text),
            Some((head, rest)) => {
                let inner = rest.strip_suffix(']').unwrap_or(rest);
                match head.trim().rsplit('.').next().unwrap_or_default() {
                    "Optional" | "Union" | "Final" | "ClassVar" | "Required" | "NotRequired" => {
                        open.extend(split(inner, b',').into_iter().rev())
                    }
                    "Annotated" => open.extend(split(inner, b',').into_iter().next()),
                    "Literal" | "Callable" | "Type" | "type" => {}
                    _ => found.push(head.trim()),
                }
            }
        }
    }
    found.retain(|name| name.bytes().next().is_some_and(|first| is_part(first) && !first.is_ascii_digit()));
    found
}

/// The parts of a text between separators that stand in no brackets.
fn split(text: &str, separator: u8) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'(' => depth += 1,
            b']' | b')' => depth -= 1,
            _ if byte == separator && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::{allowed_names, dotted_names};

    #[test]
    fn dotted_names_have_their_places() {
        assert_eq!(dotted_names("a.B | list['c', 1]"), vec![vec![(0, "a"), (2, "B")], vec![(6, "list")]]);
        assert_eq!(dotted_names(""), Vec::<Vec<(usize, &str)>>::new());
    }

    #[test]
    fn an_annotation_allows_objects_of_its_names() {
        assert_eq!(allowed_names("Optional[a.B]"), vec!["a.B"]);
        assert_eq!(allowed_names("Union[A, dict[str, C]] | None"), vec!["A", "dict", "None"]);
        assert_eq!(allowed_names("typing.Annotated[A, B]"), vec!["A"]);
        assert_eq!(allowed_names("Literal['x']"), Vec::<&str>::new());
    }
}

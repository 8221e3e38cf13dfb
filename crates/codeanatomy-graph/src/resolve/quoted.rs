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

/// The alternatives of an annotation: `A | list[B | C]` are `A` and `list[B | C]`.
pub fn alternatives(text: &str) -> impl Iterator<Item = &str> {
    split(text, b'|').into_iter().map(str::trim)
}

/// The name of a generic annotation and its arguments: of `dict[str, A]`, `dict` with `str` and `A`.
pub fn subscript(text: &str) -> Option<(&str, Vec<&str>)> {
    let (head, rest) = text.split_once('[')?;
    let inner = rest.trim_end().strip_suffix(']')?;
    Some((head.trim(), split(inner, b',').into_iter().map(str::trim).filter(|argument| !argument.is_empty()).collect()))
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
    use super::{alternatives, dotted_names, subscript};

    #[test]
    fn dotted_names_have_their_places() {
        assert_eq!(dotted_names("a.B | list['c', 1]"), vec![vec![(0, "a"), (2, "B")], vec![(6, "list")]]);
        assert_eq!(dotted_names(""), Vec::<Vec<(usize, &str)>>::new());
    }

    #[test]
    fn alternatives_and_arguments_end_outside_brackets() {
        assert_eq!(alternatives("A | dict[str, B | C] | None").collect::<Vec<_>>(), vec!["A", "dict[str, B | C]", "None"]);
        assert_eq!(subscript("typing.Union[A, dict[str, C]]"), Some(("typing.Union", vec!["A", "dict[str, C]"])));
        assert_eq!(subscript("tuple[A, ...]"), Some(("tuple", vec!["A", "..."])));
        assert_eq!(subscript("A"), None);
        assert_eq!(subscript("list[A"), None);
    }
}

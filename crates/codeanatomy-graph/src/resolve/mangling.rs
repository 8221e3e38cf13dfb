//! Private names: how CPython renames `__x` inside a class. Says nothing about what a name means.

use std::borrow::Cow;

/// The name that the compiler uses for `name` in a class of that name.
pub fn mangle<'a>(class: &str, name: &'a str) -> Cow<'a, str> {
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
        return Cow::Borrowed(name);
    }
    match class.trim_start_matches('_') {
        "" => Cow::Borrowed(name),
        stripped => Cow::Owned(format!("_{stripped}{name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::mangle;

    #[test]
    fn private_names_take_the_name_of_their_class() {
        assert_eq!(mangle("Cart", "__total"), "_Cart__total");
        assert_eq!(mangle("__Cart", "__total"), "_Cart__total");
    }

    #[test]
    fn other_names_stay() {
        assert_eq!(mangle("Cart", "__init__"), "__init__");
        assert_eq!(mangle("Cart", "_total"), "_total");
        assert_eq!(mangle("__", "__total"), "__total");
        assert_eq!(mangle("Cart", "__os.path"), "__os.path");
    }
}

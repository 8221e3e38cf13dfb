//! How sure a relation is, by the way it was resolved. One table; it weighs nothing else.

/// The confidence of a resolution.
pub fn confidence(resolution: &str) -> f64 {
    match resolution {
        "lexical" | "global" | "builtin" | "import" => 1.0,
        "external" => 0.95,
        "attribute" | "value" => 0.9,
        "hierarchy" => 0.6,
        "name_match" => 0.4,
        _ => 0.5,
    }
}

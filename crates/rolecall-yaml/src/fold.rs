//! How Go's `encoding/json` matches a key with the name of a struct's field.

use crate::tree::{Document, NodeId};

/// Whether the object key `key` is taken for the field called `field`: without regard to case, by Unicode's
/// simple case folding (so `ſ` is an `s` and `K`, the Kelvin sign, a `k`).
pub fn folds_to(key: &str, field: &str) -> bool {
    if key.is_ascii() && field.is_ascii() {
        return key.eq_ignore_ascii_case(field);
    }
    key.chars().map(fold).eq(field.chars().map(fold))
}

/// The member that Go takes for the field called `field`, as key and value: of several spellings the last in
/// the order of their bytes, in which Go writes the keys of a map that it converts to JSON.
pub fn member_for(
    document: &Document,
    members: &[(NodeId, NodeId)],
    field: &str,
) -> Option<(NodeId, NodeId)> {
    let text = |key: NodeId| document.node(key).scalar();
    let spelt = members.iter().filter(|(key, _)| text(*key).is_some_and(|key| folds_to(key, field)));
    spelt.max_by_key(|(key, _)| text(*key)).copied()
}

/// A representative of all characters that fold to the same.
fn fold(c: char) -> char {
    match c {
        'ſ' => 'S',
        '\u{212a}' => 'K',
        _ if c.is_ascii() => c.to_ascii_uppercase(),
        _ => {
            let mut upper = c.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(one), None) => one,
                _ => c,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::folds_to;

    #[test]
    fn keys_match_without_case() {
        let check = |key: &str, field: &str, expect: bool| {
            assert_eq!(folds_to(key, field), expect, "{key} {field}");
        };
        check("name", "name", true);
        check("NaMe", "name", true);
        check("names", "name", false);
        check("nam", "name", false);
        check("na_me", "name", false);
        check("uſername", "username", true);
        check("\u{212a}ind", "kind", true);
        check("nämé", "NÄMÉ", true);
        check("stra\u{df}e", "strasse", false);
    }
}

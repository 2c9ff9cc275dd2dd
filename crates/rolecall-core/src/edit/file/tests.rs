use super::*;
use crate::finding::Place;

fn finding(level: Level, line: usize, message: &str) -> Finding {
    Finding::new(Code::NeverMatches, level, Place { line, ..Place::start_of("f") }, message)
}

#[test]
fn what_was_found_before_is_not_new_as_often_as_it_was_found() {
    let check = |before: &[Finding], after: Vec<Finding>, expected: &[&str]| {
        let new = new_findings(before, after);
        let told: Vec<&str> = new.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(told, expected);
    };
    let error = |line, message| finding(Level::Error, line, message);
    check(
        &[],
        vec![error(1, "a"), finding(Level::Note, 2, "b"), finding(Level::Warning, 3, "c")],
        &["a", "c"],
    );
    check(&[error(1, "see line 4")], vec![error(3, "see line 6")], &[]);
    check(&[error(1, "a")], vec![error(1, "a"), error(2, "a")], &["a"]);
    check(&[error(1, "a"), error(2, "a")], vec![error(1, "a"), error(2, "a")], &[]);
}

#[test]
fn many_findings_are_compared_at_once() {
    let word = |n: usize| {
        let letter = |place: u32| char::from(b'a' + u8::try_from(n / 26_usize.pow(place) % 26).unwrap());
        String::from_iter([letter(0), letter(1), letter(2), letter(3)])
    };
    let many: Vec<Finding> = (0..100_000).map(|n| finding(Level::Error, n, &word(n))).collect();
    let after: Vec<Finding> = many.iter().rev().cloned().collect();
    assert_eq!(new_findings(&many, after), []);
}

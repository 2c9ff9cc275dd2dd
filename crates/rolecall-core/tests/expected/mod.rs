//! Folders of cases, and what must come out of each: `expected.txt`, which `UPDATE=1` writes anew.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders of `tests/cases/<of>`, in their order.
pub(crate) fn cases(of: &str) -> Vec<PathBuf> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(of);
    let mut cases: Vec<_> = fs::read_dir(&cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// What is wrong with a case of which this is told.
pub(crate) fn differs(case: &Path, told: &str) -> Option<String> {
    let file = case.join("expected.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, told).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    (expected != told).then(|| format!("{}:\n{told}\nexpected:\n{expected}", case.display()))
}

//! What is committed: not too much, not too large, and nothing of one machine.

use super::problem::Problem;
use super::repository::Repository;

/// Packages in Cargo.lock. Raised by hand, in the commit that adds the dependency and says why.
const MAX_PACKAGES: usize = 460;
const MAX_BYTES: usize = 512 * 1024;

/// Files that may be larger than [`MAX_BYTES`], each with its own limit.
const LARGE: &[(&str, usize)] = &[];

/// Where one machine's paths or a package registry's hosts would show. Written in two parts each, since this
/// file is looked at too.
const MACHINE_WORDS: &[(&str, &str)] = &[
    ("/ro", "ot/"),
    ("/wo", "rk/"),
    ("/home/", "runner"),
    ("py", "pi.org"),
    ("pythonho", "sted.org"),
    ("proxy.go", "lang.org"),
    ("index.cr", "ates.io"),
    ("static.cr", "ates.io"),
    ("registry.n", "pmjs.org"),
];

/// The lock file holds few packages.
pub(super) fn package_count(repository: &Repository) -> Vec<Problem> {
    let lock = repository.text("Cargo.lock").unwrap_or_default();
    let count = lock.lines().filter(|line| *line == "[[package]]").count();
    if count <= MAX_PACKAGES {
        return Vec::new();
    }
    let message =
        format!("{count} packages, and {MAX_PACKAGES} are agreed; do without, or raise `MAX_PACKAGES`");
    vec![Problem::new("Cargo.lock", message)]
}

/// No file is larger than half a MiB unless it is listed.
pub(super) fn large_files(repository: &Repository) -> Vec<Problem> {
    let limit = |path| LARGE.iter().find(|(large, _)| *large == path).map_or(MAX_BYTES, |(_, limit)| *limit);
    let large = repository.sizes().filter(|(path, size)| *size > limit(*path));
    large
        .map(|(path, size)| Problem::new(path, format!("{size} bytes are too many to keep in Git")))
        .collect()
}

/// No path or host of the machine that something was made on.
pub(super) fn machine_words(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in repository.texts("") {
        for (number, line) in (1..).zip(text.lines()) {
            let words = MACHINE_WORDS.iter().map(|(start, end)| format!("{start}{end}"));
            if let Some(word) = words.into_iter().find(|word| holds(line, word)) {
                problems.push(Problem::at(path, number, format!("`{word}` exists on one machine only")));
            }
        }
    }
    problems
}

/// Whether the word stands in the line; a path only where it begins.
fn holds(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !word.starts_with('/') || before.is_none_or(|c| !c.is_alphanumeric() && !"/._-}*".contains(c))
    })
}

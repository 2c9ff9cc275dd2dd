//! Documents that a machine can hold to their word.
//!
//! Documents that are generated from code (the CLI reference, the JSON schemas) are compared with it by a test
//! in the crate that generates them, which can also rewrite them.

use super::modules::normal;
use super::problem::Problem;
use super::repository::Repository;

const ARCHITECTURE: &str = "ARCHITECTURE.md";
const ARCHITECTURE_LIMIT: usize = 200;

/// The changelog has a place for what comes next.
pub(super) fn changelog(repository: &Repository) -> Vec<Problem> {
    let text = repository.text("CHANGELOG.md").unwrap_or_default();
    let has_place = text.lines().any(|line| line.trim_end() == "## [Unreleased]");
    if has_place { Vec::new() } else { vec![Problem::new("CHANGELOG.md", "no `## [Unreleased]` section")] }
}

/// ARCHITECTURE.md can be read in one sitting.
pub(super) fn architecture_length(repository: &Repository) -> Vec<Problem> {
    let Some(text) = repository.text(ARCHITECTURE) else {
        return vec![Problem::new(ARCHITECTURE, "is missing")];
    };
    let lines = text.lines().count();
    if lines <= ARCHITECTURE_LIMIT {
        return Vec::new();
    }
    vec![Problem::new(ARCHITECTURE, format!("{lines} lines; {ARCHITECTURE_LIMIT} are enough"))]
}

/// The tests that ARCHITECTURE.md names beside its invariants exist.
pub(super) fn proofs(repository: &Repository) -> Vec<Problem> {
    let names = |line| code_words(line).filter(|word| word.contains('_') && !word.contains('.'));
    let is_function = |name: &str| {
        let tokens = repository.rust().flat_map(|file| file.tokens().windows(2));
        tokens.into_iter().any(|pair| pair[0].text == "fn" && pair[1].text == name)
    };
    let mut problems = Vec::new();
    for (number, row) in prose(repository.text(ARCHITECTURE).unwrap_or_default()) {
        let Some((_, proofs)) =
            row.strip_prefix("| ").and_then(|row| row.trim_end_matches(" |").rsplit_once(" | "))
        else {
            continue;
        };
        let gone = names(proofs).filter(|name| !is_function(name));
        problems.extend(
            gone.map(|name| Problem::at(ARCHITECTURE, number, format!("no test is called `{name}`"))),
        );
    }
    problems
}

/// Links inside the repository lead to a file, and to a heading where they name one.
pub(super) fn links(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in repository.texts(".md") {
        for (number, line) in prose(text) {
            for target in targets(line).filter(|target| !is_elsewhere(target)) {
                if !leads_somewhere(repository, path, target) {
                    problems.push(Problem::at(path, number, format!("`{target}` leads nowhere")));
                }
            }
        }
    }
    problems
}

/// The Japanese README has the headings and the code blocks of the English one, in its order.
pub(super) fn mirror(repository: &Repository) -> Vec<Problem> {
    let [english, japanese] =
        ["README.md", "README.ja.md"].map(|path| outline(repository.text(path).unwrap_or_default()));
    let count = english.len().max(japanese.len());
    let differing = (0..count).find(|at| english.get(*at) != japanese.get(*at));
    let Some(at) = differing else { return Vec::new() };
    let [here, there] =
        [&japanese, &english].map(|outline| outline.get(at).map_or("nothing", String::as_str));
    vec![Problem::new("README.ja.md", format!("has\n{here}\nwhere README.md has\n{there}"))]
}

/// The lines outside of code blocks, numbered.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// What the `[text](target)` of a line lead to.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
}

/// What stands between backticks.
fn code_words(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_elsewhere(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:")
}

fn leads_somewhere(repository: &Repository, from: &str, target: &str) -> bool {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = if file.is_empty() { from.to_owned() } else { normal(&format!("{folder}/{file}")) };
    let has_anchor = || {
        let text = repository.text(&path).unwrap_or_default();
        prose(text).filter(|(_, line)| line.starts_with('#')).any(|(_, line)| slug(line) == anchor)
    };
    repository.contains(&path) && (anchor.is_empty() || has_anchor())
}

/// A heading's anchor, as GitHub makes it.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Heading levels and code blocks, in order.
fn outline(text: &str) -> Vec<String> {
    let mut outline = Vec::new();
    let mut block: Option<String> = None;
    for line in text.lines() {
        match &mut block {
            Some(code) => {
                code.push_str(line);
                code.push('\n');
                if line == "```" {
                    outline.extend(block.take());
                }
            }
            None if line.starts_with("```") => block = Some(format!("{line}\n")),
            None if line.starts_with('#') => {
                let level = line.chars().take_while(|c| *c == '#').count();
                outline.push(format!("a heading of level {level}"));
            }
            None => {}
        }
    }
    outline
}

//! Who may name what: the walls between the crates.
//!
//! The compiler holds most of them (`no_std` in core, no dependency on an SDK elsewhere); these checks hold
//! what it cannot: core beyond `no_std`, dependencies added without a thought, and re-exports.

use super::problem::Problem;
use super::repository::Repository;
use super::rust::RustFile;

const CORE: &str = "crates/rolecall-core/src/";
const YAML: &str = "crates/rolecall-yaml/src/";

/// What core may depend on. Adding one is a decision: write it down in `docs/decisions/`.
const CORE_DEPENDENCIES: &[&str] =
    &["base64", "jiff", "rolecall-yaml", "serde", "serde_json", "sha2", "thiserror", "unicode-width"];

/// Names that bring I/O, a clock, threads or an order that changes from run to run.
const IMPURE: &[&str] = &[
    "async",
    "await",
    "std",
    "Instant",
    "SystemTime",
    "HashMap",
    "HashSet",
    "RandomState",
    "println",
    "eprintln",
];

/// Words of the YAML reader's users.
const FOREIGN_TO_YAML: &[&str] = &["aws", "eks", "iam", "arn", "kube", "kubectl", "kubernetes", "configmap"];

/// Path beginnings (a `*` at the end stands for anything), and the crates that may use them.
const SDKS: &[(&str, &[&str])] = &[
    ("aws_config", &["crates/rolecall-aws/"]),
    ("aws_credential_types", &["crates/rolecall-aws/"]),
    ("aws_runtime", &["crates/rolecall-aws/"]),
    ("aws_sdk_*", &["crates/rolecall-aws/"]),
    ("aws_sigv4", &["crates/rolecall-aws/"]),
    ("aws_smithy_*", &["crates/rolecall-aws/"]),
    ("aws_types", &["crates/rolecall-aws/"]),
    ("kube", &["crates/rolecall-kube/", "crates/rolecall-server/src/resource/"]),
    ("kube_*", &["crates/rolecall-kube/"]),
    ("k8s_openapi", &["crates/rolecall-kube/", "crates/rolecall-server/src/resource/"]),
    ("libyaml_safer", &["crates/rolecall-yaml/"]),
    ("gix", &["crates/rolecall-git/"]),
    ("gix_*", &["crates/rolecall-git/"]),
];

/// Foreign names that a crate of ours passes on, on purpose.
const RE_EXPORTED: &[(&str, &str)] = &[("crates/rolecall-core/src/lib.rs", "jiff")];

/// Nothing in core is async, does I/O, or asks for the time.
pub(super) fn core_is_pure(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in repository.rust().filter(|file| file.path.starts_with(CORE)) {
        let mut before: [&str; 2] = ["", ""];
        for token in file.tokens() {
            let is_clock = token.text == "now" && before == [":", ":"];
            if file.is_shipped(token.line) && (is_clock || IMPURE.contains(&token.text.as_str())) {
                let message = format!("core decides without I/O, clock or chance: no `{}`", token.text);
                problems.push(Problem::at(&file.path, token.line, message));
            }
            before = [before[1], &token.text];
        }
    }
    problems
}

/// Core depends on the listed crates and on no other.
pub(super) fn core_dependencies(repository: &Repository) -> Vec<Problem> {
    let manifest = "crates/rolecall-core/Cargo.toml";
    let found = repository.text(manifest).map(dependencies).unwrap_or_default();
    if found == CORE_DEPENDENCIES {
        return Vec::new();
    }
    let message = format!("core may depend on {CORE_DEPENDENCIES:?} only, and has {found:?}");
    vec![Problem::new(manifest, message)]
}

/// No word about AWS or Kubernetes in the YAML reader, prose included.
pub(super) fn yaml_words(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    let files = repository.rust().filter(|file| file.path.starts_with(YAML));
    for (file, text) in files.filter_map(|file| Some((file, repository.text(&file.path)?))) {
        for (number, line) in (1..).zip(text.lines()).filter(|(number, _)| file.is_shipped(*number)) {
            let lower = line.to_lowercase();
            let mut words = lower.split(|c: char| !c.is_alphanumeric());
            if let Some(word) = words.find(|word| FOREIGN_TO_YAML.contains(word)) {
                let message = format!("the YAML reader knows nothing of its users: no `{word}`");
                problems.push(Problem::at(&file.path, number, message));
            }
        }
    }
    problems
}

/// An SDK's names are used in its crate only, in tests too.
pub(super) fn sdk_paths(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in repository.rust() {
        for token in file.path_starts() {
            let owners = SDKS.iter().find(|(name, _)| is_match(name, &token.text)).map(|(_, owners)| *owners);
            if owners.is_some_and(|owners| !owners.iter().any(|owner| file.path.starts_with(owner))) {
                let message = format!("`{}` stays in {}", token.text, owners.unwrap_or_default().join(", "));
                problems.push(Problem::at(&file.path, token.line, message));
            }
        }
    }
    problems
}

/// No `pub use` of a crate that is not ours.
pub(super) fn re_exports(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in repository.rust().filter(|file| file.path.starts_with("crates/")) {
        for (name, line) in re_exported(file) {
            if !RE_EXPORTED.contains(&(file.path.as_str(), name.as_str())) {
                let message = format!("`pub use {name}` makes a foreign crate part of our interface");
                problems.push(Problem::at(&file.path, line, message));
            }
        }
    }
    problems
}

/// The names under `[dependencies]` of a manifest, sorted.
fn dependencies(manifest: &str) -> Vec<&str> {
    let section = manifest.lines().skip_while(|line| line.trim() != "[dependencies]").skip(1);
    let entries = section.take_while(|line| !line.starts_with('['));
    let mut names: Vec<&str> = entries
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .collect();
    names.sort_unstable();
    names
}

fn is_match(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

/// The crates that `pub use` lines of a file begin with, our own and the file's own names left out.
fn re_exported(file: &RustFile) -> Vec<(String, usize)> {
    let items = file.syntax.iter().flat_map(|syntax| &syntax.items);
    let modules: Vec<String> = items
        .clone()
        .filter_map(|item| match item {
            syn::Item::Mod(module) => Some(module.ident.to_string()),
            _ => None,
        })
        .collect();
    let mut found = Vec::new();
    for item in items {
        let syn::Item::Use(item) = item else { continue };
        if matches!(item.vis, syn::Visibility::Public(_)) {
            let mut starts = Vec::new();
            use_starts(&item.tree, &mut starts);
            found.extend(starts.into_iter().map(|start| (start, item.use_token.span.start().line)));
        }
    }
    found.retain(|(name, _)| {
        let is_type = name.starts_with(char::is_uppercase);
        let is_local = ["crate", "self", "super"].contains(&name.as_str()) || modules.contains(name);
        !is_type && !is_local && !name.starts_with("rolecall_")
    });
    found
}

fn use_starts(tree: &syn::UseTree, starts: &mut Vec<String>) {
    match tree {
        syn::UseTree::Path(path) => starts.push(path.ident.to_string()),
        syn::UseTree::Name(name) => starts.push(name.ident.to_string()),
        syn::UseTree::Rename(name) => starts.push(name.ident.to_string()),
        syn::UseTree::Group(group) => group.items.iter().for_each(|item| use_starts(item, starts)),
        syn::UseTree::Glob(_) => {}
    }
}

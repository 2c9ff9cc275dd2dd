//! Which files a crate is made of, by following `mod` lines from its roots.
//!
//! A file that no `mod` line names is compiled by nobody and rots. What a test-only `mod` line names is a
//! test. `include!` is not followed.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::Problem;
use super::repository::Repository;
use super::rust::{RustFile, is_test_only};

/// Every `.rs` file is named by a `mod` line, or is the root of a crate, test or example.
pub(super) fn reachable(repository: &Repository) -> Vec<Problem> {
    let reached: BTreeSet<String> = walk(repository.rust_by_path()).into_keys().collect();
    let lost = repository.rust().filter(|file| !reached.contains(&file.path));
    lost.map(|file| Problem::new(&file.path, "no `mod` line leads here; add one or delete the file"))
        .collect()
}

/// Marks the files that are compiled in test builds only.
pub(super) fn mark_tests(files: &mut BTreeMap<String, RustFile>) {
    let reached = walk(files);
    for (path, file) in files.iter_mut() {
        file.is_test = reached.get(path).copied().unwrap_or(false);
    }
}

/// The files that are reached, each with whether only tests reach it.
fn walk(files: &BTreeMap<String, RustFile>) -> BTreeMap<String, bool> {
    let mut reached = BTreeMap::new();
    let mut to_do: Vec<(String, bool)> = files.keys().filter_map(|path| root(path)).collect();
    while let Some((path, is_test)) = to_do.pop() {
        let Some(file) = files.get(&path) else { continue };
        let is_news = reached.get(&path).is_none_or(|was_test| *was_test && !is_test);
        if is_news {
            let items = file.syntax.iter().flat_map(|syntax| &syntax.items);
            children(items, &path, &module_folder(&path), is_test, &mut to_do);
            reached.insert(path, is_test);
        }
    }
    reached
}

/// Whether cargo starts a crate at this path, and whether that crate is a test.
fn root(path: &str) -> Option<(String, bool)> {
    let (package, file) = path.rsplit_once("/src/").unwrap_or(("", path));
    let is_crate =
        !package.is_empty() && (["lib.rs", "main.rs"].contains(&file) || is_directly_in(file, "bin"));
    let is_test = ["tests", "benches", "examples"].iter().any(|folder| is_target(path, folder));
    (is_crate || is_test || path.ends_with("/build.rs")).then(|| (path.to_owned(), is_test))
}

fn is_directly_in(file: &str, folder: &str) -> bool {
    file.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).is_some_and(|name| !name.contains('/'))
}

/// `…/tests/x.rs` and `…/tests/x/main.rs` outside of `src` are targets of their own.
fn is_target(path: &str, folder: &str) -> bool {
    let Some((package, file)) = path.split_once(&format!("/{folder}/")) else { return false };
    !package.contains("/src")
        && (!file.contains('/') || file.ends_with("/main.rs") && file.matches('/').count() == 1)
}

/// Where the modules of a file live.
fn module_folder(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_root = root(path).is_some() || name == "mod.rs";
    if is_root { folder.to_owned() } else { path.trim_end_matches(".rs").to_owned() }
}

/// The files that `mod` lines among `items` name: both places where each may be.
fn children<'a>(
    items: impl Iterator<Item = &'a syn::Item>,
    file: &str,
    folder: &str,
    is_test: bool,
    named: &mut Vec<(String, bool)>,
) {
    for item in items {
        let syn::Item::Mod(module) = item else { continue };
        let is_test = is_test || is_test_only(&module.attrs);
        let place = format!("{folder}/{}", module.ident);
        match (&module.content, path_attribute(&module.attrs)) {
            (Some((_, items)), _) => children(items.iter(), file, &place, is_test, named),
            (None, Some(path)) => {
                let beside = file.rsplit_once('/').map_or("", |(folder, _)| folder);
                named.push((normal(&format!("{beside}/{path}")), is_test));
            }
            (None, None) => {
                named.push((format!("{place}.rs"), is_test));
                named.push((format!("{place}/mod.rs"), is_test));
            }
        }
    }
}

/// The value of `#[path = "…"]`.
fn path_attribute(attributes: &[syn::Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}

/// `a/b/../c` as `a/c`.
pub(super) fn normal(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

//! Files and functions stay small, or at least stop growing.
//!
//! What is over the limit is listed with its size in `xtask/tidy-sizes.txt`, which may only shrink: a new one
//! fails, a longer one fails, and a shorter one fails until its line says so. Tests are not counted.

use std::collections::BTreeMap;

use syn::spanned::Spanned;
use syn::visit::Visit;

use super::problem::Problem;
use super::repository::Repository;
use super::rust::RustFile;

pub(super) const LIST: &str = "xtask/tidy-sizes.txt";
const FILE_LIMIT: usize = 400;
const FUNCTION_LIMIT: usize = 60;

/// Compares what is over the limits with the list.
pub(super) fn ratchet(repository: &Repository) -> Vec<Problem> {
    let listed = parse(repository.text(LIST).unwrap_or_default());
    let measured: BTreeMap<String, usize> = repository.rust().flat_map(oversized).collect();
    let mut problems = Vec::new();
    for (name, size) in &measured {
        match listed.get(name.as_str()) {
            None => problems.push(Problem::new(name, format!("{size} lines are too many; split it"))),
            Some(limit) if size > limit => {
                problems.push(Problem::new(name, format!("grew from {limit} to {size} lines; split it")));
            }
            Some(limit) if size < limit => {
                problems.push(Problem::new(LIST, format!("write `{name} {size}`; it shrank from {limit}")));
            }
            Some(_) => {}
        }
    }
    let gone = listed.keys().filter(|name| !measured.contains_key(**name));
    problems
        .extend(gone.map(|name| Problem::new(LIST, format!("`{name}` is small or gone; delete its line"))));
    problems
}

fn parse(list: &str) -> BTreeMap<&str, usize> {
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(name, size)| Some((name, size.parse().ok()?)))
        .collect()
}

/// The file itself, as its path, and its functions, as `path::function`, where over the limit.
fn oversized(file: &RustFile) -> Vec<(String, usize)> {
    let mut functions = Functions { file, found: Vec::new() };
    if let Some(syntax) = &file.syntax {
        functions.visit_file(syntax);
    }
    let mut found = functions.found;
    found.retain(|(_, size)| *size > FUNCTION_LIMIT);
    found.sort();
    let lines = file.shipped_lines();
    found.extend((lines > FILE_LIMIT).then(|| (file.path.clone(), lines)));
    found
}

struct Functions<'a> {
    file: &'a RustFile,
    found: Vec<(String, usize)>,
}

impl Functions<'_> {
    fn note(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.fn_token.span.start().line;
        let last = block.span().end().line;
        if self.file.is_shipped(first) {
            self.found.push((format!("{}::{}", self.file.path, signature.ident), last - first + 1));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.note(&function.sig, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.note(&function.sig, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.note(&function.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}

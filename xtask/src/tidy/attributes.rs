//! Lints are obeyed, or expected to fire with a reason; never silenced.
//!
//! An `#[expect]` that no longer fires is a compiler warning, and so goes away by itself; an `#[allow]` stays.

use syn::visit::Visit;

use super::problem::Problem;
use super::repository::Repository;

/// No `allow`, and no `expect` without a `reason`.
pub(super) fn lints(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in repository.rust() {
        let mut silenced = Silenced::default();
        if let Some(syntax) = &file.syntax {
            silenced.visit_file(syntax);
        }
        problems.extend(silenced.0.into_iter().map(|(line, message)| Problem::at(&file.path, line, message)));
    }
    problems
}

#[derive(Default)]
struct Silenced(Vec<(usize, &'static str)>);

impl<'ast> Visit<'ast> for Silenced {
    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let line = attribute.pound_token.span.start().line;
        let arguments = attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
        let level = if attribute.path().is_ident("cfg_attr") {
            arguments.split_once(',').map(|(_, level)| level.trim().to_owned()).unwrap_or_default()
        } else {
            attribute.path().get_ident().map(ToString::to_string).unwrap_or_default()
        };
        if level.starts_with("allow") {
            self.0.push((line, "mend what the lint says, or `#[expect(…, reason = \"…\")]` it"));
        } else if level.starts_with("expect") && !arguments.contains("reason") {
            self.0.push((line, "an expected lint needs a `reason`"));
        }
    }
}

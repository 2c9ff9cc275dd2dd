//! One word an idea: the words that the project decided against do not name public things.
//!
//! Only words without another meaning here are listed; the rest of the glossary is for reviewers. A name's
//! words are looked at, so `Skewer` is not `Skew`.

use syn::visit::Visit;

use super::problem::Problem;
use super::repository::Repository;

/// The word or words that are out, and what is said instead.
const BANNED: &[(&str, &str)] = &[
    ("actual", "observed"),
    ("auth type", "authentication mode"),
    ("changeset", "plan"),
    ("change set", "plan"),
    ("common", "the thing's own name"),
    ("config repo", "source"),
    ("delta", "plan, `Change`"),
    ("get", "the noun, or a verb of the line"),
    ("helper", "the thing's own name"),
    ("helpers", "the thing's own name"),
    ("log entry", "record"),
    ("manager", "the thing's own name"),
    ("orphan", "unmanaged"),
    ("skew", "drift"),
    ("state file", "ledger"),
    ("tick", "reconcile"),
    ("util", "the thing's own name"),
    ("utils", "the thing's own name"),
    ("validator", "rule or guard"),
];

/// Names that look banned and are somebody else's words: of the AWS and Kubernetes APIs, or of clocks.
const ALLOWED: &[&str] =
    &["get_caller_identity", "clock_skew", "ClockSkew", "CLOCK_SKEW", "FIELD_MANAGER", "field_manager"];

/// Public items, and modules of any visibility, avoid the banned words.
pub(super) fn banned_words(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in repository.rust() {
        let mut names = PublicNames::default();
        if let Some(syntax) = &file.syntax {
            names.visit_file(syntax);
        }
        for ident in names.0 {
            let line = ident.span().start().line;
            if let Some((word, instead)) = banned_in(&ident.to_string()) {
                let message = format!("`{ident}`: we do not say `{word}`; say {instead}");
                problems.push(Problem::at(&file.path, line, message));
            }
        }
    }
    problems
}

fn banned_in(name: &str) -> Option<&(&'static str, &'static str)> {
    if ALLOWED.contains(&name) {
        return None;
    }
    let words = format!(" {} ", words(name));
    BANNED.iter().find(|(banned, _)| match *banned {
        "get" => words.starts_with(" get ") && words != " get ",
        banned => words.contains(&format!(" {banned} ")),
    })
}

/// `AuthType`, `auth_type` and `AUTH_TYPE` as `auth type`.
fn words(name: &str) -> String {
    let mut words = String::new();
    let mut before = '_';
    for c in name.chars() {
        if c == '_' || (c.is_uppercase() && before.is_lowercase()) {
            words.push(' ');
        }
        words.extend((c != '_').then(|| c.to_ascii_lowercase()));
        before = c;
    }
    words
}

#[derive(Default)]
struct PublicNames(Vec<syn::Ident>);

impl PublicNames {
    fn note(&mut self, visibility: &syn::Visibility, ident: &syn::Ident) {
        if !matches!(visibility, syn::Visibility::Inherited) {
            self.0.push(ident.clone());
        }
    }
}

impl<'ast> Visit<'ast> for PublicNames {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        match item {
            syn::Item::Const(item) => self.note(&item.vis, &item.ident),
            syn::Item::Enum(item) => self.note(&item.vis, &item.ident),
            syn::Item::Fn(item) => self.note(&item.vis, &item.sig.ident),
            syn::Item::Mod(item) => self.0.push(item.ident.clone()),
            syn::Item::Struct(item) => self.note(&item.vis, &item.ident),
            syn::Item::Trait(item) => self.note(&item.vis, &item.ident),
            syn::Item::Type(item) => self.note(&item.vis, &item.ident),
            _ => {}
        }
        syn::visit::visit_item(self, item);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.note(&function.vis, &function.sig.ident);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        self.0.push(function.sig.ident.clone());
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if let Some(ident) = &field.ident {
            self.note(&field.vis, ident);
        }
    }
}

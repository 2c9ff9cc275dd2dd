//! A Rust file as the checks see it: its syntax, its identifiers, and which lines are tests.
//!
//! Comments and strings are not identifiers, so a check may name in prose what it forbids in code.

use std::ops::RangeInclusive;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::Visit;

/// One file.
pub(super) struct RustFile {
    pub(super) path: String,
    /// `None` where the file does not parse; the compiler says why.
    pub(super) syntax: Option<syn::File>,
    /// Compiled in test builds only. Set by the walk over `mod` lines.
    pub(super) is_test: bool,
    lines: usize,
    tokens: Vec<Token>,
    test_lines: Vec<RangeInclusive<usize>>,
}

/// An identifier, or a punctuation character as a text of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
}

impl RustFile {
    pub(super) fn parse(path: &str, text: &str) -> Self {
        let syntax = syn::parse_file(text).ok();
        let mut tests = TestItems::default();
        if let Some(file) = &syntax {
            tests.visit_file(file);
        }
        let mut tokens = Vec::new();
        flatten(text.parse().unwrap_or_default(), &mut tokens);
        let lines = text.lines().count();
        Self { path: path.to_owned(), syntax, is_test: false, lines, tokens, test_lines: tests.0 }
    }

    /// How many lines are shipped: all but those of test items.
    pub(super) fn shipped_lines(&self) -> usize {
        (1..=self.lines).filter(|line| self.is_shipped(*line)).count()
    }

    /// Whether the line is compiled outside of tests.
    pub(super) fn is_shipped(&self, line: usize) -> bool {
        !self.is_test && !self.test_lines.iter().any(|range| range.contains(&line))
    }

    /// Identifiers and punctuation in order, without comments and literals.
    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The names with which a path begins: `a` in `a::b`, not in `c::a::b`.
    pub(super) fn path_starts(&self) -> impl Iterator<Item = &Token> {
        let is_colon =
            |at: Option<usize>| at.and_then(|at| self.tokens.get(at)).is_some_and(|t| t.text == ":");
        self.tokens.iter().enumerate().filter_map(move |(at, token)| {
            let begins = is_colon(Some(at + 1)) && is_colon(Some(at + 2));
            let continues = is_colon(at.checked_sub(1)) && is_colon(at.checked_sub(2));
            (begins && !continues).then_some(token)
        })
    }
}

/// Whether an item with these attributes exists in test builds only.
pub(super) fn is_test_only(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string().replace(' ', "");
            condition == "test" || condition.starts_with("all(test,")
        }
        syn::Meta::Path(path) => path.is_ident("test"),
        _ => false,
    })
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Group(group) => {
                tokens.push(Token { text: String::from("("), line });
                flatten(group.stream(), tokens);
            }
            TokenTree::Ident(ident) => tokens.push(Token { text: ident.to_string(), line }),
            TokenTree::Punct(punct) => tokens.push(Token { text: punct.as_char().to_string(), line }),
            TokenTree::Literal(_) => {}
        }
    }
}

#[derive(Default)]
struct TestItems(Vec<RangeInclusive<usize>>);

impl<'ast> Visit<'ast> for TestItems {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if is_test_only(attributes_of(item)) {
            let span = item.span();
            self.0.push(span.start().line..=span.end().line);
        } else {
            syn::visit::visit_item(self, item);
        }
    }
}

fn attributes_of(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::ExternCrate(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

//! `cargo xtask differential`: does our reading of a map agree with the authenticator's own?
//!
//! Generated documents, whole and mangled, go through upstream and through `rolecall_core::effective`; a
//! disagreement is made as small as it stays one, and printed. By default upstream is its `ParseMap`, and
//! the whole parsed maps are compared; with `--server` it is the real authenticator behind a real API
//! server, asked with real tokens who somebody is.

use std::collections::BTreeMap;

use anyhow::Result;

mod generate;
mod parsemap;
mod server;
mod shrink;

use generate::Generator;

/// Data keys and their texts.
type Data = BTreeMap<String, String>;

/// Compares our reading of generated maps with the authenticator's own
///
/// Without `--server` the authenticator's `ParseMap` reads them, thousands a second;
/// with it the real authenticator answers TokenReviews, some tens of documents a second.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many documents [default: 20000, with `--server` 300]
    #[arg(long)]
    count: Option<u64>,
    /// Where the generator starts: the same seed gives the same documents
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Asks the real authenticator, behind a real API server
    #[arg(long)]
    server: bool,
    /// With the feature gate `SSORoleMatch` on, which is off by default and on EKS
    #[arg(long, requires = "server")]
    sso_role_match: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.server {
        let gate = if arguments.sso_role_match { server::Gate::On } else { server::Gate::Off };
        server::run(arguments.count.unwrap_or(300), arguments.seed, gate)
    } else {
        parsemap::run(arguments.count.unwrap_or(20_000), arguments.seed)
    }
}

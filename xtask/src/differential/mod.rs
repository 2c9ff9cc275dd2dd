//! `cargo xtask differential`: does our reading of a map agree with the authenticator's own?
//!
//! Generated documents, whole and mangled, go through upstream's `ParseMap` and through
//! `rolecall_core::effective`; the whole parsed maps are compared. A disagreement is made as small as it
//! stays one, and printed.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Result, bail};
use rolecall_core::effective::{EffectiveMap, Entry};
use rolecall_core::identity_mapping::Section;
use rolecall_testenv::Assets;
use serde_json::{Value, json};

mod generate;
mod oracle;
mod shrink;

use generate::Generator;
use oracle::Oracle;

/// Data keys and their texts.
type Data = BTreeMap<String, String>;

/// Compares our reading of generated maps with the authenticator's own `ParseMap`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many documents
    #[arg(long, default_value_t = 20_000)]
    count: u64,
    /// Where the generator starts: the same seed gives the same documents
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut oracle = Oracle::start(Assets::ready()?.parsemap_oracle())?;
    let mut generator = Generator::new(arguments.seed);
    let mut mapped: usize = 0;
    for number in 0..arguments.count {
        let data = generator.document();
        let theirs = oracle.ask(&data)?;
        mapped += usize::from(theirs["roles"].as_array().is_some_and(|roles| !roles.is_empty()));
        if theirs != ours(&data) {
            let smallest = shrink::shrink(&data, |candidate| Ok(oracle.ask(candidate)? != ours(candidate)))?;
            bail!("{}", disagreement(arguments.seed, number, &smallest, &oracle.ask(&smallest)?));
        }
    }
    // A generator that makes nothing but rubbish would agree about nothing but rubbish.
    if arguments.count >= 1000 && mapped < usize::try_from(arguments.count)? / 4 {
        bail!("only {mapped} of {} documents map a role: the generator is not worth much", arguments.count);
    }
    writeln!(
        std::io::stdout(),
        "{} documents with seed {}, {mapped} of them mapping a role: no disagreement",
        arguments.count,
        arguments.seed
    )?;
    Ok(())
}

/// What we make of a map, in the oracle's shape.
fn ours(data: &Data) -> Value {
    let map = EffectiveMap::read(data);
    let entries = |section: Section| map.section(section).entries().iter().map(shape).collect::<Vec<_>>();
    let accounts =
        map.section(Section::MapAccounts).entries().iter().map(|entry| entry.mapping.principal.as_str());
    json!({
        "roles": entries(Section::MapRoles),
        "users": entries(Section::MapUsers),
        "accounts": accounts.collect::<Vec<_>>(),
    })
}

fn shape(entry: &Entry) -> Value {
    let sso = entry.sso.as_ref().map(|sso| [&sso.permission_set_name, &sso.account_id, &sso.partition]);
    let arn = if sso.is_some() { "" } else { entry.mapping.principal.as_str() };
    json!({ "arn": arn, "username": entry.mapping.username, "groups": entry.mapping.groups, "sso": sso })
}

fn disagreement(seed: u64, number: u64, data: &Data, theirs: &Value) -> String {
    format!(
        "document {number} of seed {seed} reads differently; the smallest that does:\n{data:#?}\n\
         the authenticator: {theirs}\nwe:                {}",
        ours(data)
    )
}

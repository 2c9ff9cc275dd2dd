//! Upstream's `ParseMap`, and the whole parsed map compared.

use std::io::Write;

use anyhow::{Result, bail};
use rolecall_core::effective::{EffectiveMap, Entry};
use rolecall_core::identity_mapping::Section;
use rolecall_testenv::Assets;
use serde_json::{Value, json};

use super::{Data, Generator, shrink};

mod oracle;

use oracle::Oracle;

/// Entries in a section, at most.
const MOST: usize = 4;

pub(super) fn run(count: u64, seed: u64) -> Result<()> {
    let mut oracle = Oracle::start(Assets::ready()?.parsemap_oracle())?;
    let mut generator = Generator::new(seed, MOST);
    let mut mapped: u64 = 0;
    for number in 0..count {
        let data = generator.document();
        let theirs = oracle.ask(&data)?;
        mapped += u64::from(theirs["roles"].as_array().is_some_and(|roles| !roles.is_empty()));
        if theirs != ours(&data) {
            let smallest = shrink::shrink(&data, |candidate| Ok(oracle.ask(candidate)? != ours(candidate)))?;
            bail!("{}", disagreement(seed, number, &smallest, &oracle.ask(&smallest)?));
        }
    }
    // A generator that makes nothing but rubbish would agree about nothing but rubbish.
    if count >= 1000 && mapped < count / 4 {
        bail!("only {mapped} of {count} documents map a role: the generator is not worth much");
    }
    writeln!(
        std::io::stdout(),
        "{count} documents with seed {seed}, {mapped} of them mapping a role: no disagreement"
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

//! Upstream's `ParseMap`, and the whole parsed map compared; and its `ArnLike`, the matcher of `sso:`.

use std::io::Write;

use anyhow::{Result, bail, ensure};
use rolecall_core::effective::{EffectiveMap, Entry, Lookup, arn_like, lookup};
use rolecall_core::identity_mapping::Section;
use rolecall_core::principal::PrincipalArn;
use rolecall_testenv::Assets;
use serde_json::{Value, json};

use super::{Data, Generator, shrink};

mod oracle;

use oracle::Oracle;

/// Entries in a section, at most.
const MOST: usize = 4;

/// How often a map is asked about that may be read in several ways: so often at least, to see one that we do
/// not know of, and at most until each that we know of has been seen.
const REPEATS: std::ops::Range<usize> = 64..20_000;

/// Some whom generated maps name, in the spelling of STS.
const ASKING: &[&str] = &[
    "arn:aws:sts::111122223333:assumed-role/dev/me",
    "arn:aws:sts::111122223333:assumed-role/Ops/me",
    "arn:aws:sts::111122223333:assumed-role/deep/me",
    "arn:aws:iam::111122223333:user/ann",
    "arn:aws:iam::111122223333:user/team/bob",
    "arn:aws:iam::111122223333:user/Cat",
    "arn:aws:iam::444455556666:user/ann",
    "arn:aws:iam::111122223333:root",
    "arn:aws:sts::111122223333:federated-user/fed",
];

pub(super) fn run(count: u64, seed: u64) -> Result<()> {
    let program = Assets::ready()?.parsemap_oracle();
    let mut oracle = Oracle::start(program, &[])?;
    let mut matcher = Oracle::start(program, &["arnlike"])?;
    let mut generator = Generator::new(seed, MOST);
    let mut sum = Sum::default();
    for number in 0..count {
        check_matcher(&mut matcher, &mut generator)?;
        let data = generator.document();
        check_answers(&data)?;
        let ours = ours(&data);
        let theirs = theirs(&mut oracle, &data, &ours)?;
        sum.mapped += u64::from(theirs.iter().any(|map| map["roles"] != json!([])));
        sum.by_chance += u64::from(ours.len() > 1);
        if !agree(&theirs, &ours) {
            let smallest = shrink::shrink(&data, |candidate| differs(&mut oracle, candidate))?;
            bail!("{}", disagreement(seed, number, &smallest, &mut oracle)?);
        }
    }
    // A generator that makes nothing but rubbish would agree about nothing but rubbish.
    let Sum { mapped, by_chance } = sum;
    if count >= 1000 && mapped < count / 4 {
        bail!("only {mapped} of {count} documents map a role: the generator is not worth much");
    }
    writeln!(
        std::io::stdout(),
        "{count} documents with seed {seed}, {mapped} of them mapping a role, {by_chance} read by chance: \
         no disagreement"
    )?;
    Ok(())
}

/// Asks whether an ARN is like a pattern, both generated.
fn check_matcher(matcher: &mut Oracle, generator: &mut Generator) -> Result<()> {
    let (arn, pattern) = generator.arn_and_pattern();
    let question = [("arn".to_owned(), arn.clone()), ("pattern".to_owned(), pattern.clone())].into();
    let theirs = matcher.ask(&question)?;
    let ours = json!(arn_like(&arn, &pattern));
    ensure!(theirs == ours, "is {arn:?} like {pattern:?}? the authenticator: {theirs}; we: {ours}");
    Ok(())
}

/// What guards count must be what a lookup finds, whoever asks.
fn check_answers(data: &Data) -> Result<()> {
    let map = EffectiveMap::read(data);
    let answers = map.answers();
    for arn in ASKING {
        let principal = PrincipalArn::parse(arn)?;
        let found = match lookup(&map, &principal, false) {
            Lookup::Entry(entry) => vec![entry],
            Lookup::Ambiguous(entries) => entries,
            Lookup::Account(_) | Lookup::Nothing => Vec::new(),
        };
        let counted = answers.of(principal.canonical());
        ensure!(counted == found, "{data:#?}\n`{arn}`: {found:#?} is found, {counted:#?} is counted");
    }
    Ok(())
}

/// What the run came to.
#[derive(Default)]
struct Sum {
    mapped: u64,
    by_chance: u64,
}

/// Every map that the authenticator comes to, asked once where it should always be the same.
fn theirs(oracle: &mut Oracle, data: &Data, ours: &[Value]) -> Result<Vec<Value>> {
    let mut seen = vec![oracle.ask(data)?];
    if ours.len() == 1 {
        return Ok(seen);
    }
    for times in 1..REPEATS.end {
        let is_over = times >= REPEATS.start && ours.iter().all(|map| seen.contains(map));
        if is_over {
            break;
        }
        let answer = oracle.ask(data)?;
        if !seen.contains(&answer) {
            seen.push(answer);
        }
    }
    Ok(seen)
}

fn agree(theirs: &[Value], ours: &[Value]) -> bool {
    theirs.iter().all(|map| ours.contains(map)) && ours.iter().all(|map| theirs.contains(map))
}

fn differs(oracle: &mut Oracle, data: &Data) -> Result<bool> {
    let ours = ours(data);
    Ok(!agree(&theirs(oracle, data, &ours)?, &ours))
}

/// What we make of a map, in the oracle's shape: every reading that we say is possible.
fn ours(data: &Data) -> Vec<Value> {
    let map = EffectiveMap::read(data);
    let others = map.other_readings();
    let mut readings: Vec<Value> = std::iter::once(&map).chain(&others).map(whole).collect();
    readings.dedup();
    readings
}

fn whole(map: &EffectiveMap) -> Value {
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

fn disagreement(seed: u64, number: u64, data: &Data, oracle: &mut Oracle) -> Result<String> {
    let shown = |maps: &[Value]| maps.iter().map(Value::to_string).collect::<Vec<_>>().join("\n    or ");
    let ours = ours(data);
    Ok(format!(
        "document {number} of seed {seed} reads differently; the smallest that does:\n{data:#?}\n\
         the authenticator: {}\nwe:                {}",
        shown(&theirs(oracle, data, &ours)?),
        shown(&ours)
    ))
}

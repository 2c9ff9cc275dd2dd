//! The real authenticator, and who it says somebody is.
//!
//! Every document has a section that is clean and holds a sentinel, new with each document: once the
//! sentinel is let in under its new name, the authenticator goes by this document and no other. The
//! authenticator is asked directly, so no token cache answers in its place.

use std::io::Write;

use anyhow::{Result, bail};
use rolecall_core::effective::EffectiveMap;
use rolecall_core::identity_mapping::Section;
use rolecall_testenv::WebhookUser;

use super::{Generator, shrink};

mod cast;
mod compare;
mod stage;

use cast::Person;
use compare::{Ours, is_whom_we_know, ours, told};
use stage::{Case, Stage};

/// Entries in a section, at most.
const MOST: usize = 12;

/// The authenticator's feature gate `SSORoleMatch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    On,
    Off,
}

pub(super) fn run(count: u64, seed: u64, gate: Gate) -> Result<()> {
    let mut generator = Generator::new(seed, MOST);
    let mut stage = Stage::set(gate)?;
    let mut sum = Sum::default();
    for number in 0..count {
        let case = generate(&mut generator);
        if let Some(disagreement) = compare(&mut stage, &case, gate, &mut sum)? {
            let smallest = shrunk(&mut stage, &case, gate, disagreement.who)?;
            let shown = compare(&mut stage, &smallest, gate, &mut sum)?.unwrap_or(disagreement);
            bail!(
                "document {number} of seed {seed} is answered differently; the smallest that is:\n{}",
                shown.text
            );
        }
    }
    // A generator that lets nobody in, or everybody, would agree about nothing much.
    if count >= 100 && (sum.mapped < sum.answers / 20 || sum.mapped > sum.answers / 2) {
        bail!("{} of {} answers are yes: the generator is not worth much", sum.mapped, sum.answers);
    }
    writeln!(
        std::io::stdout(),
        "{count} documents with seed {seed} through the server (`SSORoleMatch` {gate:?}), {} answers: \
         {} let in, {} at random, {} of these seen to differ: no disagreement",
        sum.answers,
        sum.mapped,
        sum.random,
        sum.differing
    )?;
    Ok(())
}

/// What the run came to.
#[derive(Debug, Default)]
struct Sum {
    answers: usize,
    mapped: usize,
    random: usize,
    differing: usize,
}

/// Where the authenticator and we part.
struct Disagreement {
    who: Option<usize>,
    text: String,
}

fn generate(generator: &mut Generator) -> Case {
    let (clean, kind) = *generator.pick(&[
        (Section::MapUsers, "user"),
        (Section::MapUsers, "user"),
        (Section::MapRoles, "role"),
    ]);
    let mut data = generator.document();
    data.insert(clean.key().to_owned(), generator.plain_entries(kind));
    Case { data, clean }
}

/// Puts the case and asks about everybody.
fn compare(stage: &mut Stage, case: &Case, gate: Gate, sum: &mut Sum) -> Result<Option<Disagreement>> {
    let Some(data) = stage.put(case)? else {
        let text = format!("{case:#?}\nits sentinel never gets in, though its section is clean");
        return Ok(Some(Disagreement { who: None, text }));
    };
    let map = EffectiveMap::read(&data);
    let expected: Vec<Ours> = stage.people().iter().map(|person| ours(&map, person, gate)).collect();
    let people = stage.people().iter().enumerate();
    let who: Vec<usize> = people
        .flat_map(|(number, person)| std::iter::repeat_n(number, expected[number].repeats(&map, person)))
        .collect();
    let answers = stage.ask(&who)?;
    let mut previous: Option<(usize, &Option<WebhookUser>)> = None;
    for (&number, theirs) in who.iter().zip(&answers) {
        let person = &stage.people()[number];
        let is_known = theirs.as_ref().is_none_or(|user| is_whom_we_know(person, user));
        if !is_known || !expected[number].allows(theirs.as_ref()) {
            let text = describe(&data, person, &expected[number], theirs.as_ref());
            return Ok(Some(Disagreement { who: Some(number), text }));
        }
        let is_first = previous.is_none_or(|(before, _)| before != number);
        let differs = previous.is_some_and(|(before, answer)| before == number && answer != theirs);
        sum.count(&expected[number], is_first, differs);
        previous = Some((number, theirs));
    }
    Ok(None)
}

impl Sum {
    fn count(&mut self, expected: &Ours, is_first: bool, differs: bool) {
        self.answers += 1;
        self.mapped += usize::from(is_first && expected.is_mapped());
        self.random += usize::from(is_first && expected.is_ambiguous());
        self.differing += usize::from(differs);
    }
}

/// The smallest case about which the authenticator and we still part, about the same person.
fn shrunk(stage: &mut Stage, case: &Case, gate: Gate, who: Option<usize>) -> Result<Case> {
    let clean = case.clean;
    let data = shrink::shrink(&case.data, |data| {
        let candidate = Case { data: data.clone(), clean };
        // A sentinel whose section is spoilt would never be seen, and be waited for.
        let plain = data.get(clean.key()).map_or("", String::as_str);
        if who.is_some() && !is_plain(clean, plain) {
            return Ok(false);
        }
        let found = compare(stage, &candidate, gate, &mut Sum::default())?;
        Ok(found.is_some_and(|disagreement| disagreement.who == who))
    })?;
    Ok(Case { data, clean })
}

/// Is this a list of entries of which nothing is lost, so that a sentinel can stand before them?
fn is_plain(section: Section, text: &str) -> bool {
    let map = EffectiveMap::read(&[(section.key().to_owned(), text.to_owned())].into());
    let reading = map.section(section);
    text.is_empty()
        || text.starts_with("- ") && reading.unreadable().is_none() && !reading.entries().is_empty()
}

fn describe(data: &super::Data, person: &Person, expected: &Ours, theirs: Option<&WebhookUser>) -> String {
    format!(
        "{data:#?}\nwho:               {}\nthe authenticator: {}\nwe:                {expected}",
        person.arn,
        told(theirs)
    )
}

//! What somebody asks for, and what that comes to in this map: edits, or a reason why not.
//!
//! An answer without edits means that the map says so already.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{EntryEdit, NamedPrincipal, Refusal, RefusalKind, Touched};
use crate::effective::{EffectiveMap, Entry};
use crate::finding::nearest;
use crate::identity_mapping::{EntryKey, IdentityMapping, Section};
use crate::render::printable;

/// What is to be done, and what there is to say about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The edits; none where there is nothing to do.
    pub edits: Vec<EntryEdit>,
    /// What was mended or is not there, as sentences.
    pub notes: Vec<String>,
}

/// An entry is to be there.
#[derive(Debug, Clone)]
pub struct Add {
    /// For whom.
    pub named: NamedPrincipal,
    /// The username; by default [`NamedPrincipal::default_username`], or what is there.
    pub username: Option<String>,
    /// The groups.
    pub groups: Vec<String>,
    /// Of an entry that is there, the groups stay and these come to them.
    pub appends: bool,
}

/// Entries are to go.
#[derive(Debug, Clone)]
pub struct Remove {
    /// Which.
    pub selected: Selected,
    /// Of several principals with one username, all go.
    pub all: bool,
}

/// How entries are chosen.
#[derive(Debug, Clone)]
pub enum Selected {
    /// By the principal as it is written, or as it should have been.
    Principal(String),
    /// By the username as it is written.
    Username(String),
}

/// An entry that is there is to say something else.
#[derive(Debug, Clone, Default)]
pub struct SetEntry {
    /// Whose: as it is written, or as it should have been.
    pub principal: String,
    /// The new username.
    pub username: Option<String>,
    /// The groups in place of those that are there.
    pub groups: Option<Vec<String>>,
    /// Groups that come to them.
    pub added: Vec<String>,
    /// Groups that go.
    pub removed: Vec<String>,
}

impl Add {
    /// What it touches.
    pub fn touched(&self) -> Touched {
        Touched::of([self.named.key()])
    }

    /// What it comes to in `map`.
    ///
    /// # Errors
    /// Where there is an entry that says something else, or where a name is blank.
    pub fn answer(&self, map: &EffectiveMap) -> Result<Answer, Refusal> {
        check_names(self.username.as_ref(), &self.groups)?;
        let notes = self.named.notes.clone();
        let key = self.named.key();
        let present: Vec<&Entry> = map.entries().filter(|entry| entry.key == key).collect();
        let Some(winner) = present.last().map(|entry| &entry.mapping) else {
            let groups = distinct(&self.groups);
            let username = self.username.clone().unwrap_or_else(|| self.named.default_username(&groups));
            let mapping = IdentityMapping { principal: self.named.principal.clone(), username, groups };
            let edits = [EntryEdit::Put { section: self.named.section, mapping }].into();
            return Ok(Answer { edits, notes });
        };
        let groups =
            if self.appends { [&winner.groups[..], &self.groups].concat() } else { self.groups.clone() };
        let username = self.username.clone().unwrap_or_else(|| winner.username.clone());
        let meant =
            IdentityMapping { principal: winner.principal.clone(), username, groups: distinct(&groups) };
        if present.iter().all(|entry| entry.mapping.grants_the_same(&meant)) {
            return Ok(Answer { edits: Vec::new(), notes });
        }
        if !self.appends {
            return Err(differs(winner));
        }
        Ok(Answer { edits: [EntryEdit::Put { section: self.named.section, mapping: meant }].into(), notes })
    }
}

impl Remove {
    /// What it touches in `map`. An entry whose username cannot be read may have the one that is meant.
    pub fn touched(&self, map: &EffectiveMap) -> Touched {
        match &self.selected {
            Selected::Principal(text) => Touched::whole(find(map, text).0),
            Selected::Username(name) => {
                let sections = [Section::MapRoles, Section::MapUsers].into();
                Touched { sections, ..Touched::whole(with_username(map, name)) }
            }
        }
    }

    /// What it comes to in `map`.
    ///
    /// # Errors
    /// Where several principals have the username, and not all of them shall go, or where there is no entry
    /// and a section cannot be read.
    pub fn answer(&self, map: &EffectiveMap) -> Result<Answer, Refusal> {
        let (keys, notes) = match &self.selected {
            Selected::Principal(text) => find(map, text),
            Selected::Username(name) => (with_username(map, name), Vec::new()),
        };
        if let (Selected::Username(name), false, 2..) = (&self.selected, self.all, keys.len()) {
            let winners = map.winners();
            let them: Vec<String> = keys
                .iter()
                .filter_map(|key| Some(format!("`{}`", winners.get(key)?.mapping.principal)))
                .collect();
            return Err(Refusal::new(
                RefusalKind::Refused,
                format!("`{name}` is the username of {} principals: {}", them.len(), them.join(", ")),
                "name the ARN of the one that is meant, or `--all`",
            ));
        }
        if keys.is_empty() {
            refuse_unless_readable(map)?;
            return Ok(Answer { edits: Vec::new(), notes: [self.selected.nobody(map)].into() });
        }
        Ok(Answer { edits: keys.into_iter().map(EntryEdit::Remove).collect(), notes })
    }
}

impl Selected {
    /// That nobody is selected, and who may have been meant.
    fn nobody(&self, map: &EffectiveMap) -> String {
        let (what, text, known): (_, _, BTreeSet<&str>) = match self {
            Self::Principal(text) => {
                ("for", text, map.entries().map(|entry| entry.mapping.principal.as_str()).collect())
            }
            Self::Username(name) => {
                ("with username", name, map.entries().map(|entry| entry.mapping.username.as_str()).collect())
            }
        };
        let known: Vec<&str> = known.into_iter().collect();
        let meant = nearest(text, &known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("there is no entry {what} `{text}`{meant}")
    }
}

impl SetEntry {
    /// What it touches in `map`.
    pub fn touched(&self, map: &EffectiveMap) -> Touched {
        Touched::of(find(map, &self.principal).0)
    }

    /// What it comes to in `map`.
    ///
    /// # Errors
    /// Where there is no such entry, where two sections have one, or where a name is blank.
    pub fn answer(&self, map: &EffectiveMap) -> Result<Answer, Refusal> {
        check_names(self.username.as_ref(), self.groups.iter().flatten().chain(&self.added))?;
        let (keys, mut notes) = find(map, &self.principal);
        if keys.is_empty() {
            refuse_unless_readable(map)?;
        }
        let [key] = &keys[..] else { return Err(self.not_one(map, &keys)) };
        if key.section() == Section::MapAccounts {
            let reason = format!("`{}` is an account, which has neither username nor groups", self.principal);
            return Err(Refusal::new(RefusalKind::Senseless, reason, "map its principals one by one"));
        }
        let present: Vec<&Entry> = map.entries().filter(|entry| entry.key == *key).collect();
        let Some(winner) = present.last().map(|entry| &entry.mapping) else {
            return Err(self.not_one(map, &[]));
        };
        let base = self.groups.as_ref().unwrap_or(&winner.groups);
        notes.extend(
            self.removed
                .iter()
                .filter(|group| !base.contains(group))
                .map(|group| format!("`{}` is not in `{group}`", winner.principal)),
        );
        let groups = base.iter().chain(&self.added).filter(|group| !self.removed.contains(group));
        let meant = IdentityMapping {
            principal: winner.principal.clone(),
            username: self.username.clone().unwrap_or_else(|| winner.username.clone()),
            groups: distinct(groups),
        };
        if present.iter().all(|entry| entry.mapping.grants_the_same(&meant)) {
            return Ok(Answer { edits: Vec::new(), notes });
        }
        Ok(Answer { edits: [EntryEdit::Put { section: key.section(), mapping: meant }].into(), notes })
    }

    fn not_one(&self, map: &EffectiveMap, keys: &[EntryKey]) -> Refusal {
        if keys.is_empty() {
            let reason = Selected::Principal(self.principal.clone()).nobody(map);
            return Refusal::new(RefusalKind::NotThere, reason, "`rolecall map add` adds one");
        }
        let reason = format!("`{}` has an entry in `mapRoles` and one in `mapUsers`", self.principal);
        Refusal::new(RefusalKind::Refused, reason, "remove the one in the wrong section by hand first")
    }
}

/// The entries of a principal: those that are written like this, else those that should be.
fn find(map: &EffectiveMap, text: &str) -> (Vec<EntryKey>, Vec<String>) {
    let of = |principal: &str| -> Vec<EntryKey> {
        let keys = Section::ALL.map(|section| EntryKey::new(section, principal));
        keys.into_iter().filter(|key| map.entries().any(|entry| entry.key == *key)).collect()
    };
    let as_written = of(text);
    match NamedPrincipal::arn(text) {
        Ok(named) if as_written.is_empty() => (of(&named.principal), named.notes),
        _ => (as_written, Vec::new()),
    }
}

fn with_username(map: &EffectiveMap, name: &str) -> Vec<EntryKey> {
    let has_it =
        |entry: &&Entry| entry.mapping.username == name && entry.key.section() != Section::MapAccounts;
    let keys: BTreeSet<&EntryKey> = map.entries().filter(has_it).map(|entry| &entry.key).collect();
    keys.into_iter().cloned().collect()
}

/// Who is not found may stand in a section that cannot be read.
fn refuse_unless_readable(map: &EffectiveMap) -> Result<(), Refusal> {
    let unreadable = map.unreadable();
    let Some(section) = unreadable.first().map(|reading| reading.section()) else { return Ok(()) };
    let reason = format!("`{section}` cannot be read, and the entry may stand there");
    Err(Refusal::new(RefusalKind::Refused, reason, "mend it first: `rolecall check` shows the place"))
}

/// Blank names, blanks around them, and characters that are none of a line are never meant.
fn check_names<'a>(
    username: Option<&'a String>,
    groups: impl IntoIterator<Item = &'a String>,
) -> Result<(), Refusal> {
    let of_username = username.and_then(|username| Some(("username", username, problem(username)?)));
    let mut of_groups = groups.into_iter().filter_map(|group| Some(("group", group, problem(group)?)));
    let Some((what, text, problem)) = of_username.or_else(|| of_groups.next()) else { return Ok(()) };
    let reason = if text.trim().is_empty() {
        format!("the {what} is empty")
    } else {
        format!("the {what} `{}` has {problem}", printable(text))
    };
    Err(Refusal::new(RefusalKind::Senseless, reason, "the authenticator takes it as it is written"))
}

fn problem(name: &str) -> Option<&'static str> {
    if name.contains(['\n', '\r']) {
        return Some("a line break in it");
    }
    if name.contains(char::is_control) {
        return Some("a control character in it");
    }
    (name.is_empty() || name.trim() != name).then_some("blanks around it")
}

/// The same texts in their order, each once.
pub(super) fn distinct<'a>(texts: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for text in texts {
        if !distinct.contains(text) {
            distinct.push(text.clone());
        }
    }
    distinct
}

fn differs(there: &IdentityMapping) -> Refusal {
    let IdentityMapping { principal, username, groups } = there;
    let reason =
        format!("`{principal}` has an entry that says something else: `{username}` [{}]", groups.join(", "));
    let hint = format!("`rolecall map set {principal} …` changes it, `--append` adds the groups to it");
    Refusal::new(RefusalKind::Refused, reason, hint)
}

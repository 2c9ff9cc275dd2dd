//! A file that is edited, or stdin: read, changed, shown as a diff, and written as a whole or not at all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rolecall_core::check::masked;
use rolecall_core::document::AwsAuthDocument;
use rolecall_core::edit::{EntryEdit, edited_text, new_findings};
use rolecall_core::effective::Entry;
use rolecall_core::finding::{Finding, has_errors};
use rolecall_core::identity_mapping::EntryKey;
use rolecall_core::render::API_VERSION;
use serde_json::{Value, json};
use similar::TextDiff;

use super::failure;
use crate::failure::{Failure, Status};
use crate::files;
use crate::output::{Screen, difference};
use crate::replace::{Access, replace};

/// A map without an entry, as a new file begins.
const NOTHING: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata: {}\n";

/// A document on the desk.
pub(super) struct Sheet {
    pub(super) name: String,
    /// `None` for stdin.
    path: Option<PathBuf>,
    /// What is on the disk, nothing for a file that is not there yet.
    before: String,
    pub(super) document: AwsAuthDocument,
    pub(super) findings: Vec<Finding>,
}

impl Sheet {
    /// The text of stdin goes to stdout, where a document for scripts has no room beside it.
    pub(super) fn check_output(path: &Path, dry_run: bool, screen: &Screen) -> Result<(), Failure> {
        if path != Path::new("-") || dry_run || screen.is_text() {
            return Ok(());
        }
        Err(Failure::usage("the text of stdin is written to stdout, where nothing else has room")
            .hint("edit stdin without `--output`, or look at the edit with `--dry-run`"))
    }

    /// Reads the map at `path`.
    pub(super) fn open(path: &Path, screen: &Screen) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Self::of("stdin".to_owned(), None, files::read_stdin()?, screen);
        }
        let path = files::find_map(path)?.ok_or_else(|| files::no_map_in(path))?;
        let text = files::read(&path)?;
        Self::of(files::shown(&path), Some(path), text, screen)
    }

    /// The same, or a new map where the file that was named is not there yet.
    pub(super) fn open_or_begin(path: &Path, screen: &Screen) -> Result<Self, Failure> {
        let is_yaml = path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
        if !is_yaml || path.exists() {
            return Self::open(path, screen);
        }
        let sheet = Self::of(files::shown(path), Some(path.to_owned()), NOTHING.to_owned(), screen)?;
        Ok(Self { before: String::new(), ..sheet })
    }

    fn of(name: String, path: Option<PathBuf>, text: String, screen: &Screen) -> Result<Self, Failure> {
        screen.heed(&text);
        let (document, findings) = AwsAuthDocument::parse(&name, &text);
        let Some(document) = document else {
            screen.talk_of_findings(&files::checked(Path::new(&name), &text, None, findings));
            return Err(files::refused(Path::new(&name)));
        };
        Ok(Self { name, path, before: text, document, findings })
    }

    /// Tells that something is wrong with the map, whatever becomes of it.
    pub(super) fn warn_of_errors(&self, screen: &Screen) {
        if has_errors(&self.findings) {
            screen.warning(format!("not all of `{}` can be read as it should", self.name));
            screen.hint("`rolecall check` tells what is wrong with it");
        }
    }

    /// Makes `edits`, unless the result were worse than before, and tells what changed.
    pub(super) fn edit(
        &self,
        edits: &[EntryEdit],
        dry_run: bool,
        screen: &Screen,
    ) -> Result<Status, Failure> {
        let text = if edits.is_empty() { self.before.clone() } else { self.edited(edits, screen)? };
        let winners = self.document.effective().winners();
        let told: Vec<Value> = edits.iter().filter_map(|edit| told(edit, &winners)).collect();
        self.write(&text, &told, dry_run, screen)?;
        if text == self.before {
            screen.note(format!("nothing to do: `{}` says so already", self.name));
        }
        Ok(Status::Done)
    }

    /// The text with `edits` made in it, which is no worse than before.
    fn edited(&self, edits: &[EntryEdit], screen: &Screen) -> Result<String, Failure> {
        let text = edited_text(&self.document, edits).map_err(failure)?;
        let (_, findings) = AwsAuthDocument::parse(&self.name, &text);
        let new = new_findings(&self.findings, findings);
        let is_worse = has_errors(&new);
        screen.talk_of_findings(&files::checked(Path::new(&self.name), &text, None, new));
        if is_worse {
            let message = format!("the edit is refused, and `{}` was not changed", self.name);
            return Err(Failure::refused(message).hint("what is shown above would be wrong with the file"));
        }
        Ok(text)
    }

    /// Writes `text`, and tells what changed. The text of stdin goes to stdout, changed or not.
    pub(super) fn write(
        &self,
        text: &str,
        edits: &[Value],
        dry_run: bool,
        screen: &Screen,
    ) -> Result<(), Failure> {
        let is_changed = text != self.before;
        let is_written = is_changed && !dry_run;
        let diff = difference(&self.name, &masked(&self.before), &masked(text));
        match &self.path {
            None if !dry_run => {
                screen.show(&diff);
                files::write_stdout(text)?;
            }
            Some(path) if is_written => replace(path, &self.before, text, Access::Kept)?,
            _ => {}
        }
        if screen.is_json() && (self.path.is_some() || dry_run) {
            screen.json(&self.report(text, edits, is_written))?;
        } else if self.path.is_some() || dry_run {
            screen.lines(&diff)?;
        }
        match (is_changed, is_written) {
            (true, true) if self.path.is_some() => screen.note(format!("`{}` is written", self.name)),
            (true, false) => screen.note("nothing was changed: this was a dry run"),
            _ => {}
        }
        Ok(())
    }

    fn report(&self, text: &str, edits: &[Value], is_written: bool) -> Value {
        let (before, after) = (masked(&self.before), masked(text));
        let diff = TextDiff::from_lines(&before, &after);
        let diff = diff.unified_diff().header(&self.name, &self.name).to_string();
        json!({
            "apiVersion": API_VERSION,
            "kind": "MapEdit",
            "file": self.name,
            "changed": text != self.before,
            "written": is_written,
            "edits": edits,
            "diff": diff,
        })
    }
}

/// One edit for scripts; `None` where it changes nothing.
fn told(edit: &EntryEdit, winners: &BTreeMap<EntryKey, &Entry>) -> Option<Value> {
    let key = edit.key();
    let before = winners.get(&key).map(|entry| &entry.mapping);
    let after = edit.mapping();
    let action = match (before, after) {
        (None, Some(_)) => "add",
        (Some(_), Some(_)) => "update",
        (Some(_), None) => "remove",
        (None, None) => return None,
    };
    let principal = after.or(before).map(|mapping| mapping.principal.as_str());
    let kind = key.section().kind();
    Some(json!({ "action": action, "kind": kind, "principal": principal, "before": before, "after": after }))
}

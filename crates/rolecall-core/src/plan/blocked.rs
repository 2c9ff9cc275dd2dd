//! What makes a plan impossible, whatever its guards say.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::compare::Compared;
use super::ownership::Ownership;
use super::policies::judging_policy;
use super::{Blocked, Standing};
use crate::cluster::AuthenticationMode;
use crate::desired::DesiredAccess;
use crate::identity_mapping::Section;
use crate::ledger::Ledger;
use crate::observed::{Knowledge, ObservedAccess};
use crate::policy;
use crate::source::SourceId;

/// Everything that speaks against planning this at all.
pub(super) fn blocked(
    desired: &DesiredAccess,
    observed: &ObservedAccess,
    ownership: &Ownership,
    compared: &Compared,
) -> Vec<Blocked> {
    let blocks = [
        mode_block(observed),
        take_over_block(desired, observed),
        unmanaged_block(desired, observed, compared),
        hidden_block(desired, ownership, compared),
    ];
    blocks.into_iter().flatten().collect()
}

/// Taking over from a source that was never here, or whose entries this file does not have, is a slip of the
/// pen: a file that has moved still says much the same.
fn take_over_block(desired: &DesiredAccess, observed: &ObservedAccess) -> Option<Blocked> {
    let taken = desired.takes_over()?;
    let nothing = Ledger::default();
    let ledger = observed.ledger.known()?.as_ref().map_or(&nothing, |observed| &observed.ledger);
    let sources: BTreeSet<&SourceId> = ledger.owners.values().chain(ledger.applied.keys()).collect();
    if !sources.contains(taken) {
        let known: Vec<String> = sources.iter().map(|source| format!("`{source}`")).collect();
        return Some(Blocked {
            reason: format!("there is nothing to take over from: `{taken}` has never applied anything here"),
            hint: match known.join(", ").as_str() {
                "" => "leave it out: nobody has".into(),
                known => format!("the sources of this cluster are: {known}"),
            },
        });
    }
    let mut theirs = ledger.owners.iter().filter(|(_, owner)| *owner == taken).map(|(key, _)| key).peekable();
    let wanted = desired.document().effective().winners();
    (theirs.peek().is_some() && !theirs.any(|key| wanted.contains_key(key))).then(|| Blocked {
        reason: format!("nothing of what `{taken}` owns is in this file, so it is not that one's new place"),
        hint: "leave `--take-over` out, or keep the entries when the file moves".into(),
    })
}

/// In `API` mode the map means nothing, so that a change of it would be a promise that nobody keeps.
fn mode_block(observed: &ObservedAccess) -> Option<Blocked> {
    let is_api = matches!(observed.mode, Knowledge::Known(AuthenticationMode::Api));
    is_api.then(|| Blocked {
        reason: format!(
            "cluster `{}` is in authentication mode `API`: it does not read `aws-auth`",
            observed.cluster
        ),
        hint: "use access entries for this cluster".into(),
    })
}

/// `unmanaged: refuse` holds as soon as one of the policies that judge says it.
fn unmanaged_block(
    desired: &DesiredAccess,
    observed: &ObservedAccess,
    compared: &Compared,
) -> Option<Blocked> {
    // Taking some of them away is how they go.
    let takes_away = desired.is_partial() && desired.document().effective().is_empty();
    if takes_away
        || desired.restores()
        || judging_policy(desired, observed).unmanaged != policy::Unmanaged::Refuse
    {
        return None;
    }
    let nobodys = compared.unmanaged.iter().filter(|entry| entry.standing == Standing::Nobody);
    let names: Vec<String> = nobodys.map(|entry| format!("`{}`", entry.mapping.principal)).collect();
    if !names.is_empty() {
        return Some(Blocked {
            reason: format!("the policy refuses entries that are not ours: {}", names.join(", ")),
            hint: "add them to the file, or remove them from the cluster".into(),
        });
    }
    (!compared.hidden.is_empty()).then(|| Blocked {
        reason: format!(
            "the policy refuses entries that are not ours, and {} cannot be read",
            listed(&compared.hidden)
        ),
        hint: "mend it in the cluster, by hand".into(),
    })
}

/// What cannot be read cannot be edited: a file may replace such a section, an edit of a few entries not.
fn hidden_block(desired: &DesiredAccess, ownership: &Ownership, compared: &Compared) -> Option<Blocked> {
    let sections = &compared.hidden;
    let ours: usize = sections.iter().map(|section| ownership.ours_in(*section)).sum();
    if sections.is_empty() || desired.restores() || !(desired.is_partial() || ours > 0) {
        return None;
    }
    let (reason, hint) = if desired.is_partial() {
        ("nobody can say what an edit would do", "mend it first: apply a whole file")
    } else {
        ("what is ours in it cannot be taken out", "mend it in the cluster, by hand")
    };
    Some(Blocked { reason: format!("{} cannot be read: {reason}", listed(sections)), hint: hint.into() })
}

fn listed(sections: &[Section]) -> String {
    let names: Vec<String> = sections.iter().map(|section| format!("`{section}`")).collect();
    names.join(", ")
}

//! What makes a plan impossible, whatever its guards say.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::policies::policies;
use super::{Blocked, Standing, Unmanaged};
use crate::cluster::AuthenticationMode;
use crate::desired::DesiredAccess;
use crate::effective::{EffectiveMap, SectionReading};
use crate::observed::{Knowledge, ObservedAccess};
use crate::policy;
use crate::source::SourceId;

/// Everything that speaks against planning this at all.
pub(super) fn blocked(
    desired: &DesiredAccess,
    observed: &ObservedAccess,
    have: &EffectiveMap,
    unmanaged: &[Unmanaged],
) -> Vec<Blocked> {
    let blocks = [
        mode_block(observed),
        take_over_block(desired, observed),
        unmanaged_block(desired, observed, unmanaged),
        unreadable_block(desired, have),
    ];
    blocks.into_iter().flatten().collect()
}

/// Taking over from a source that was never here is a slip of the pen.
fn take_over_block(desired: &DesiredAccess, observed: &ObservedAccess) -> Option<Blocked> {
    let taken = desired.takes_over()?;
    let ledger = observed.ledger.known()?.as_ref().map(|observed| &observed.ledger);
    let sources: BTreeSet<&SourceId> =
        ledger.into_iter().flat_map(|ledger| ledger.owners.values().chain(ledger.applied.keys())).collect();
    let known: Vec<String> = sources.iter().map(|source| format!("`{source}`")).collect();
    (!sources.contains(taken)).then(|| Blocked {
        reason: format!("there is nothing to take over from: `{taken}` has never applied anything here"),
        hint: format!("the sources of this cluster are: {}", known.join(", ")),
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

/// `unmanaged: refuse` holds as soon as either the last applied or the proposed policy says it.
fn unmanaged_block(
    desired: &DesiredAccess,
    observed: &ObservedAccess,
    unmanaged: &[Unmanaged],
) -> Option<Blocked> {
    // Taking some of them away is how they go.
    if desired.is_partial() && desired.document().effective().is_empty() {
        return None;
    }
    let is_refused = policies(desired, observed).any(|policy| policy.unmanaged == policy::Unmanaged::Refuse);
    let nobodys = unmanaged.iter().filter(|entry| entry.standing == Standing::Nobody);
    let names: Vec<String> = nobodys.map(|entry| format!("`{}`", entry.mapping.principal)).collect();
    (is_refused && !names.is_empty()).then(|| Blocked {
        reason: format!("the policy refuses entries that are not ours: {}", names.join(", ")),
        hint: "add them to the file, or remove them from the cluster".into(),
    })
}

/// A file may replace a section that cannot be read; an edit of a few entries cannot even find them in it.
fn unreadable_block(desired: &DesiredAccess, have: &EffectiveMap) -> Option<Blocked> {
    let unreadable = have.unreadable();
    let names: Vec<String> =
        unreadable.iter().map(|reading| format!("`{}`", SectionReading::section(reading))).collect();
    (desired.is_partial() && !names.is_empty()).then(|| Blocked {
        reason: format!("{} cannot be read, so that nobody can say what an edit would do", names.join(", ")),
        hint: "mend it first: apply a whole file".into(),
    })
}

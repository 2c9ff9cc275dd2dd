use super::*;
use crate::effective::EffectiveMap;
use crate::fixtures::{applied, circumstances, entry, wanted};
use crate::guard::{Guard, Verdict, judge};
use crate::identity_mapping::EntryKey;
use crate::observed::{LAST_APPLIED_ANNOTATION, ObservedLedger};
use crate::plan::{Action, Plan, Standing, plan};
use crate::policy::{self, Policy};
use crate::source::SourceId;

fn alter_roles(observed: &mut ObservedAccess, change: impl FnOnce(&mut String)) {
    observed.map.as_mut().unwrap().alter(|data| change(data.get_mut("mapRoles").unwrap()));
}

fn key(name: &str) -> EntryKey {
    EntryKey::new(Section::MapRoles, &format!("arn:aws:iam::111122223333:role/{name}"))
}

fn put(name: &str, groups: &[&str]) -> EntryEdit {
    let principal = format!("arn:aws:iam::111122223333:role/{name}");
    let groups = groups.iter().map(|group| (*group).to_string()).collect();
    let mapping = IdentityMapping { principal, username: name.to_string(), groups };
    EntryEdit::Put { section: Section::MapRoles, mapping }
}

fn remove(name: &str) -> EntryEdit {
    EntryEdit::Remove(key(name))
}

/// A repository's `ours`, somebody's `stray`, and `hand`, which `cli` owns.
fn cluster(policy: Policy) -> ObservedAccess {
    let (ours, stray) = (entry("role/ours", "ours", "dev"), entry("role/stray", "stray", "dev"));
    let hand = entry("role/hand", "hand", "dev");
    let files = wanted(&[("mapRoles", &ours)], "aws-auth.yml", policy);
    let mut cluster = applied(&[("mapRoles", &format!("{ours}{stray}{hand}"))], Some(&files));
    let mut ledger = cluster.ledger().unwrap().clone();
    ledger.unmanaged.remove(&key("hand"));
    ledger.owners.insert(key("hand"), SourceId::cli());
    cluster.ledger =
        crate::observed::Knowledge::Known(Some(ObservedLedger { resource_version: "1".to_string(), ledger }));
    cluster
}

fn planned(edits: &[EntryEdit], observed: &ObservedAccess) -> Plan {
    plan(&wished(edits, observed).unwrap(), observed)
}

fn changes(plan: &Plan) -> Vec<(Action, String)> {
    plan.changes().iter().map(|change| (change.action, change.subject.to_string())).collect()
}

#[test]
fn an_edit_changes_its_entry_and_claims_nothing_else() {
    let observed = cluster(Policy::default());
    let check = |edit: EntryEdit, action: Action, owner: Option<SourceId>| {
        let plan = planned(std::slice::from_ref(&edit), &observed);
        assert_eq!(changes(&plan), [(action, edit.key().principal().to_string())]);
        let mut owners = observed.ledger().unwrap().owners.clone();
        owners.remove(&edit.key());
        owners.extend(owner.map(|owner| (edit.key(), owner)));
        assert_eq!(plan.ledger().owners, owners, "{edit:?}");
        assert_eq!(plan.ledger().applied, observed.ledger().unwrap().applied);
        assert!(plan.blocked().is_empty() && plan.conflicts().is_empty());
        let others = |data: &BTreeMap<String, String>| -> Vec<IdentityMapping> {
            let map = EffectiveMap::read(data);
            map.entries().filter(|entry| entry.key != edit.key()).map(|entry| entry.mapping.clone()).collect()
        };
        assert_eq!(others(plan.data()), others(observed.data()));
    };
    check(put("new", &["view"]), Action::Add, Some(SourceId::cli()));
    check(put("hand", &["view"]), Action::Update, Some(SourceId::cli()));
    check(put("stray", &["view"]), Action::Update, Some(SourceId::cli()));
    check(remove("hand"), Action::Remove, None);
    check(remove("stray"), Action::Remove, None);
    assert!(planned(&[put("hand", &["dev"])], &observed).is_empty());
    let looked = planned(&[], &observed);
    assert!(looked.is_empty() && looked.unmanaged().len() == 3, "a look at everybody");
    let hand = looked.unmanaged().iter().find(|one| one.key == key("hand")).unwrap();
    assert_eq!(hand.standing, Standing::OwnedBy(SourceId::cli()));
}

#[test]
fn what_a_repository_owns_is_not_for_the_hand() {
    let observed = cluster(Policy::default());
    for edit in [put("ours", &["view"]), remove("ours")] {
        let plan = planned(&[edit], &observed);
        assert!(plan.is_empty() && plan.calls().is_empty());
        assert_eq!(plan.conflicts().len(), 1);
        assert_eq!(plan.ledger().owners, observed.ledger().unwrap().owners);
    }
}

#[test]
fn an_edit_is_no_look_at_an_intruder() {
    let mut observed = cluster(Policy::default());
    let intruder = entry("role/intruder", "i", "dev");
    alter_roles(&mut observed, |roles| roles.push_str(&intruder));
    let plan = planned(&[put("new", &["view"])], &observed);
    assert!(!plan.ledger().unmanaged.contains(&key("intruder")), "still new at the next look");
    assert!(plan.ledger().unmanaged.contains(&key("stray")));
}

#[test]
fn a_policy_against_strays_lets_one_of_them_go() {
    let refusing = Policy { unmanaged: policy::Unmanaged::Refuse, ..Policy::default() };
    let observed = cluster(refusing);
    assert_eq!(planned(&[put("new", &["view"])], &observed).blocked().len(), 1);
    assert!(planned(&[remove("stray")], &observed).blocked().is_empty());
}

#[test]
fn a_section_that_cannot_be_read_is_not_replaced_by_an_edit() {
    let mut observed = cluster(Policy::default());
    alter_roles(&mut observed, |roles| *roles = "- rolearn: [".to_string());
    let plan = planned(&[put("new", &["view"])], &observed);
    assert!(plan.is_empty() && plan.blocked().len() == 1);
}

#[test]
fn what_kubectl_applied_is_not_claimed_by_an_edit() {
    let mut observed = cluster(Policy::default());
    observed.ledger = crate::observed::Knowledge::Known(None);
    let applied = serde_json::json!({ "data": observed.data() }).to_string();
    observed.map.as_mut().unwrap().annotations.insert(LAST_APPLIED_ANNOTATION.to_string(), applied);
    let plan = planned(&[put("new", &["view"])], &observed);
    assert_eq!(changes(&plan).len(), 1);
    assert_eq!(plan.ledger().owners.keys().collect::<Vec<_>>(), [&key("new")]);
}

#[test]
fn guards_judge_an_edit_as_any_change() {
    let observed = cluster(Policy::default());
    let all = [remove("stray"), remove("hand")];
    let wish = wished(&all, &observed).unwrap();
    let judgements = judge(&plan(&wish, &observed), &wish, &observed, &circumstances());
    let rg04 = judgements.iter().find(|judgement| judgement.guard == Guard::Rg04).unwrap();
    assert_eq!(rg04.verdict, Verdict::Passed, "{}", rg04.message);
}

#[test]
fn an_entry_that_a_file_might_not_have_is_refused() {
    let observed = cluster(Policy::default());
    let nobody = EntryEdit::Put {
        section: Section::MapRoles,
        mapping: IdentityMapping { principal: String::new(), username: "a".to_string(), groups: Vec::new() },
    };
    assert!(wished(&[nobody], &observed).unwrap_err().reason.starts_with("RC"));
}

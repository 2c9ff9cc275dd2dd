//! The line as an editor: what was wished for is what is read back, nothing else changes, and taking the wish
//! back gives the same bytes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rolecall_core::cluster::ClusterIdentity;
use rolecall_core::desired::DesiredAccess;
use rolecall_core::document::AwsAuthDocument;
use rolecall_core::edit::{Add, Answer, NamedPrincipal, Refusal, Remove, Selected, edited_text};
use rolecall_core::effective::{EffectiveMap, SectionReading};
use rolecall_core::identity_mapping::Section;
use rolecall_core::observed::{Caller, Knowledge, ObservedAccess, ObservedMap};
use rolecall_core::plan::{Plan, plan};
use rolecall_core::policy::Policy;
use rolecall_core::predict::predict;
use rolecall_core::source::SourceRevision;

use crate::{cases, yamlish};

const WISH: &str = "arn:aws:iam::111122223333:role/wish";

/// Maps as they are found: good ones in several hands, and some that are not.
fn map() -> impl Strategy<Value = String> {
    let entry = prop::sample::select(vec![
        "- rolearn: arn:aws:iam::111122223333:role/a\n  username: a\n  groups: [g]\n",
        "- rolearn: arn:aws:iam::111122223333:role/b\n  username: b # why\n  groups:\n  - g\n  - h\n",
        "# who knows\n- groups:\n    - system:masters\n  rolearn:   'arn:aws:iam::111122223333:role/c'\n  username: \"c\"\n",
        "- {rolearn: arn:aws:iam::111122223333:role/d, username: d, groups: [g]}\n",
        "-   username: e\n    rolearn: arn:aws:iam::111122223333:role/e\n\n",
        "- sso: {permissionSetName: A, accountID: '111122223333'}\n  username: s\n",
        "- just a text\n",
    ]);
    let entries = prop::collection::vec(entry, 0..5).prop_map(|entries| entries.concat());
    let indented =
        entries.clone().prop_map(|text| text.lines().flat_map(|line| ["  ", line, "\n"]).collect());
    let crlf = entries.clone().prop_map(|text| text.replace('\n', "\r\n"));
    let json = Just(format!("[{{\"rolearn\": \"{WISH}2\", \"username\": \"j\", \"groups\": []}}]"));
    let empty = prop::sample::select(vec!["", "[]", "[]\n", "# nothing\n", "null\n"]).prop_map(str::to_owned);
    prop_oneof![6 => entries, 2 => indented, 2 => crlf, 1 => json, 1 => empty, 1 => yamlish()]
}

fn cluster(text: &str) -> ObservedAccess {
    let data: BTreeMap<String, String> = [("mapRoles".to_owned(), text.to_owned())].into();
    let identity = ClusterIdentity { name: "prod".into(), endpoint: None, ca_fingerprint: None };
    let caller = Caller { username: "admin".into(), groups: Vec::new(), canonical_arn: None };
    ObservedAccess {
        map: Some(ObservedMap::of_data(data)),
        ledger: Knowledge::Known(None),
        caller: Knowledge::Known(caller),
        ..ObservedAccess::unseen(identity, "not asked")
    }
}

/// A file that wants the wish in these groups, or nothing.
fn desired(wish: Option<&[&str]>) -> DesiredAccess {
    let roles = wish.map_or("[]\n".to_owned(), |groups| {
        format!("|\n    - rolearn: {WISH}\n      username: wish\n      groups: [{}]\n", groups.join(", "))
    });
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\ndata:\n";
    let roles = if wish.is_some() { roles } else { format!("'{}'\n", roles.trim()) };
    let (document, findings) = AwsAuthDocument::parse("aws-auth.yml", &format!("{head}  mapRoles: {roles}"));
    DesiredAccess::new(document, &findings, SourceRevision::cli(), Policy::default()).unwrap()
}

fn text(cluster: &ObservedAccess) -> &str {
    &cluster.data()["mapRoles"]
}

/// Username and groups of each entry, whoever it is for.
fn said(text: &str) -> Vec<(String, String, Vec<String>)> {
    let map = EffectiveMap::read(&[("mapRoles".to_owned(), text.to_owned())].into());
    let entries = map.section(Section::MapRoles).entries().iter();
    let said = entries.map(|entry| entry.mapping.clone());
    said.map(|mapping| (mapping.principal, mapping.username, mapping.groups)).collect()
}

/// Carries a plan out, unless something stands against it.
fn carried_out(desired: &DesiredAccess, cluster: &ObservedAccess) -> Option<(Plan, ObservedAccess)> {
    let plan = plan(desired, cluster);
    let after = predict(&plan, cluster);
    plan.blocked().is_empty().then_some((plan, after))
}

/// Is there a list to begin with?
fn is_list(text: &str) -> bool {
    SectionReading::read(Section::MapRoles, Some(text)).sequence().is_some()
}

/// A last line without an end gets one when another line follows, and keeps it.
fn closed(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text).trim_end_matches('\r')
}

/// A file with this text of `mapRoles`, or nothing where that is not what it would say.
fn file(roles: &str) -> Option<AwsAuthDocument> {
    let indented: String = roles.lines().flat_map(|line| ["    ", line, "\n"]).collect();
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\ndata:\n";
    let text = format!("{head}  mapRoles: |\n{indented}# the end\n");
    let document = AwsAuthDocument::parse("aws-auth.yml", &text).0?;
    (document.effective().unreadable().is_empty()).then_some(document)
}

/// The file after an edit by hand; nothing where it is refused.
fn by_hand(document: &AwsAuthDocument, answer: Result<Answer, Refusal>) -> Option<AwsAuthDocument> {
    let text = edited_text(document, &answer.ok()?.edits).ok()?;
    let edited = AwsAuthDocument::parse("aws-auth.yml", &text).0;
    Some(edited.unwrap_or_else(|| panic!("an edit has broken the file: {text}")))
}

fn wish_by_hand() -> Add {
    let named = NamedPrincipal::arn(WISH).unwrap();
    Add { named, username: Some("wish".to_owned()), groups: vec!["g".to_owned()], appends: false }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn what_is_added_to_a_file_is_read_back_and_taken_out_again(before in map()) {
        let Some(start) = file(&before) else { return Ok(()) };
        let answer = wish_by_hand().answer(start.effective());
        let Some(added) = by_hand(&start, answer) else { return Ok(()) };
        let roles = |document: &AwsAuthDocument| said(&document.data()["mapRoles"]);
        let mut expected = roles(&start);
        expected.push((WISH.to_owned(), "wish".to_owned(), vec!["g".to_owned()]));
        prop_assert_eq!(roles(&added), expected, "{}", added.text());
        let remove = Remove { selected: Selected::Principal(WISH.to_owned()), all: false };
        let removed = by_hand(&added, remove.answer(added.effective()));
        prop_assert!(removed.is_some(), "what was added cannot be taken out: {}", added.text());
        let removed = removed.unwrap();
        prop_assert_eq!(roles(&removed), roles(&start));
        if is_list(&before) {
            prop_assert_eq!(removed.text(), start.text(), "after {}", added.text());
        }
    }

    #[test]
    fn a_wish_is_read_back_and_nothing_else_changes(before in map()) {
        let start = cluster(&before);
        let is_readable = EffectiveMap::read(start.data()).unreadable().is_empty();
        let Some((_, after)) = carried_out(&desired(Some(&["g", "h"])), &start) else { return Ok(()) };
        let mut expected = if is_readable { said(&before) } else { Vec::new() };
        expected.push((WISH.to_owned(), "wish".to_owned(), vec!["g".to_owned(), "h".to_owned()]));
        prop_assert_eq!(said(text(&after)), expected, "{:?}", text(&after));
        let again = plan(&desired(Some(&["g", "h"])), &after);
        prop_assert!(again.changes().is_empty() && again.calls().is_empty(), "planned again");
    }

    #[test]
    fn a_wish_taken_back_leaves_the_same_bytes(before in map()) {
        let start = cluster(&before);
        if !EffectiveMap::read(start.data()).unreadable().is_empty() { return Ok(()) }
        let Some((_, wished)) = carried_out(&desired(Some(&["g"])), &start) else { return Ok(()) };
        let Some((_, undone)) = carried_out(&desired(None), &wished) else { return Ok(()) };
        prop_assert_eq!(said(text(&undone)), said(&before));
        // A text without a list gets one for the wish, and keeps it, empty.
        if is_list(&before) {
            prop_assert_eq!(closed(text(&undone)), closed(&before), "after {:?}", text(&wished));
        }
    }

    #[test]
    fn a_changed_wish_taken_back_leaves_the_same_bytes(before in map()) {
        let start = cluster(&before);
        if !EffectiveMap::read(start.data()).unreadable().is_empty() { return Ok(()) }
        let Some((_, wished)) = carried_out(&desired(Some(&["g"])), &start) else { return Ok(()) };
        let Some((_, changed)) = carried_out(&desired(Some(&["h", "i"])), &wished) else { return Ok(()) };
        let Some((_, back)) = carried_out(&desired(Some(&["g"])), &changed) else { return Ok(()) };
        prop_assert_eq!(said(text(&back)), said(text(&wished)));
        prop_assert_eq!(text(&back), text(&wished), "after {:?}", text(&changed));
    }
}

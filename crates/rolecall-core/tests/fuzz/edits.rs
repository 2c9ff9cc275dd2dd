//! The line as an editor: what was wished for is what is read back, nothing else changes, and taking the wish
//! back gives the same bytes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rolecall_core::cluster::ClusterIdentity;
use rolecall_core::desired::DesiredAccess;
use rolecall_core::document::AwsAuthDocument;
use rolecall_core::effective::EffectiveMap;
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
    let unknown = || "not asked".to_owned();
    let data: BTreeMap<String, String> = [("mapRoles".to_owned(), text.to_owned())].into();
    ObservedAccess {
        cluster: ClusterIdentity { name: "prod".into(), endpoint: None, ca_fingerprint: None },
        observed_at: None,
        mode: Knowledge::Unknown(unknown()),
        access_entries: Knowledge::Unknown(unknown()),
        map: Some(ObservedMap { data, ..ObservedMap::default() }),
        ledger: Knowledge::Known(None),
        unfinished: Vec::new(),
        caller: Knowledge::Known(Caller {
            username: "admin".into(),
            groups: Vec::new(),
            canonical_arn: None,
        }),
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

proptest! {
    #![proptest_config(cases(512))]

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
        if before.contains("- ") || before.starts_with('[') {
            prop_assert_eq!(text(&undone), before.as_str(), "after {:?}", text(&wished));
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

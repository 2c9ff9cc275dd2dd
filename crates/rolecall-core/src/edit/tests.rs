use super::*;
use crate::document::AwsAuthDocument;
use crate::effective::EffectiveMap;
use proptest::prelude::*;

const META: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\n";
const NODE: &str = "arn:aws:iam::111122223333:role/node";
const DEV: &str = "arn:aws:iam::111122223333:role/dev";
const ANN: &str = "arn:aws:iam::111122223333:user/ann";

fn document(text: &str) -> AwsAuthDocument {
    let (document, findings) = AwsAuthDocument::parse("f", text);
    document.unwrap_or_else(|| panic!("{findings:?} in\n{text}"))
}

fn put(section: Section, principal: &str, username: &str, groups: &[&str]) -> EntryEdit {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    let mapping = IdentityMapping { principal: principal.to_owned(), username: username.to_owned(), groups };
    EntryEdit::Put { section, mapping }
}

fn edited(text: &str, edits: &[EntryEdit]) -> String {
    edited_text(&document(text), edits).unwrap_or_else(|refusal| panic!("{refusal:?} in\n{text}"))
}

/// What an edit makes of a text.
fn check(text: &str, edit: EntryEdit, expected: &str) {
    let result = edited(text, std::slice::from_ref(&edit));
    assert_eq!(result, expected, "{edit:?}");
    assert_eq!(edited(&result, &[edit]), expected, "a second time changes nothing");
}

/// Every outer form of the map with this `mapRoles`, of which each line stands alone.
fn forms(roles: &str) -> Vec<String> {
    let indented: String = roles.lines().flat_map(|line| ["    ", line, "\n"]).collect();
    let folded: String = roles.lines().flat_map(|line| ["    ", line, "\n\n"]).collect();
    let escaped = roles.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let single = roles.trim_end().replace('\'', "''");
    // Lines between single quotes lose their indentation: only what stands on one line can be said there.
    let single = if single.contains('\n') { format!("\"{escaped}\"") } else { format!("'{single}'") };
    let literal = format!("{META}data:\n  # all of them\n  mapRoles: |\n{indented}  other: kept\n");
    vec![
        literal.replace('\n', "\r\n"),
        literal,
        format!("{META}data:\n  mapRoles: >\n{folded}  other: kept\n"),
        format!("{META}data:\n  mapRoles: \"{escaped}\" # quoted\n  other: kept\n"),
        format!("{META}data:\n  mapRoles: {single} # quoted\n  other: kept\n"),
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{{\"name\":\"aws-auth\",\"namespace\":\"kube-system\"}},\"data\":{{\"mapRoles\":\"{escaped}\",\"other\":\"kept\"}}}}\n"
        ),
    ]
}

fn says(text: &str) -> Vec<String> {
    let tell = |entry: &crate::effective::Entry| {
        let IdentityMapping { principal, username, groups } = &entry.mapping;
        format!("{} {principal} {username} {groups:?}", entry.key.section())
    };
    document(text).effective().entries().map(tell).collect()
}

#[test]
fn only_the_touched_lines_change() {
    let map = format!(
        "# head\n{META}data: # all\n  mapRoles: |\n    # nodes\n    - rolearn: \"{NODE}\"  # quoted\n      username: node\n      x: kept\n      groups:\n      - a\n\n    - username: 'dev'\n      groups: [ view ]\n      rolearn: {DEV}\n  z: |\n    other\n"
    );
    check(
        &map,
        put(Section::MapRoles, "arn:aws:iam::111122223333:role/new", "new", &["x", "y"]),
        &map.replace(
            "  z: |",
            "    - rolearn: arn:aws:iam::111122223333:role/new\n      username: new\n      groups:\n      - x\n      - \"y\"\n  z: |",
        ),
    );
    check(
        &map,
        put(Section::MapRoles, NODE, "node", &["a", "b"]),
        &map.replace("      - a\n", "      - a\n      - b\n"),
    );
    check(
        &map,
        put(Section::MapRoles, DEV, "other", &["view", "edit"]),
        &map.replace("'dev'", "'other'").replace("[ view ]", "[view, edit]"),
    );
    check(
        &map,
        EntryEdit::Remove(EntryKey::new(Section::MapRoles, &DEV.to_uppercase())),
        &map.replace(&format!("\n    - username: 'dev'\n      groups: [ view ]\n      rolearn: {DEV}\n"), ""),
    );
}

#[test]
fn a_section_that_is_not_there_is_made() {
    let add = || put(Section::MapUsers, ANN, "ann", &["view"]);
    let lines = format!("    - userarn: {ANN}\n      username: ann\n      groups:\n        - view\n");
    let roles = format!("{META}data:\n  mapRoles: |\n    - rolearn: {DEV}\n      username: dev\n");
    check(&roles, add(), &format!("{roles}  mapUsers: |\n{lines}"));
    check(META, add(), &format!("{META}data:\n  mapUsers: |\n{lines}"));
    for nothing in ["data:\n", "data: null\n", "data: ~\n", "data: {}\n"] {
        check(&format!("{META}{nothing}"), add(), &format!("{META}data:\n  mapUsers: |\n{lines}"));
    }
    for nothing in ["", " null", " ''", " |\n    []", " \"[]\""] {
        check(
            &format!("{META}data:\n  mapUsers:{nothing}\n  z: z\n"),
            add(),
            &format!("{META}data:\n  mapUsers: |\n{lines}  z: z\n"),
        );
    }
    let unended = format!("{META}data:\n  mapRoles: |\n    []");
    let ended = unended.replace("mapRoles: |", "mapRoles: |-");
    check(&unended, add(), &format!("{ended}\n  mapUsers: |\n{lines}"));
    let crlf = META.replace('\n', "\r\n");
    check(&crlf, add(), &format!("{META}data:\n  mapUsers: |\n{lines}").replace('\n', "\r\n"));
    let json =
        r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"aws-auth","namespace":"kube-system"}}"#;
    let made = edited(json, &[add()]);
    assert!(made.starts_with(&json[..json.len() - 1]) && !made.contains('\n'), "{made}");
    assert_eq!(says(&made), [format!("mapUsers {ANN} ann [\"view\"]")]);
}

#[test]
fn every_form_can_be_edited() {
    let roles = [
        format!("- rolearn: {NODE}\n  username: node # why\n  groups:\n    - a\n"),
        format!("[{{\"rolearn\": \"{NODE}\", \"username\": \"node\", \"groups\": [\"a\"]}}]\n"),
        format!("[{{rolearn: {NODE}, username: node, groups: [a]}}]\n"),
    ];
    let edits = [
        put(Section::MapRoles, DEV, "it's \"dev\"", &["view", "no"]),
        put(Section::MapRoles, NODE, "m", &["b", "c"]),
        put(Section::MapUsers, ANN, "ann", &[]),
        put(Section::MapAccounts, "012345678901", "", &[]),
    ];
    for text in roles.iter().flat_map(|roles| forms(roles)) {
        let result = edited(&text, &edits);
        let expected = [
            format!("mapRoles {NODE} m [\"b\", \"c\"]"),
            format!("mapRoles {DEV} it's \"dev\" [\"view\", \"no\"]"),
            format!("mapUsers {ANN} ann []"),
            "mapAccounts 012345678901  []".to_owned(),
        ];
        assert_eq!(says(&result), expected, "{result}");
        for comment in ["# why", "# all of them", "# quoted"] {
            assert_eq!(result.contains(comment), text.contains(comment), "{comment} in\n{result}");
        }
        let kept = document(&result).data().get("other").cloned();
        assert_eq!(kept.as_deref(), Some("kept"));
        assert_eq!(edited(&result, &edits), result);
        let gone: Vec<EntryEdit> = edits.iter().map(|edit| EntryEdit::Remove(edit.key())).collect();
        assert!(document(&edited(&result, &gone)).effective().is_empty());
    }
}

#[test]
fn what_cannot_be_read_is_not_edited() {
    let broken = format!("{META}data:\n  mapRoles: |\n    - rolearn: [\n  mapUsers: |\n    []\n");
    let refusal = edited_text(&document(&broken), &[put(Section::MapRoles, DEV, "d", &[])]).unwrap_err();
    assert!(refusal.reason.starts_with("`mapRoles` cannot be read"), "{refusal:?}");
    // The other section can.
    edited(&broken, &[put(Section::MapUsers, ANN, "ann", &[])]);
    let anchored = format!(
        "{META}data:\n  mapRoles: |\n    - rolearn: {NODE}\n      username: node\n      groups: &g [a]\n    - rolearn: {DEV}\n      username: dev\n      groups: *g\n"
    );
    let remove = EntryEdit::Remove(EntryKey::new(Section::MapRoles, NODE));
    let refusal = edited_text(&document(&anchored), &[remove]).unwrap_err();
    assert!(refusal.reason.contains("anchor `g` is used elsewhere"), "{refusal:?}");
}

#[test]
fn a_text_without_a_last_line_break_stays_one() {
    let entries = format!(
        "    - rolearn: {NODE}\n      username: node\n\n    # dev\n    - rolearn: {DEV}\n      username: dev"
    );
    let add = put(Section::MapRoles, &format!("{DEV}2"), "two", &["view"]);
    for (header, end) in [("|-", "\n"), ("|-", ""), ("|", ""), ("|-", "\n  z: z\n"), ("|-", "\r\n")] {
        let text = format!("{META}data:\n  mapRoles: {header}\n{entries}{end}");
        let text = if end == "\r\n" { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text };
        let added = edited(&text, std::slice::from_ref(&add));
        assert!(!added.contains('"'), "{added}");
        assert_eq!(edited(&added, &[EntryEdit::Remove(add.key())]), text, "in\n{added}");
        let removed = edited(&text, &[EntryEdit::Remove(EntryKey::new(Section::MapRoles, DEV))]);
        assert!(!removed.contains('"') && removed.contains(&format!("mapRoles: {header}")), "{removed}");
        assert!(removed.contains(&format!("username: node{end}")), "{removed}");
    }
}

#[test]
fn comments_between_brackets_are_not_lost() {
    let of = |groups: &str| {
        format!(
            "{META}data:\n  mapRoles: |\n    - rolearn: {DEV}\n      username: dev\n      groups: {groups}\n"
        )
    };
    let commented = of("[\n        viewers, # because \"x\"\n        edit\n      ]");
    let set = |username, groups: &[&str]| put(Section::MapRoles, DEV, username, groups);
    let refusal = edited_text(&document(&commented), &[set("dev", &["edit"])]).unwrap_err();
    assert!(refusal.reason.contains("groups in brackets that have comments"), "{refusal:?}");
    assert_eq!(refusal.kind, RefusalKind::Refused);
    // What does not touch them can be edited.
    check(&commented, set("d", &["viewers", "edit"]), &commented.replace("username: dev", "username: d"));
    check(&of("[\"a#b\",\n        c]"), set("dev", &["a#b"]), &of("[\"a#b\"]"));
}

#[test]
fn names_are_mended_or_refused() {
    let check = |text: &str, expected: Result<(Section, &str, usize), &str>| match NamedPrincipal::arn(text) {
        Ok(named) => {
            assert_eq!(Ok((named.section, named.principal.as_str(), named.notes.len())), expected, "{text}");
        }
        Err(refusal) => {
            assert_eq!(refusal.kind, RefusalKind::Senseless);
            let told = expected.expect_err(&refusal.reason);
            assert!(refusal.reason.contains(told), "{}", refusal.reason);
        }
    };
    check(DEV, Ok((Section::MapRoles, DEV, 0)));
    check(ANN, Ok((Section::MapUsers, ANN, 0)));
    check("arn:aws:sts::111122223333:assumed-role/dev/ann", Ok((Section::MapRoles, DEV, 1)));
    check("arn:aws:iam::111122223333:role/a/b/dev", Ok((Section::MapRoles, DEV, 1)));
    let with_path = "arn:aws-cn:iam::111122223333:user/team/ann";
    check(with_path, Ok((Section::MapUsers, with_path, 0)));
    check("arn:aws:iam::111122223333:root", Ok((Section::MapUsers, "arn:aws:iam::111122223333:root", 0)));
    check("not an arn", Err("`not an arn` is not an ARN"));
    check("arn:aws:iam::111122223333:group/g", Err("does not name a role"));
    check("arn:aws:s3:::bucket", Err("service `s3`"));
    check("arn:aws:iam::1111:role/dev", Err("has no account id of twelve digits"));
    check("arn:aws:iam::111122223333:role/", Err("has no name"));
    check("arn:aws:iam::111122223333:role/*", Err("has a wildcard"));
    check("arn:aws:iam::111122223333:role/de v", Err("has a ` ` in its name"));
    assert!(NamedPrincipal::account("1234").is_err() && NamedPrincipal::account("012345678901").is_ok());
}

#[test]
fn a_username_that_was_not_given_is_sensible() {
    let check = |arn: &str, groups: &[&str], expected: &str| {
        let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
        assert_eq!(NamedPrincipal::arn(arn).unwrap().default_username(&groups), expected);
    };
    check(ANN, &["system:masters"], "ann");
    check("arn:aws:iam::111122223333:user/team/ann", &[], "ann");
    check(DEV, &["view"], "dev:{{SessionName}}");
    check(NODE, &["system:bootstrappers", "system:nodes"], "system:node:{{EC2PrivateDNSName}}");
    check(NODE, &["system:nodes", "system:node-proxier"], "system:node:{{SessionName}}");
}

fn arn() -> impl Strategy<Value = String> {
    (0..6_u8).prop_map(|n| format!("arn:aws:iam::11112222333{n}:role/r{n}"))
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,4}",
        "[ -~]{1,6}",
        Just("yes".to_owned()),
        Just("012".to_owned()),
        "[a-zé#:'\"\\\\{}]{1,5}"
    ]
    .prop_filter("a name", |text| !text.trim().is_empty())
}

fn mapping() -> impl Strategy<Value = IdentityMapping> {
    (arn(), word(), prop::collection::vec(word(), 0..3)).prop_map(|(principal, username, groups)| {
        IdentityMapping { principal, username, groups: super::request::distinct(&groups) }
    })
}

/// A section written by somebody: block or flow, with comments, quotes and his own indentation.
fn written() -> impl Strategy<Value = String> {
    let item = (mapping(), 0..3_u8, any::<bool>()).prop_map(|(mapping, style, commented)| {
        let (arn, name) = (&mapping.principal, serde_json::to_string(&mapping.username).unwrap());
        let groups = serde_json::to_string(&mapping.groups).unwrap();
        let comment = if commented { "\n# why\n" } else { "" };
        match style {
            0 => format!("{comment}- {{rolearn: {arn}, username: {name}, groups: {groups}}}\n"),
            1 => format!(
                "{comment}- username: {name} # it\n  x: kept\n  rolearn: '{arn}'\n  groups: {groups}\n"
            ),
            _ => format!("{comment}-   groups: {groups}\n    rolearn: \"{arn}\"\n    username: {name}\n"),
        }
    });
    prop::collection::vec(item, 0..4)
        .prop_map(|items| if items.is_empty() { "[]\n".to_owned() } else { items.concat() })
}

proptest! {
    #[test]
    fn an_edit_says_what_is_meant_and_nothing_else(roles in written(), mapping in mapping(), form in 0..6_usize) {
        let text = forms(&roles)[form].clone();
        let before = document(&text);
        let edit = EntryEdit::Put { section: Section::MapRoles, mapping: mapping.clone() };
        let key = edit.key();
        let result = edited(&text, std::slice::from_ref(&edit));
        let after = document(&result);
        let winners = after.effective().winners();
        prop_assert!(winners[&key].mapping.grants_the_same(&mapping), "{}", result);
        let others = |map: &EffectiveMap| -> Vec<IdentityMapping> {
            map.entries().filter(|entry| entry.key != key).map(|entry| entry.mapping.clone()).collect()
        };
        prop_assert_eq!(others(before.effective()), others(after.effective()));
        prop_assert_eq!(before.data().get("other"), after.data().get("other"));
        prop_assert_eq!(edited(&result, std::slice::from_ref(&edit)), result.clone(), "a second time");
        let gone = document(&edited(&result, &[EntryEdit::Remove(key.clone())]));
        prop_assert!(!gone.effective().winners().contains_key(&key));
    }

    #[test]
    fn what_was_added_and_goes_leaves_no_trace(roles in written(), mapping in mapping(), form in 0..2_usize) {
        let text = forms(&roles)[form].clone();
        let principal = "arn:aws:iam::111122223333:role/nobody".to_owned();
        let edit = EntryEdit::Put { section: Section::MapRoles, mapping: IdentityMapping { principal, ..mapping } };
        // An empty list gives way to lines.
        prop_assume!(!roles.starts_with('['));
        let added = edited(&text, std::slice::from_ref(&edit));
        prop_assert_eq!(edited(&added, &[EntryEdit::Remove(edit.key())]), text);
    }
}

fn laid(text: &str) -> String {
    laid_out(&document(text)).unwrap_or_else(|refusal| panic!("{refusal:?} in\n{text}"))
}

#[test]
fn what_is_laid_out_is_laid_out() {
    for data in ["  mapAccounts: \"- null\"\n  mapRoles: \n   ---\n\n", "  mapUsers: |\n    ---\n\n\n"] {
        let once = laid(&format!("{META}data:\n{data}"));
        assert_eq!(laid(&once), once, "{data}");
    }
}

#[test]
fn one_layout_keeps_every_comment() {
    let written = format!(
        "# the doors\nkind: ConfigMap # of Kubernetes\napiVersion: v1\nmetadata: {{namespace: kube-system, name: \"aws-auth\"}}\ndata:\n    # people\n    mapUsers: '[]'\n\n\n    mapRoles: |  # roles\n        # nodes\n        - groups: [\"system:nodes\", 'a b'] # both\n          # who\n          username: 'system:node:{{{{EC2PrivateDNSName}}}}'\n          rolearn: {NODE}   # the node\n          # - old\n\n\n        # dev\n        - {{username: dev, rolearn: \"{DEV}\"}} # flow\n        # the end\n    other: \"a\\nb\\n\"\n# bye\n"
    );
    let expected = format!(
        "# the doors\napiVersion: v1\nkind: ConfigMap # of Kubernetes\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n  mapRoles: | # roles\n    # nodes\n    - rolearn: {NODE} # the node\n      # - old\n      # who\n      username: system:node:{{{{EC2PrivateDNSName}}}}\n      groups: # both\n        - system:nodes\n        - a b\n\n    # dev\n    - rolearn: {DEV}\n      username: dev # flow\n    # the end\n  # people\n  mapUsers: |\n    []\n  other: |\n    a\n    b\n# bye\n"
    );
    let result = laid(&written);
    assert_eq!(result, expected, "\n{result}");
    assert_eq!(laid(&expected), expected, "once is enough");
    let crlf = written.replace('\n', "\r\n");
    assert_eq!(laid(&crlf), expected.replace('\n', "\r\n"));
}

#[test]
fn what_is_in_brackets_becomes_lines_and_json_stays() {
    let flow = format!(
        r#"{{kind: ConfigMap,"apiVersion":"v1","metadata":{{"name":"aws-auth","namespace":"kube-system"}},"data":{{"mapAccounts":"[\"012345678901\"]","mapRoles":"[{{\"groups\":[\"a\"],\"rolearn\":\"{DEV}\",\"username\":\"12\"}}]"}}}}"#
    );
    let expected = format!(
        "{META}data:\n  mapRoles: |\n    - rolearn: {DEV}\n      username: \"12\"\n      groups:\n        - a\n  mapAccounts: |\n    - \"012345678901\"\n"
    );
    assert_eq!(laid(&flow), expected);
    let json = flow.replace("kind: ConfigMap", r#""kind": "ConfigMap""#);
    let refusal = laid_out(&document(&json)).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Refused);
    assert!(refusal.reason.contains("the file is JSON") && refusal.hint.contains("-o yaml"), "{refusal:?}");
}

#[test]
fn what_has_a_layout_of_its_own_is_left_alone() {
    let check = |roles: &str, problem: &str| {
        let refusal = laid_out(&document(&format!("{META}data:\n  mapRoles: |\n{roles}"))).unwrap_err();
        assert!(refusal.reason.contains(problem), "{refusal:?}");
    };
    check("    - &a {rolearn: x, username: x}\n", "it has anchors");
    check("    - !!map {rolearn: x, username: x}\n", "it has anchors, aliases or tags");
    check("    - rolearn: [\n", "`mapRoles` cannot be read");
    check("    []\n    ...\n", "something stands behind its end");
}

proptest! {
    #[test]
    fn a_layout_is_found_once_and_says_the_same(roles in written(), form in 0..5_usize) {
        let text = forms(&roles)[form].clone();
        let result = laid(&text);
        prop_assert_eq!(says(&result), says(&text), "{}", result);
        prop_assert_eq!(laid(&result), result.clone(), "in\n{}", text);
        let count = |text: &str| text.matches("# why").count() + text.matches("# it").count();
        // A comment of JSON or of a scalar in quotes is one as well.
        prop_assert_eq!(count(&result), count(&text), "{}", result);
    }
}

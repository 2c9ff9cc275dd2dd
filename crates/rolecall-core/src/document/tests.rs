use rolecall_yaml::{Splice, edit};

use super::{AwsAuthDocument, Settings};
use crate::finding::{Finding, Level};
use crate::identity_mapping::Section;

const META: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\n";
const ROLE: &str = "arn:aws:iam::111122223333:role/dev";

fn findings(text: &str) -> Vec<String> {
    let (_, findings) = AwsAuthDocument::parse("f", text);
    let tell = |finding: &Finding| format!("{} {} {}", finding.place, finding.code, finding.message);
    findings.iter().filter(|finding| finding.level != Level::Note).map(tell).collect()
}

/// Checks the beginning of the only finding: place and code.
fn check(text: &str, expected: &str) {
    let found = findings(text);
    assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}\nexpected {expected}\nin {text}");
}

#[test]
fn a_file_that_is_not_the_map() {
    check("", "f:1:1 RC001 the file is empty");
    check("# nothing\n", "f:1:1 RC001 the file is empty");
    check("a: [", "f:1:5 RC001");
    check("- a\n", "f:1:1 RC002");
    check(&META.replace("kube-system", "default"), "f:5:14 RC002 `namespace` is `default`");
    check(&META.replace("  namespace: kube-system\n", ""), "f:4:3 RC002 `namespace` is missing");
    check(&META.replace("aws-auth", "aws_auth"), "f:4:9 RC002 `name` is `aws_auth`");
    check(&format!("{META}data:\n  mapRoles: [a]\n"), "f:7:13 RC003");
}

#[test]
fn a_list_is_taken_apart_by_its_author() {
    let item: String = META.lines().flat_map(|line| ["  ", line, "\n"]).collect();
    let text = format!("apiVersion: v1\nkind: List\nitems:\n-{}", item.strip_prefix(' ').unwrap());
    let (_, findings) = AwsAuthDocument::parse("f", &text);
    let kind = findings.iter().find(|finding| finding.message.starts_with("`kind` is `List`")).unwrap();
    assert!(kind.help.as_deref().unwrap().contains("out of the list"), "{:?}", kind.help);
}

#[test]
fn a_wrong_indent_is_shown_in_the_file() {
    let text =
        format!("{META}data:\n  mapRoles: |\n    - rolearn: {ROLE}\n      username: a\n       groups: [x]\n");
    check(&text, "f:10:8 RC004");
}

#[test]
fn places_are_right_in_every_outer_form() {
    // The username, a number, is at this place in each form.
    let inner = format!("- rolearn: {ROLE}\\n  username: 12\\n");
    check(
        &format!("{META}data:\n  mapRoles: |\n    - rolearn: {ROLE}\n      username: 12\n"),
        "f:9:17 RC006",
    );
    check(&format!("{META}data:\n  mapRoles: \"{inner}\"\n"), "f:7:73 RC006");
    check(&format!("{META}data:\n  mapRoles: '[{{rolearn: \"{ROLE}\", username: 12}}]'\n"), "f:7:73 RC006");
    check(
        &format!("{META}data:\n  mapRoles: >\n    - {{rolearn: \"{ROLE}\",\n    username: 12}}\n"),
        "f:9:15 RC006",
    );
    let crlf = format!("{META}data:\n  mapRoles: |\n    - rolearn: {ROLE}\n      username: 12\n")
        .replace('\n', "\r\n");
    check(&crlf, "f:9:17 RC006");
    let json = format!(
        "{{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{{\"name\":\"aws-auth\",\"namespace\":\"kube-system\"}},\n\"data\":{{\"mapRoles\":\"{inner}\"}}}}"
    );
    check(&json, "f:2:80 RC006");
    let umlaut = format!(
        "{META}data:\n  mapRoles: |\n    - rolearn: {ROLE}\n      ü: \"ü\"\n      username: 12 # ü\n"
    );
    assert!(
        findings(&umlaut).iter().any(|found| found.starts_with("f:10:17 RC006")),
        "{:?}",
        findings(&umlaut)
    );
}

#[test]
fn too_much_is_refused_with_its_place() {
    let entry = format!("    - rolearn: {ROLE}\n      username: a\n");
    let text = format!("{META}data:\n  mapRoles: |\n{}", entry.repeat(20_000));
    let found = findings(&text);
    assert!(found.iter().any(|found| found.contains("RC013")), "{:?}", &found[..1]);
    check(&"x".repeat(5 * 1024 * 1024), "f:1:1048577 RC013");
}

#[test]
fn what_stands_beside_data_is_told() {
    check(&format!("{META}data:\nmapRoles: |\n  []\n"), "f:7:1 RC009 `mapRoles` stands beside `data`");
    check(&format!("{META}mapuser: |\n  []\n"), "f:6:1 RC009 `mapuser` stands beside `data`");
    check(&format!("{META}datas: {{}}\n"), "f:6:1 RC008 a ConfigMap has no key `datas`");
}

#[test]
fn what_is_not_read_is_told() {
    check(
        &format!("{META}data:\n  mapRole: |\n    []\n"),
        "f:7:3 RC009 the authenticator does not read `mapRole`",
    );
    check(
        &format!("{META}data:\n  maproles: |\n    []\n"),
        "f:7:3 RC009 the authenticator does not read `maproles`",
    );
    check(&format!("{META}data: {{}}\n---\na: b\n"), "f:7:1 RC012");
    check(&format!("{META}data:\n  mapRoles: |\n    - username: a\n"), "f:8:7 RC005");
    check(
        &format!("{META}data:\n  mapRoles: |\n    - rolearn: {ROLE}\n      username: a\n      groups: g\n"),
        "f:10:15 RC007",
    );
    check(
        &format!("{META}data:\n  mapRoles: |\n    - rolearn: {ROLE}\n      username: a\n      group: g\n"),
        "f:10:7 RC008",
    );
    let path = ROLE.replace("role/", "role/team/");
    check(&format!("{META}data:\n  mapRoles: |\n    - rolearn: {path}\n      username: a\n"), "f:8:16 RC011");
}

/// Edits the username of the only entry, in every outer form, and reads it back.
#[test]
fn an_edit_of_a_section_is_carried_out_in_the_file() {
    let inner = format!("- rolearn: {ROLE}\\n  username: old # why\\n");
    let forms = [
        format!("{META}data:\n  mapRoles: |\n    - rolearn: {ROLE}\n      username: old # why\n  x: z\n"),
        format!("{META}data:\n  mapRoles: |\n    - rolearn: {ROLE}\n      username: old # why\n  x: z\n")
            .replace('\n', "\r\n"),
        format!("{META}data:\n  mapRoles: \"{inner}\" # kept\n  x: z\n"),
        format!("{META}data:\n  mapRoles: '[{{rolearn: \"{ROLE}\", username: old}}]'\n  x: z\n"),
        format!("{META}data:\n  mapRoles: >\n    - {{rolearn: \"{ROLE}\",\n    username: old}}\n  x: z\n"),
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{{\"name\":\"aws-auth\",\"namespace\":\"kube-system\"}},\"data\":{{\"mapRoles\":\"{inner}\",\"x\":\"z\"}}}}"
        ),
    ];
    for text in forms {
        let (document, found) = AwsAuthDocument::parse("f", &text);
        let document = document.unwrap_or_else(|| panic!("{found:?} in {text}"));
        let edited = document.edited(Section::MapRoles, &rename(&document)).unwrap();
        let (after, _) = AwsAuthDocument::parse("f", &edited);
        let after = after.unwrap();
        let names: Vec<&str> =
            after.effective().entries().map(|entry| entry.mapping.username.as_str()).collect();
        assert_eq!(names, ["new"], "{edited}");
        assert_eq!(after.data().get("x").map(String::as_str), Some("z"));
        assert_eq!(edited.contains("# why"), text.contains("# why"), "{edited}");
        assert_eq!(edited.contains("# kept"), text.contains("# kept"), "{edited}");
    }
}

fn rename(document: &AwsAuthDocument) -> Vec<Splice> {
    let reading = document.effective().section(Section::MapRoles);
    let inner = reading.document().unwrap();
    let item = reading.entries()[0].node;
    let rolecall_yaml::NodeKind::Mapping { entries, .. } = &inner.node(item).kind else {
        panic!("no mapping")
    };
    edit::set_value(inner, item, entries[1].0, &edit::NewValue::Text("new".into())).unwrap()
}

/// What plans rely on: a map that is read without a loss.
#[test]
fn no_comment_and_no_setting_hides_a_loss() {
    let entry = |more: &str| format!("{META}data:\n  mapRoles: |\n    - rolearn: {ROLE}\n{more}");
    let losing = [
        ("RC006", entry("      groups: [a]\n")),
        ("RC007", entry("      username: a\n      groups: a\n")),
        ("RC005", format!("{META}data:\n  mapRoles: |\n    - username: a\n")),
        ("RC009", format!("{META}data:\n  maproles: |\n    []\n")),
        ("RC036", format!("{META}data:\n  mapRoles: |\n    []\n  mapRoles: |\n    []\n")),
    ];
    for (code, text) in losing {
        let allowed = format!("# rolecall: allow {code} because we say so\n{text}")
            .replace('\n', &format!(" # rolecall: allow {code} because we say so\n"));
        let code = crate::finding::Code::from_text(code).unwrap();
        let off = Settings { levels: [(code, None)].into(), ..Settings::default() };
        for (text, settings) in [(&allowed, Settings::default()), (&text, off)] {
            let (_, findings) = AwsAuthDocument::checked("f", text, &settings);
            let found = findings
                .iter()
                .find(|finding| finding.code == code)
                .unwrap_or_else(|| panic!("{code}: {findings:?}"));
            assert!(found.refuses(), "{found:?}");
        }
    }
}

use super::*;
use crate::edit::{Add, NamedPrincipal, Remove, Selected, SetEntry, edited_text, laid_out};
use crate::identity_mapping::IdentityMapping;

const META: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\n";
const DEV: &str = "arn:aws:iam::111122223333:role/dev";

fn document(text: &str) -> AwsAuthDocument {
    let (document, findings) = AwsAuthDocument::parse("f", text);
    document.unwrap_or_else(|| panic!("{findings:?} in\n{text}"))
}

fn add() -> Add {
    Add { named: NamedPrincipal::arn(DEV).unwrap(), username: None, groups: Vec::new(), appends: true }
}

fn set() -> SetEntry {
    SetEntry { principal: DEV.to_owned(), added: vec!["b".to_owned()], ..SetEntry::default() }
}

fn remove() -> Remove {
    Remove { selected: Selected::Principal(DEV.to_owned()), all: false }
}

/// Every edit of such a file is refused, and so is its layout.
fn refuses(rest: &str, problem: &str) {
    let document = document(&format!("{META}{rest}"));
    let map = document.effective();
    let by_name = Remove { selected: Selected::Username("dev".to_owned()), all: false };
    for touched in [add().touched(), set().touched(map), remove().touched(map), by_name.touched(map)] {
        let refusal = touched.check(&document).expect_err(rest);
        assert!(refusal.reason.contains(problem), "{refusal:?}");
        assert_eq!(refusal.kind, RefusalKind::Refused);
        assert!(refusal.hint.starts_with("mend it first: `rolecall check`"), "{refusal:?}");
    }
    let mapping =
        IdentityMapping { principal: DEV.to_owned(), username: "dev".to_owned(), groups: Vec::new() };
    let put = EntryEdit::Put { section: Section::MapRoles, mapping };
    let refusal = edited_text(&document, &[put]).expect_err(rest);
    assert!(refusal.reason.contains(problem), "{refusal:?}");
    assert!(laid_out(&document).expect_err(rest).reason.contains(problem));
}

#[test]
fn what_cannot_be_read_is_mended_first() {
    let entry = format!("- rolearn: {DEV}\n      username: dev\n      groups: [a]\n");
    refuses(&format!("data:\n  mapRoles:\n    {entry}"), "`mapRoles` is not a text");
    refuses("data:\n  mapRoles: [a]\n", "`mapRoles` is not a text");
    refuses("data:\n  mapRoles: 7\n", "`mapRoles` is not a text");
    refuses("data:\n  - mapRoles\n", "`data` is not a mapping");
    refuses("data:\n  mapRoles: |\n    - rolearn: [\n", "`mapRoles` cannot be read");
    refuses(&format!("data:\n  maproles: |\n    {entry}"), "does not read `maproles`");
    refuses(&format!("data:\n  mapRole: |\n    {entry}"), "does not read `mapRole`");
    refuses(&format!("mapRoles: |\n    {entry}data: {{}}\n"), "`mapRoles` stands beside `data`");
    refuses(&format!("data:\n  mapRoles: |\n    {entry}---\n{META}data: {{}}\n"), "the file goes on");
    refuses(&format!("data:\n  mapRoles: |\n    {entry}    ---\n    []\n"), "`mapRoles` goes on");
    let dropped = format!("data:\n  mapRoles: |\n    {entry}    - username: x\n");
    refuses(&dropped, "would drop an entry of `mapRoles` (line 11)");
}

#[test]
fn an_entry_that_lost_something_is_mended_before_it_is_edited_and_may_go() {
    let check = |rest: &str, problem: &str| {
        let text = format!("{META}data:\n  mapRoles: |\n    - rolearn: {DEV}\n      {rest}\n");
        let document = document(&text);
        let refusal = set().touched(document.effective()).check(&document).unwrap_err();
        assert!(refusal.reason.contains(problem), "{refusal:?}");
        let refusal = add().touched().check(&document).unwrap_err();
        assert!(refusal.reason.contains(problem), "{refusal:?}");
        assert!(laid_out(&document).unwrap_err().reason.contains(problem));
        let by_name = Remove { selected: Selected::Username("dev".to_owned()), all: false };
        for going in [remove(), by_name] {
            assert_eq!(going.touched(document.effective()).check(&document), Ok(()));
        }
        let key = EntryKey::new(Section::MapRoles, DEV);
        let without = edited_text(&document, &[EntryEdit::Remove(key)]).unwrap();
        assert!(!without.contains(DEV) && without.starts_with(META), "{without}");
    };
    check("username: dev\n      groups: a", "has groups that cannot be read");
    check("username: dev\n      groups: [a, 12]", "has groups that cannot be read");
    check("groups: [a]", "has no username");
    check("username: 12", "has a username that cannot be read");
}

#[test]
fn what_is_not_touched_may_be_broken() {
    let users = "  mapUsers: |\n    - userarn: [\n";
    let other = "    - rolearn: arn:aws:iam::111122223333:role/other\n      groups: a\n";
    let text =
        format!("{META}data:\n  mapRoles: |\n    - rolearn: {DEV}\n      username: dev\n{other}{users}");
    let document = document(&text);
    let map = document.effective();
    for touched in [add().touched(), set().touched(map), remove().touched(map)] {
        assert_eq!(touched.check(&document), Ok(()));
    }
    // Tools that join files end them like this.
    let ended = format!("{META}data:\n  mapRoles: |\n    []\n---\n# the end\n");
    assert_eq!(add().touched().check(&self::document(&ended)), Ok(()));
    let absent = Remove { selected: Selected::Principal(format!("{DEV}2")), all: false };
    let refusal = absent.touched(map).check(&document).unwrap_err();
    assert!(refusal.reason.starts_with("`mapUsers` cannot be read"), "he may stand there: {refusal:?}");
}

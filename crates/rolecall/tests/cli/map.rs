//! `map`: the entries of a file listed, edited and laid out, with the flags of those who do it otherwise.

use serde_json::{Value, json};

use crate::run::{Desk, MAP, Outcome};
use crate::schema::check;

const DEV: &str = "arn:aws:iam::111122223333:role/dev";
const ADMIN: &str = "arn:aws:iam::111122223333:user/admin";

fn map(desk: &Desk, arguments: &[&str]) -> Outcome {
    desk.run(&[&["map"], arguments].concat())
}

/// What an edit leaves in the file.
fn edits(arguments: &[&str], expected: &str) {
    let desk = Desk::with_map();
    map(&desk, arguments).ends(0).says("note: `aws-auth.yml` is written").prints("+++ aws-auth.yml");
    assert_eq!(desk.read("aws-auth.yml"), expected, "{arguments:?}");
}

fn with_dev(groups: &[&str]) -> String {
    let groups: String = groups.iter().flat_map(|group| ["        - ", group, "\n"]).collect();
    let entry = format!("    - rolearn: {DEV}\n      username: dev\n      groups:\n{groups}");
    MAP.replace("  mapUsers: |", &format!("{entry}  mapUsers: |"))
}

#[test]
fn an_entry_is_added_and_no_other_byte_changes() {
    let expected = with_dev(&["view", "edit"]);
    edits(&["add", DEV, "--username", "dev", "--group", "view", "--group", "edit"], &expected);
    // As eksctl and keikoproj's aws-auth have it.
    edits(&["create", "--arn", DEV, "--username", "dev", "--group", "view,edit"], &expected);
    edits(
        &["add", "--maproles", "--rolearn", DEV, "--username", "dev", "--groups", "view,edit", "--append"],
        &expected,
    );
    let session = "arn:aws:sts::111122223333:assumed-role/dev/ann";
    edits(&["add", session, "--username", "dev", "--groups", "view,edit"], &expected);
    edits(&["add", "--account", "012345678901"], &format!("{MAP}  mapAccounts: |\n    - \"012345678901\"\n"));
}

#[test]
fn adding_again_is_nothing_to_do_and_something_else_is_refused() {
    let desk = Desk::with_map();
    let add = ["add", DEV, "--group", "view"];
    map(&desk, &add).ends(0).says("note: the username is `dev:{{SessionName}}`");
    let added = desk.read("aws-auth.yml");
    assert_eq!(map(&desk, &add).ends(0).says("nothing to do").stdout, "");
    map(&desk, &["add", DEV, "--group", "edit"])
        .ends(3)
        .says("`arn:aws:iam::111122223333:role/dev` has an entry that says something else")
        .says("hint: `rolecall map set");
    assert_eq!(desk.read("aws-auth.yml"), added);
    map(&desk, &["add", DEV, "--group", "edit", "--append"]).ends(0).prints("+        - edit");
    map(&desk, &["add", DEV, "--groups", "edit,view", "--append"]).ends(0).says("nothing to do");
}

#[test]
fn what_makes_no_sense_is_not_asked_of_the_map() {
    let desk = Desk::with_map();
    let check = |arguments: &[&str], said: &str| {
        map(&desk, arguments).ends(64).says(said);
    };
    check(&["add", "not an arn"], "`not an arn` is not an ARN");
    check(&["add", "--rolearn", ADMIN], "is the ARN of a user, and not of a role");
    check(&["add", "--maproles", "--mapusers", "--arn", DEV], "cannot be used with");
    check(&["add", "--mapusers", "--arn", DEV], "is the ARN of a role, and not of a user");
    check(&["add", "--arn", DEV, "--account", "111122223333"], "cannot be used with");
    check(&["add"], "required");
    check(&["add", DEV, "--username", " dev"], "has blanks around it");
    check(&["add", DEV, "--group", "a\nb"], "the group `a\\nb` has a line break in it");
    check(&["set", DEV, "--add-group", "a\u{1b}b"], "the group `a\\u{1b}b` has a control character in it");
    check(&["set", DEV, "--groups", "a,b\tc"], "the group `b\\tc` has a control character in it");
    check(&["add", DEV, "--username", "a\u{85}b"], "has a control character in it");
    check(&["add", "--account", "1234"], "must have twelve digits");
    check(&["set", DEV], "required");
    check(&["remove"], "required");
    check(&["add", DEV, "-f", "aws-auth.yml", "--context", "c"], "cannot be used with");
    assert_eq!(desk.read("aws-auth.yml"), MAP);
}

#[test]
fn an_entry_is_set() {
    edits(
        &["set", ADMIN, "--username", "root", "--groups", "view,edit"],
        &MAP.replace(
            "username: admin\n      groups:\n        - system:masters",
            "username: root\n      groups:\n        - view\n        - edit",
        ),
    );
    edits(
        &["set", ADMIN, "--add-group", "view"],
        &MAP.replace("        - system:masters\n", "        - system:masters\n        - view\n"),
    );
    let desk = Desk::with_map();
    map(&desk, &["set", ADMIN, "--remove-group", "view"])
        .ends(0)
        .says("is not in `view`")
        .says("nothing to do");
    map(&desk, &["set", ADMIN, "--groups="]).ends(0);
    assert!(desk.read("aws-auth.yml").contains("groups: []"));
    map(&desk, &["set", "arn:aws:iam::111122223333:user/admln", "--groups", "a"])
        .ends(1)
        .says("did you mean `arn:aws:iam::111122223333:user/admin`?");
}

#[test]
fn entries_are_removed_with_every_duplicate() {
    let twins = format!("{MAP}    - userarn: arn:aws:iam::111122223333:user/Admin\n      username: twin\n");
    let desk = Desk::new();
    desk.write("aws-auth.yml", &twins);
    map(&desk, &["remove", ADMIN]).ends(0);
    let left = desk.read("aws-auth.yml");
    assert!(left.ends_with("  mapUsers: |\n    []\n"), "{left}");
    let again = map(&desk, &["remove", ADMIN]).ends(0).says("there is no entry for").says("nothing to do");
    assert_eq!(again.stdout, "");
    edits(
        &["delete", "--username", "codebuild"],
        &MAP.replace("    - rolearn: arn:aws:iam::111122223333:role/codebuild\n      username: codebuild\n      groups: [system:masters]\n", ""),
    );
    let both = with_dev(&["view"]).replace("username: dev", "username: codebuild");
    desk.write("aws-auth.yml", &both);
    map(&desk, &["remove", "--username", "codebuild"])
        .ends(3)
        .says("`codebuild` is the username of 2 principals: `arn:aws:iam::111122223333:role/codebuild`, ")
        .says("`--all`");
    assert_eq!(desk.read("aws-auth.yml"), both);
    map(&desk, &["remove", "--username", "codebuild", "--all"]).ends(0);
    assert!(!desk.read("aws-auth.yml").contains("codebuild"));
}

#[test]
fn a_dry_run_and_a_refused_edit_write_nothing() {
    let desk = Desk::with_map();
    map(&desk, &["remove", ADMIN, "--dry-run"]).ends(0).prints("-    - userarn: arn:aws").says("dry run");
    assert_eq!(desk.read("aws-auth.yml"), MAP);
    let broken = MAP.replace("      username: admin", "     username: admin");
    desk.write("aws-auth.yml", &broken);
    map(&desk, &["remove", ADMIN, "--dry-run"])
        .ends(3)
        .says("`mapUsers` cannot be read")
        .says("mend it first");
    map(&desk, &["set", ADMIN, "--username", "a"]).ends(3).says("`mapUsers` cannot be read");
    map(&desk, &["add", ADMIN, "--group", "view"]).ends(3).says("`mapUsers` cannot be read");
    assert_eq!(desk.read("aws-auth.yml"), broken);
    // The other section can be edited all the same.
    map(&desk, &["add", DEV, "--group", "view"]).ends(0);
    desk.write("other.yml", "kind: Secret\n");
    map(&desk, &["add", DEV, "-f", "other.yml"]).ends(3).says("error[RC002]");
    map(&desk, &["list", "-f", "none.yml"]).ends(1).says("there is no file");
    map(&desk, &["list", "none.yml"]).ends(1).says("there is no file");
    map(&desk, &["list", "a.yml", "-f", "b.yml"]).ends(64);
}

#[test]
fn what_is_not_read_is_never_lost() {
    let desk = Desk::new();
    let refused = |text: &str, arguments: &[&str], said: &str| {
        desk.write("aws-auth.yml", text);
        map(&desk, arguments).ends(3).says(said);
        assert_eq!(desk.read("aws-auth.yml"), text, "{arguments:?}");
    };
    let add: &[&str] = &["add", DEV, "--group", "view"];
    let plain = MAP.replace("mapRoles: |", "mapRoles:");
    for arguments in [add, &["set", DEV, "--groups", "a"], &["remove", DEV], &["fmt"], &["fmt", "--check"]] {
        refused(&plain, arguments, "`mapRoles` is not a text");
        refused(&plain, arguments, "hint: mend it first: `rolecall check`");
    }
    refused(&MAP.replace("mapRoles: |", "maproles: |"), add, "does not read `maproles`");
    refused(&format!("{MAP}---\n{MAP}"), add, "the file goes on after the end of its first document");
    let item = MAP.replace('\n', "\n    ");
    refused(&format!("apiVersion: v1\nkind: List\nitems:\n  - {}\n", item.trim_end()), add, "error[RC002]");
    let lost = MAP.replace("- system:masters", "- [system:masters]");
    refused(&lost, &["set", ADMIN, "--add-group", "view"], "has groups that cannot be read");
    refused(&lost, &["add", ADMIN, "--group", "view", "--append"], "has groups that cannot be read");
}

#[test]
fn stdin_goes_to_stdout_and_a_new_file_is_begun() {
    let desk = Desk::new();
    let add = ["map", "add", DEV, "--username", "dev", "--groups", "view,edit", "-f", "-"];
    let outcome = desk.run_with(&add, MAP).ends(0).says("+++ stdin");
    assert_eq!(outcome.stdout, with_dev(&["view", "edit"]));
    let laid = desk.run_with(&["map", "fmt", "-"], &outcome.stdout).ends(0).stdout;
    assert_eq!(desk.run_with(&["map", "fmt", "-"], &laid).ends(0).says("nothing to do").stdout, laid);
    for arguments in
        [&add[1..], &["fmt", "-"], &["remove", DEV, "-f", "-"], &["set", DEV, "--groups=", "-f", "-"]]
    {
        let json = [&["map"], arguments, &["-o", "json"]].concat();
        let outcome =
            desk.run_with(&json, MAP).ends(64).says("is written to stdout, where nothing else has room");
        assert_eq!(outcome.stdout, "");
    }
    let dry = [&add[..], &["--dry-run", "-o", "json"]].concat();
    check("map-edit", &desk.run_with(&dry, MAP).ends(0).json());
    map(&desk, &["add", ADMIN, "-f", "aws-auth.yml"]).ends(0);
    let begun = desk.read("aws-auth.yml");
    assert!(
        begun.ends_with(&format!(
            "data:\n  mapUsers: |\n    - userarn: {ADMIN}\n      username: admin\n      groups: []\n"
        )),
        "{begun}"
    );
    map(&desk, &["remove", ADMIN, "-f", "none.yml"]).ends(1).says("there is no file");
}

#[cfg(unix)]
#[test]
fn the_mode_of_a_file_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::with_map();
    let path = desk.path("aws-auth.yml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    map(&desk, &["add", DEV]).ends(0);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
#[cfg(unix)]
fn a_new_file_is_like_any_other_and_goes_where_a_link_leads() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let desk = Desk::new();
    symlink("real.yml", desk.path("aws-auth.yml")).unwrap();
    map(&desk, &["add", DEV, "--group", "view", "-f", "aws-auth.yml"]).ends(0);
    assert!(desk.read("real.yml").contains(DEV));
    let mode = |name: &str| std::fs::metadata(desk.path(name)).unwrap().permissions().mode();
    desk.write("other.yml", "");
    assert_eq!(mode("real.yml"), mode("other.yml"));
    map(&desk, &["add", DEV, "-f", "not/there.yml"]).ends(1).says("write `not/there.yml`");
    assert!(!desk.path("not").exists());
}

#[test]
fn entries_are_listed_with_their_places_and_marks() {
    let desk = Desk::new();
    let more = "    - userarn: arn:aws:iam::444455556666:user/Admin\n      username: other\n      groups: [viewers]\n";
    let path = "    - rolearn: arn:aws:iam::111122223333:role/team/dev\n      username: dev\n";
    let text = MAP.replace("  mapUsers: |", &format!("{path}  mapUsers: |")) + more + more;
    desk.write("aws-auth.yml", &text);
    let page = map(&desk, &["list"]).ends(0).stdout;
    let lines: Vec<&str> = page.lines().collect();
    assert!(lines[0].starts_with("KIND") && lines[2].ends_with("aws-auth.yml:14"), "{page}");
    assert!(page.contains("  ! of this principal, entry 3 of `mapUsers` counts"), "{page}");
    let listed = |more: &[&str]| {
        let document = map(&desk, &[&["list", "-o", "json"], more].concat()).ends(0).json();
        check("map-list", &document);
        document["entries"].as_array().unwrap().clone()
    };
    let all = listed(&[]);
    assert_eq!(all.len(), 6);
    assert_eq!((&all[1]["line"], &all[1]["username"]), (&json!(14), &json!("codebuild")));
    assert_eq!(all[2]["marks"][0]["kind"], "matchesNobody");
    let kinds = |entry: &Value| {
        entry["marks"].as_array().unwrap().iter().map(|mark| mark["kind"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((kinds(&all[4]), kinds(&all[5])), (vec![json!("repeated")], vec![]));
    assert_eq!(listed(&["--kind", "user"]).len(), 3);
    assert_eq!(listed(&["--group", "system:masters"]).len(), 2);
    assert_eq!(listed(&["--account", "444455556666"]).len(), 2);
    assert_eq!(listed(&["--username", "codebuild", "--kind", "role"]).len(), 1);
    assert_eq!(listed(&["--username", "nobody"]).len(), 0);
    // As eksctl has it.
    assert_eq!(map(&desk, &["get", "--arn", ADMIN]).ends(0).stdout.lines().count(), 2);
    assert_eq!(listed(&["--arn", "arn:aws:iam::444455556666:user/admin"]).len(), 2);
    assert_eq!(listed(&["--arn", "arn:aws:sts::111122223333:assumed-role/codebuild/x"]).len(), 1);
    assert_eq!(listed(&["--arn", "arn:aws:iam::111122223333:role/team/dev"]).len(), 1);
    assert_eq!(listed(&["--arn", DEV]).len(), 0);
}

#[test]
fn a_list_takes_names_of_any_length() {
    let desk = Desk::with_map();
    let long = "x".repeat(70_000);
    map(&desk, &["add", DEV, "--username", &long, "--group", "view"]).ends(0);
    map(&desk, &["list"]).ends(0).prints(&long);
}

#[test]
fn a_list_shows_what_is_written_and_cannot_be_forged() {
    let desk = Desk::new();
    let odd = "    - rolearn: \"arn:aws:iam::111122223333:role/dev \"\n      username: \"a\\u001b[2K\\nb\"\n      groups: [\"x y\", 12]\n    - userarn: x\n";
    desk.write("aws-auth.yml", &MAP.replace("  mapUsers: |", &format!("{odd}  mapUsers: |")));
    let page = map(&desk, &["list"]).ends(0).says("not all of `aws-auth.yml` can be read").stdout;
    assert!(page.contains("  \"arn:aws:iam::111122223333:role/dev \"  "), "{page}");
    assert!(page.contains("\"a\\u{1b}[2K\\nb\"") && page.contains("\"x y\",\"\""), "{page}");
    assert!(page.contains("  ! there are blanks around the ARN: this entry matches nobody\n"), "{page}");
    assert!(page.contains("  ! a group is not a text, and is lost\n"), "{page}");
    assert!(page.contains("  ! the authenticator would drop this entry: it has no `rolearn`\n"), "{page}");
    let places: Vec<usize> = page.lines().filter_map(|line| line.find("aws-auth.yml:")).collect();
    assert!(places.len() == 5 && places.iter().all(|place| *place == places[0]), "{page}");
    let document = map(&desk, &["list", "-o", "json"]).ends(0).json();
    check("map-list", &document);
    assert_eq!(document["entries"][3]["marks"][0]["kind"], "dropped");
}

#[test]
fn an_edit_is_told_to_scripts() {
    let desk = Desk::with_map();
    let told = |arguments: &[&str]| {
        let document = map(&desk, &[arguments, &["-o", "json"]].concat()).ends(0).json();
        check("map-edit", &document);
        document
    };
    let dry = told(&["set", ADMIN, "--groups", "view", "--dry-run"]);
    assert_eq!((&dry["changed"], &dry["written"]), (&json!(true), &json!(false)));
    assert_eq!(dry["edits"][0]["after"]["groups"], json!(["view"]));
    let added = told(&["add", DEV]);
    assert_eq!((&added["written"], &added["edits"][0]["action"]), (&json!(true), &json!("add")));
    let again = told(&["add", DEV]);
    assert_eq!((&again["changed"], &again["edits"], &again["diff"]), (&json!(false), &json!([]), &json!("")));
    assert_eq!(told(&["remove", ADMIN])["edits"][0]["before"]["username"], "admin");
    assert_eq!(told(&["fmt"])["edits"], json!([]));
}

#[test]
fn one_layout_is_checked_and_made() {
    let desk = Desk::with_map();
    map(&desk, &["fmt", "--check"]).ends(2).prints("-      groups: [system:masters]");
    assert_eq!(desk.read("aws-auth.yml"), MAP);
    map(&desk, &["fmt"]).ends(0);
    let expected = MAP.replace("groups: [system:masters]", "groups:\n        - system:masters");
    assert_eq!(desk.read("aws-auth.yml"), expected, "the comment about the nodes stays");
    map(&desk, &["fmt", "--check", "aws-auth.yml"])
        .ends(0)
        .says("nothing to do: `aws-auth.yml` has this layout");
    let key = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
    desk.write("aws-auth.yml", &expected.replace("username: admin", &format!("username: {key}")));
    map(&desk, &["fmt"])
        .ends(0)
        .says("not all of `aws-auth.yml` can be read as it should")
        .says("has this layout");
    desk.write("aws-auth.yml", &MAP.replace("- rolearn", "- &a\n      rolearn"));
    map(&desk, &["fmt"]).ends(3).says("it has anchors, aliases or tags");
}

//! `rolecall check`: what is checked, what is found in it, and what it ends with.

use serde_json::Value;

use crate::run::{Desk, MAP};

/// A map that nothing can be said about.
pub(crate) fn calm() -> String {
    MAP.replace("system:masters", "viewers")
}

/// A map with one warning, in its last lines.
fn warned() -> String {
    calm().replace("      username: admin", "      usrname: x\n      username: admin")
}

/// A map with one error.
pub(crate) fn broken() -> String {
    calm().replace("      username: codebuild", "     username: codebuild")
}

#[test]
fn the_exit_status_is_the_worst_finding() {
    let desk = Desk::new();
    desk.write("aws-auth.yml", &calm());
    desk.run(&["check"]).ends(0).quietly().prints("1 document in 1 file: 0 errors");
    desk.write("aws-auth.yml", &warned());
    desk.run(&["check"]).ends(0).prints("warning[RC008]").prints("--> aws-auth.yml:19:7-14\n");
    desk.run(&["check", "--deny", "warnings"]).ends(3).prints("warning[RC008]");
    desk.write("aws-auth.yml", &broken());
    desk.run(&["check", "aws-auth.yml"]).ends(3).prints("error[RC004]").prints("1 error, ");
    desk.run(&["check", "nope.yml"]).ends(1).says("there is no file or folder `nope.yml`").says("hint: ");
    // What cannot be looked at is not said to be missing.
    std::os::unix::fs::symlink("round.yml", desk.path("round.yml")).unwrap();
    for command in ["check", "plan"] {
        desk.run(&[command, "round.yml"]).ends(1).says("error: look for `round.yml`");
    }
    std::fs::remove_file(desk.path("round.yml")).unwrap();
    desk.run(&["check", "--deny", "everything"]).ends(64);
    std::fs::write(desk.path("bytes.yml"), b"a: \xff").unwrap();
    desk.run(&["check", "bytes.yml"]).ends(1).says("`bytes.yml` is not UTF-8: byte 3");
    for mark in [&b"\xff\xfe"[..], b""] {
        let map = calm();
        let wide = map.encode_utf16().flat_map(u16::to_le_bytes);
        std::fs::write(desk.path("bytes.yml"), mark.iter().copied().chain(wide).collect::<Vec<u8>>())
            .unwrap();
        desk.run(&["check", "bytes.yml"]).ends(1).says("`bytes.yml` is UTF-16").says("hint: `iconv");
    }
}

#[test]
fn a_folder_is_searched_and_what_is_not_the_map_is_left_alone() {
    let desk = Desk::new();
    desk.write("clusters/a/aws-auth.yml", &calm())
        .write("clusters/b/map.yaml", &warned())
        .write("clusters/b/deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\n")
        .write("clusters/chart/values.yaml", "a: {{ .Values.b }}\n")
        .write("clusters/notes.txt", &calm())
        .write("clusters/.hidden/aws-auth.yml", &broken())
        .write("elsewhere/aws-auth.yml", &broken());
    std::fs::write(desk.path("clusters/bytes.yml"), b"a: \xff").unwrap();
    let found = desk.run(&["check", "clusters", "-o", "json"]).ends(0).quietly().json();
    assert_eq!(found["documents"], 2);
    assert_eq!(found["findings"][0]["file"], "clusters/b/map.yaml");
    // The same file twice is one.
    let again = ["check", "clusters/a", "clusters/a/aws-auth.yml", "-o", "json"];
    assert_eq!(desk.run(&again).ends(0).json()["documents"], 1);
    desk.run(&["check", "."]).ends(3).prints("--> elsewhere/aws-auth.yml:").prints("3 documents in 3 files");
    desk.write("empty/a.yml", "a: b\n");
    desk.run(&["check", "empty"])
        .ends(1)
        .says("there is no `aws-auth` document in `empty`")
        .says("hint: name the file");
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_not_followed() {
    let desk = Desk::new();
    desk.write("in/aws-auth.yml", &calm()).write("out/aws-auth.yml", &broken());
    let link = |to: &str, from: &str| std::os::unix::fs::symlink(desk.path(to), desk.path(from)).unwrap();
    link("out/aws-auth.yml", "in/link.yml");
    link("out", "in/folder");
    link("in", "in/self");
    desk.run(&["check", "in"]).ends(0).prints("1 document in 1 file");
    // A link that was named is what was asked for.
    desk.run(&["check", "in/link.yml"]).ends(3).prints("--> in/link.yml:");
}

#[test]
fn stdin_has_a_name() {
    let desk = Desk::new();
    desk.run_with(&["check", "-"], &warned()).ends(0).prints("--> stdin:19:7-14\n");
    let named = ["check", "-", "--stdin-filename", "a/aws-auth.yml", "-o", "json"];
    let found = desk.run_with(&named, &broken()).ends(3).json();
    assert_eq!(found["findings"][0]["file"], "a/aws-auth.yml");
    desk.run_with(&["check", "-"], "").ends(3).prints("error[RC001]");
}

#[test]
fn rolecall_yaml_says_which_rules_count() {
    let desk = Desk::new();
    let head = "apiVersion: rolecall.dev/v1alpha1\nkind: Config\n";
    desk.write("a/aws-auth.yml", &warned()).write("b/aws-auth.yml", &warned());
    desk.write("a/rolecall.yaml", &format!("{head}rules:\n  disable: [RC008]\n"));
    let files = |arguments: &[&str]| -> Vec<Value> {
        let found = desk.run(&[&["check", "-o", "json"], arguments].concat()).json();
        found["findings"].as_array().unwrap().iter().map(|finding| finding["file"].clone()).collect()
    };
    assert_eq!(files(&[]), ["b/aws-auth.yml"]);
    assert_eq!(files(&["--config", "a/rolecall.yaml"]), [""; 0]);
    desk.write("rolecall.yaml", &format!("{head}rules:\n  disabled: [RC008]\n"));
    // It counts for `b` alone, and is wrong whoever it counts for.
    let outcome = desk.run(&["check", "b"]).ends(3);
    outcome.prints("error[RC014]: unknown key `disabled`").prints("--> rolecall.yaml:4:3-11");
    desk.run(&["check", "rolecall.yaml"]).ends(3).prints("error[RC014]");
    desk.run(&["check", "a/rolecall.yaml"]).ends(0).prints("0 documents in 1 file: 0 errors");
    desk.run(&["check", "--config", "nope.yaml"]).ends(1).says("there is no file `nope.yaml`");
}

#[test]
fn the_mark_stands_under_the_right_columns() {
    let desk = Desk::new();
    let shows = |map: &str, expected: &str| {
        desk.write("aws-auth.yml", map);
        desk.run(&["check"]).prints(expected);
    };
    let wide = calm().replace("      username: admin", "      \"日本e\u{301}\": 1\n      username: admin");
    shows(&wide, "--> aws-auth.yml:19:7-13\n19 |       \"日本e\u{301}\": 1\n   |       ^^^^^^^\n");
    let windows = warned().replace('\n', "\r\n");
    shows(&windows, "--> aws-auth.yml:19:7-14\n19 |       usrname: x\n   |       ^^^^^^^\n");
    let escape = calm().replace("      username: admin", "      usr\u{202e}name: 1\n      username: admin");
    shows(&escape, "19 |       usr\u{fffd}name: 1\n   |       ^^^^^^^^\n");
}

#[test]
fn a_rule_has_a_page() {
    let desk = Desk::new();
    let page = desk.run(&["rule", "RC004"]).ends(0).quietly().stdout;
    assert!(page.contains("RC004"));
    assert_eq!(desk.run(&["rule", "rc004"]).ends(0).stdout, page);
    desk.run(&["rule"]).ends(0).prints("RC001").prints("RC014").says("hint: ");
    desk.run(&["rule", "RC0004"]).ends(64).says("a similar value exists: 'RC004'");
    let list = desk.run(&["rule", "-o", "json"]).ends(0).json();
    assert_eq!(list["rules"][3]["code"], "RC004");
    desk.run(&["rule", "RG04"])
        .ends(0)
        .prints("A section that has entries would have none")
        .prints("--allow RG04");
}

#[test]
fn several_documents_and_lists_are_all_read() {
    let desk = Desk::new();
    desk.write("all.yaml", &format!("{}---\na: b\n---\n{}", calm(), warned()));
    let found = desk.run(&["check", "all.yaml", "-o", "json"]).ends(3).json();
    assert_eq!(found["documents"], 2);
    assert_eq!(found["findings"][0]["code"], "RC012", "it is not alone");
    assert_eq!(found["findings"][1]["code"], "RC036", "it is there twice");
    assert_eq!(found["findings"][2]["line"], 43);
    let list = "apiVersion: v1\nkind: List\nitems:\n- ".to_owned() + &warned().replace('\n', "\n  ");
    desk.write("list.yaml", &list);
    desk.run(&["check", "list.yaml"]).ends(0).prints("--> list.yaml:22:9-16");
}

#[test]
fn what_a_comment_allows_is_shown_and_does_not_count() {
    let desk = Desk::new();
    let warned = warned().replace("usrname: x", "usrname: x  # rolecall: allow RC008 because of a <tool>");
    desk.write("aws-auth.yml", &warned);
    let text = desk.run(&["check", "--deny", "warnings"]).ends(0);
    text.prints("allowed[RC008]").prints("= allowed: of a <tool>").prints("; 1 allowed");
    let document = desk.run(&["check", "-o", "json"]).json();
    assert_eq!(document["findings"][0]["allowed"], "of a <tool>");
    assert_eq!(document["summary"]["allowed"], 1);
    let log = desk.run(&["check", "-o", "sarif"]).json();
    assert_eq!(log["runs"][0]["results"][0]["suppressions"][0]["justification"], "of a <tool>");
    desk.run(&["check", "-o", "junit"]).prints("<skipped message=\"allowed: of a &lt;tool&gt;\"/>");
    desk.run(&["check", "-o", "github"]).prints("::notice ").prints("%0Aallowed: of a <tool>");
    assert_eq!(desk.run(&["check", "-o", "gitlab"]).stdout, "[]\n");
    desk.run(&["check", "-o", "markdown"])
        .prints("| allowed `RC008` |")
        .prints("allowed: of a &#60;tool&#62;");
}

#[test]
fn a_file_that_cannot_be_read_does_not_hide_the_others_nor_itself() {
    let desk = Desk::with_map();
    std::fs::create_dir(desk.path("b")).unwrap();
    let wide: Vec<u8> = MAP.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes, told) in [
        ("b/map.yml", wide, "error: `b/map.yml` is UTF-16"),
        ("b/map.yml", [MAP.as_bytes(), &[0xff]].concat(), "error: `b/map.yml` is not UTF-8"),
        ("b/aws-auth.yml", vec![0xff], "error: `b/aws-auth.yml` is not UTF-8"),
    ] {
        std::fs::write(desk.path(name), bytes).unwrap();
        desk.run(&["check"]).ends(1).says(told).prints("role/codebuild` is cluster-admin");
        std::fs::remove_file(desk.path(name)).unwrap();
    }
    // What is no map is nobody's business.
    std::fs::write(desk.path("b/picture.yml"), [0xff, 0xd8, 0xff]).unwrap();
    desk.run(&["check"]).ends(0);
    desk.run(&["check", "-", "-"]).ends(64).says("`-` is named twice, and there is one stdin");
}

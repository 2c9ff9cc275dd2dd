//! `check --fix`: what it mends, what it shows of that, and what it leaves as it is.

use crate::check::{broken, calm};
use crate::run::Desk;

/// A map with what can only mean one thing, and a line that cannot.
fn mendable() -> String {
    let user = "    - userarn: \" arn:aws:iam::111122223333:user/b\"   # keep  this\n      username: b\n      usrname: x\n      \
                groups: [viewers]\n";
    format!("{}{user}", calm())
}

#[test]
fn what_would_change_who_gets_in_is_left_and_told() {
    let entry = |role: &str| {
        format!(
            "    - rolearn: arn:aws:iam::111122223333:role/{role}\n      username: {role}\n      groups: [g]\n"
        )
    };
    let text = format!("{}    # the b\n{}", entry("a"), entry("b"));
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n  mapRoles: >\n";
    let desk = Desk::new();
    desk.write("aws-auth.yml", &format!("{head}{text}"));
    desk.run(&["check", "--fix"])
        .ends(3)
        .prints("says something else than its lines")
        .says("hint: what is left to mend would change who gets in");
    assert_eq!(desk.read("aws-auth.yml"), format!("{head}{text}"));
}

#[test]
fn fix_mends_shows_what_it_did_and_keeps_every_other_byte() {
    let desk = Desk::new();
    let (before, after) = (mendable(), mendable().replace("\" arn:", "\"arn:"));
    desk.write("aws-auth.yml", &before);
    desk.run(&["check"]).ends(0).prints("warning[RC017]").says("hint: `--fix` mends");
    let outcome = desk.run(&["check", "--fix"]).ends(0).prints("warning[RC008]");
    assert!(!outcome.stdout.contains("RC017"), "{}", outcome.stdout);
    let diff = "\
--- aws-auth.yml
+++ aws-auth.yml
@@ -19,7 +19,7 @@
       username: admin
       groups:
         - viewers
-    - userarn: \" arn:aws:iam::111122223333:user/b\"   # keep  this
+    - userarn: \"arn:aws:iam::111122223333:user/b\"   # keep  this
       username: b
       usrname: x
       groups: [viewers]
";
    assert_eq!(outcome.stderr, diff);
    assert_eq!(desk.read("aws-auth.yml"), after);
    desk.run(&["check", "--fix"]).ends(0).quietly();
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    desk.write("aws-auth.yml", &windows(&before));
    desk.run(&["check", "--fix", "-o", "json"]).ends(0).says("+++ aws-auth.yml");
    assert_eq!(desk.read("aws-auth.yml"), windows(&after));
}

#[test]
fn fix_with_stdin_is_a_filter() {
    let desk = Desk::new();
    let fix = |text: &str| desk.run_with(&["check", "--fix", "-"], text);
    let mended = fix(&mendable()).ends(0).says("--- stdin\n").says("warning[RC008]");
    assert_eq!(mended.stdout, mendable().replace("\" arn:", "\"arn:"));
    assert_eq!(fix(&calm()).ends(0).stdout, calm());
    assert_eq!(fix(&broken()).ends(3).says("error[RC004]").stdout, broken());
    desk.run_with(&["check", "--fix", "-", "-o", "json"], "").ends(64).says("hint: ");
}

#[cfg(unix)]
#[test]
fn fix_keeps_the_mode_and_the_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let desk = Desk::new();
    desk.write("real.yml", &mendable());
    symlink("real.yml", desk.path("aws-auth.yml")).unwrap();
    let permissions = |mode| std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(desk.path("real.yml"), permissions(0o640)).unwrap();
    desk.run(&["check", "--fix", "aws-auth.yml"]).ends(0);
    let mode = std::fs::metadata(desk.path("real.yml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
    assert!(std::fs::symlink_metadata(desk.path("aws-auth.yml")).unwrap().is_symlink());
    assert!(!desk.read("real.yml").contains("\" arn:"));
}

#[test]
fn no_voice_tells_a_secret() {
    let desk = Desk::new();
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let leaking = mendable().replace(
        "usrname: x",
        &format!("key: x # rolecall: allow RC008 because {secret}\n      secret: {secret}"),
    );
    desk.write("aws-auth.yml", &leaking);
    for voice in ["text", "json", "markdown", "sarif", "junit", "github", "gitlab"] {
        let outcome = desk.run(&["check", "-o", voice]).ends(3);
        assert!(outcome.stdout.contains("RC035"), "{}", outcome.stdout);
        assert!(!outcome.stdout.contains(secret) && !outcome.stderr.contains(secret), "{voice}");
    }
    let mended = desk.run(&["check", "--fix"]).ends(3).says("+++").says("*****");
    assert!(!mended.stderr.contains(secret) && !mended.stdout.contains(secret));
    assert!(desk.read("aws-auth.yml").contains(secret));
}

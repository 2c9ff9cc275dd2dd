//! A secret that stands in a file is in no output of any command, but for an id that the user typed.

use crate::run::{Desk, Outcome};

const HEAD: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\ndata:\n";
const ID: &str = "AKIAIOSFODNN7EXAMPLF";
const KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const BEGIN: &str = "-----BEGIN RSA PRIVATE KEY-----";
const END: &str = "-----END RSA PRIVATE KEY-----";

/// A private key in a text of one line, whose line breaks are `between`.
fn private_key(between: &str) -> String {
    [BEGIN, "MIIEpAIBAAKCAQEA04up8hoqzS1", END].join(between)
}

/// A map with a secret of every kind, where each is told.
fn leaking() -> String {
    let user = |name: &str, username: &str, group: &str| {
        format!(
            "    - userarn: arn:aws:iam::111122223333:user/{name}\n      username: {username}\n      groups: [\"{group}\"]\n"
        )
    };
    let users = [
        user("a", ID, &private_key("\\n")),
        user("b", &format!("\"{}\"", private_key("\\n")), "viewers"),
        format!("      # secret: {KEY}\n"),
        user("c", KEY, "viewers"),
    ];
    format!("{HEAD}  mapUsers: |\n{}", users.concat())
}

#[track_caller]
fn is_silent(outcome: &Outcome) {
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    for secret in ["MIIE", "up8hoqzS1", "wJalr", "bPxRfi", ID] {
        assert!(!said.contains(secret), "{said}");
    }
}

#[test]
fn a_private_key_on_one_line_is_masked_with_the_mark_under_it() {
    let desk = Desk::new();
    let values = [
        format!("\"{}\"", private_key("\\n")),
        private_key(" "),
        private_key(""),
        format!("'{}'", private_key(" ")),
    ];
    for value in values {
        desk.write("aws-auth.yml", &format!("{HEAD}  mapRoles: \"[]\"\n  k: {value}\n"));
        for voice in ["text", "json", "markdown", "sarif", "junit", "github", "gitlab"] {
            is_silent(&desk.run(&["check", "-o", voice]).ends(3).prints("RC035"));
        }
        let shown = desk.run(&["check"]).stdout;
        let line = shown.lines().find(|line| line.starts_with("6 |")).unwrap();
        let mark = shown.lines().find(|line| line.contains('^')).unwrap();
        let stars = line.find('*').unwrap()..=line.rfind('*').unwrap();
        assert!(
            mark.find('^').unwrap() <= *stars.start() && mark.rfind('^').unwrap() >= *stars.end(),
            "{shown}"
        );
    }
}

#[test]
fn what_kubectl_writes_as_json_is_masked() {
    let desk = Desk::new();
    let section = leaking().split_once("|\n").unwrap().1.to_owned();
    let map = serde_json::json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": "aws-auth", "namespace": "kube-system" },
        "data": { "mapUsers": section, "k": format!("{BEGIN}\ngq3ZMIIEup8hoqzS1\nAbCdwJalr\n{END}\n") },
    });
    desk.write("map.json", &format!("{map:#}"));
    for voice in ["text", "json", "markdown", "sarif", "junit", "github", "gitlab"] {
        is_silent(&desk.run(&["check", "map.json", "-o", voice]).ends(3));
    }
}

#[test]
fn no_command_tells_a_secret_of_a_file() {
    let desk = Desk::new();
    desk.write("f.yml", &leaking());
    desk.write("clean.yml", &format!("{HEAD}  mapUsers: \"[]\"\n"));
    let arn = |name: &str| format!("arn:aws:iam::111122223333:user/{name}");
    for name in ["a", "b", "c"] {
        for voice in ["text", "json"] {
            is_silent(&desk.run(&["explain", &arn(name), "-f", "f.yml", "-o", voice]).ends(0).prints("***"));
            is_silent(
                &desk.run(&["map", "remove", &arn(name), "--dry-run", "-f", "f.yml", "-o", voice]).ends(0),
            );
        }
        let add = ["map", "add", &arn(name), "--group", "h", "-f", "f.yml"];
        is_silent(&desk.run(&add).ends(3).says("says something else"));
    }
    let near = &ID[..ID.len() - 1];
    is_silent(&desk.run(&["map", "remove", "--username", near, "-f", "f.yml"]).says("did you mean `****"));
    for voice in ["text", "json"] {
        is_silent(&desk.run(&["map", "list", "-f", "f.yml", "-o", voice]).ends(0));
    }
    for voice in ["text", "json", "markdown", "github", "junit"] {
        is_silent(&desk.run(&["plan", "f.yml", "--observed", "f.yml", "-o", voice]));
        is_silent(&desk.run(&["plan", "clean.yml", "--observed", "f.yml", "-o", voice]));
    }
    let out = ["plan", "clean.yml", "--observed", "f.yml", "--out", "plan.json"];
    is_silent(&desk.run(&out));
    if desk.path("plan.json").exists() {
        assert!(!desk.read("plan.json").contains(ID) && !desk.read("plan.json").contains("wJalr"));
    }
}

#[test]
fn a_mend_shows_no_secret() {
    let desk = Desk::new();
    let mendable = leaking().replace("user/b\n", "user/b \n").replace("userarn: arn", "UserARN: arn");
    desk.write("f.yml", &mendable);
    is_silent(&desk.run(&["check", "--fix", "f.yml"]).ends(3).says("+++"));
    assert!(desk.read("f.yml").contains(ID));
}

#[test]
fn an_id_that_the_user_typed_is_repeated_to_him() {
    let desk = Desk::new();
    desk.write("f.yml", &leaking());
    let other = "AKIAIOSFODNN7EXAMPLG";
    let outcome = desk.run(&["map", "remove", "--username", other, "-f", "f.yml"]).says(other);
    is_silent(&outcome);
}

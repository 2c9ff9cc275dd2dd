//! What `rolecall kubeconfig` makes of files as people and tools write them.

use super::*;

const ARN: &str = "arn:aws:eks:eu-west-1:111122223333:cluster/prod";
const FACTS: ClusterFacts<'static> = ClusterFacts {
    arn: ARN,
    name: "prod",
    region: "eu-west-1",
    endpoint: "https://abc.gr7.eu-west-1.eks.amazonaws.com",
    certificate_authority: "LS0tCg==",
};
const OPTIONS: AccessOptions<'static> = AccessOptions {
    command: "rolecall",
    role_arn: None,
    alias: None,
    user_alias: None,
    proxy_url: None,
    profile: None,
};

const FRESH: &str = "\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tCg==
    server: https://abc.gr7.eu-west-1.eks.amazonaws.com
  name: arn:aws:eks:eu-west-1:111122223333:cluster/prod
contexts:
- context:
    cluster: arn:aws:eks:eu-west-1:111122223333:cluster/prod
    user: arn:aws:eks:eu-west-1:111122223333:cluster/prod
  name: arn:aws:eks:eu-west-1:111122223333:cluster/prod
current-context: arn:aws:eks:eu-west-1:111122223333:cluster/prod
kind: Config
users:
- name: arn:aws:eks:eu-west-1:111122223333:cluster/prod
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      args:
      - token
      - --cluster-name
      - prod
      - --region
      - eu-west-1
      command: rolecall
      interactiveMode: Never
";

fn file(path: &str, text: Option<&str>) -> KubeconfigFile {
    KubeconfigFile { path: path.to_owned(), text: text.map(str::to_owned) }
}

fn updated(text: &str, options: &AccessOptions<'_>) -> String {
    update(&[file("config", Some(text))], &FACTS, options).unwrap().text
}

#[test]
fn a_new_file_is_what_kubectl_would_write() {
    let update = update(&[file("config", None)], &FACTS, &OPTIONS).unwrap();
    assert_eq!(update.text, FRESH);
    assert!(update.changed && update.is_new);
    assert_eq!((update.context.as_str(), update.user.as_str()), (ARN, ARN));
    for nothing in ["", "# mine\n", "# no line break", "---\n"] {
        let text = updated(nothing, &OPTIONS);
        assert!(text.contains("- --region\n"), "{text}");
        assert!(text.starts_with(nothing), "{text}");
    }
}

#[test]
fn every_option_has_its_place() {
    let options = AccessOptions {
        command: "/opt/my tools/rolecall",
        role_arn: Some("arn:aws:iam::111122223333:role/admin"),
        alias: Some("on"),
        user_alias: Some("7"),
        proxy_url: Some("http://proxy:3128"),
        profile: Some("work"),
    };
    let update = update(&[file("config", None)], &FACTS, &options).unwrap();
    for line in [
        "    proxy-url: http://proxy:3128\n",
        "      - --role-arn\n      - arn:aws:iam::111122223333:role/admin\n",
        "      command: /opt/my tools/rolecall\n",
        "      env:\n      - name: AWS_PROFILE\n        value: work\n",
        "- name: \"7\"\n",
        "  name: \"on\"\n",
        "current-context: \"on\"\n",
    ] {
        assert!(update.text.contains(line), "{line} in {}", update.text);
    }
    assert_eq!((update.context.as_str(), update.user.as_str()), ("on", "7"));
}

#[test]
fn what_says_it_already_stays_byte_for_byte() {
    let odd = FRESH.replace("clusters:", "clusters:   # all of them").replace(
        "    certificate-authority-data: LS0tCg==\n",
        "    certificate-authority-data: 'LS0tCg=='\n",
    );
    let by_kubectl = FRESH.replace(
        "      interactiveMode: Never\n",
        "      env: null\n      interactiveMode: Never\n      provideClusterInfo: false\n",
    );
    for text in [FRESH, &odd, &by_kubectl, &FRESH.replace('\n', "\r\n"), FRESH.trim_end()] {
        let update = update(&[file("config", Some(text))], &FACTS, &OPTIONS).unwrap();
        assert_eq!(update.text, text);
        assert!(!update.changed);
    }
}

/// The lines that an update adds, `+`, and takes away, `-`, in order.
fn difference(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let mut rows = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (i, line) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            rows[i][j] =
                if line == other { rows[i + 1][j + 1] + 1 } else { rows[i + 1][j].max(rows[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || rows[i + 1][j] >= rows[i][j + 1]) {
            lines.push(format!("-{}", old[i]));
            i += 1;
        } else {
            lines.push(format!("+{}", new[j]));
            j += 1;
        }
    }
    lines
}

const OTHERS: &str = "\
# the team's file
apiVersion: v1
kind: Config
preferences: {}
clusters:
  # on the desk
  - name: kind
    cluster:
      server: https://127.0.0.1:6443
      insecure-skip-tls-verify: true   # it is only ours
users:
  - name: kind
    user: {token: secret}
contexts:
  - name: kind
    context: {cluster: kind, user: kind}
extensions: [{name: x, extension: 1}]
current-context: kind # today
";

#[test]
fn what_others_wrote_stays() {
    let new = updated(OTHERS, &AccessOptions { alias: Some("prod"), ..OPTIONS });
    let lines = difference(OTHERS, &new);
    let removed: Vec<_> = lines.iter().filter(|line| line.starts_with('-')).collect();
    assert_eq!(removed, ["-current-context: kind # today"]);
    assert!(new.contains("\ncurrent-context: prod # today\n"), "{new}");
    assert!(new.contains("# it is only ours\n  - cluster:\n      certificate-authority-data:"), "{new}");
    assert!(new.contains("user: {token: secret}\n  - name: arn:aws:eks"), "{new}");
    // Again, and nothing changes.
    assert_eq!(updated(&new, &AccessOptions { alias: Some("prod"), ..OPTIONS }), new);
}

#[test]
fn our_own_entries_change_where_they_differ() {
    let old = FRESH
        .replace("https://abc.", "https://old.")
        .replace(
            "  name: arn:aws:eks:eu-west-1:111122223333:cluster/prod\ncurrent",
            "  name: arn:aws:eks:eu-west-1:111122223333:cluster/prod # c\ncurrent",
        )
        .replace("    user: arn:", "    namespace: web\n    user: arn:");
    let new = updated(&old, &OPTIONS);
    assert_eq!(
        difference(&old, &new),
        [
            "-    server: https://old.gr7.eu-west-1.eks.amazonaws.com",
            "+    server: https://abc.gr7.eu-west-1.eks.amazonaws.com"
        ]
    );
    let new = updated(&new, &AccessOptions { role_arn: Some("arn:aws:iam::1:role/a"), ..OPTIONS });
    assert_eq!(difference(&old, &new).len(), 4, "{new}");
    assert!(new.contains("namespace: web") && new.contains("prod # c\ncurrent-context"));
}

#[test]
fn what_would_contradict_goes() {
    let old = FRESH
        .replace(
            "    certificate-authority-data: LS0tCg==\n",
            "    insecure-skip-tls-verify: true\n    tls-server-name: x\n",
        )
        .replace(
            "  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n",
            "  user:\n    token: old\n    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n",
        );
    assert_eq!(updated(&old, &OPTIONS), FRESH);
}

#[test]
fn lists_may_be_absent_empty_null_or_in_brackets() {
    let check = |old: &str, expected: &str| {
        let new = updated(old, &AccessOptions { alias: Some("prod"), user_alias: Some("me"), ..OPTIONS });
        assert!(new.contains(expected), "`{expected}` in {new}");
        assert!(read("", &new).unwrap().get("z").is_none_or(|z| z == 1));
    };
    check("kind: Config\n", "kind: Config\nclusters:\n- cluster:\n    certificate");
    check("kind: Config", "kind: Config\nclusters:\n- cluster:\n    certificate");
    check("clusters: []\nz: 1\n", "clusters:\n- cluster:\n    certificate");
    check("clusters:\nz: 1\n", "clusters:\n- cluster:\n    certificate");
    check("clusters: null # none\nz: 1\n", "prod # none\nz: 1\n");
    check("clusters: ~\n", "clusters:\n- cluster:");
    check("clusters: [{name: a, cluster: {server: b}}]\n", "server: b}}, {\"cluster\":{\"certificate");
    check(
        "contexts:\n-   name: a\n    context: {}\nz: 1\n",
        "    context: {}\n- context:\n    cluster: arn:",
    );
    check("users:\n- name: a\n  user:\n    note: |\n      x\nz: 1\n", "      x\n- name: me\n");
    check("{\"kind\":\"Config\",\"clusters\":[],\"z\":1}\n", "\"clusters\":[{\"cluster\":{\"certificate");
    check("{}\n", "{\"clusters\": [{\"cluster\":");
    check("current-context: |\n  old\nz: 1\n", "current-context: prod\nz: 1\n");
    check("current-context:\r\nz: 1\r\n", "current-context: prod\r\nz: 1\r\nclusters:\r\n- cluster:\r\n");
}

#[test]
fn a_broken_file_is_named_with_its_place() {
    let check = |text: &str, line: usize, column: usize, message: &str| {
        let files = [file("a", Some(FRESH)), file("b", Some(text))];
        match update(&files, &FACTS, &OPTIONS) {
            Err(KubeconfigError::Broken { path, line: at_line, column: at_column, message: said }) => {
                assert_eq!((path.as_str(), at_line, at_column), ("b", line, column), "{said}");
                assert!(said.contains(message), "{said}");
            }
            other => panic!("{other:?}"),
        }
    };
    check("clusters:\n- name: a\n b: c\n", 3, 2, "");
    check("- a\n", 1, 1, "no mapping");
    check("kind: Config\nclusters: {a: b}\n", 2, 11, "`clusters` is not a list");
    check("users: 7\n", 1, 8, "`users` is not a list");
    check("current-context: [a]\n", 1, 18, "not text");
    check("a: \"\n", 2, 1, "");
}

#[test]
fn an_alias_in_our_own_entry_is_not_written_through() {
    let text = format!("base: &c {{server: x}}\nclusters:\n- name: {ARN}\n  cluster: *c\n");
    let error = update(&[file("config", Some(&text))], &FACTS, &OPTIONS);
    assert!(matches!(&error, Err(KubeconfigError::NotEditable { path }) if path == "config"), "{error:?}");
    let text = "x: &l []\nclusters: *l\n";
    let error = update(&[file("config", Some(text))], &FACTS, &OPTIONS);
    assert!(matches!(error, Err(KubeconfigError::NotEditable { .. })), "{error:?}");
}

#[test]
fn of_several_files_the_one_that_has_the_cluster_changes() {
    let check = |texts: [Option<&str>; 3], path: &str, shadowed_by: Option<&str>| {
        let files = [file("a", texts[0]), file("b", texts[1]), file("c", texts[2])];
        let update = update(&files, &FACTS, &OPTIONS).unwrap();
        assert_eq!((update.path.as_str(), update.shadowed_by.as_deref()), (path, shadowed_by));
    };
    let elsewhere = FRESH.replace("https://abc", "https://old");
    check([None, None, None], "a", None);
    check([Some(OTHERS), None, None], "a", None);
    check([None, Some(&elsewhere), None], "b", None);
    check([Some(OTHERS), None, Some(&elsewhere)], "c", Some("a"));
    check([Some(FRESH), Some(&elsewhere), None], "a", None);
}

#[test]
fn the_files_come_from_flag_list_or_home() {
    let check = |flag, environment, home, expected: Result<&[&str], NoKubeconfigPath>| {
        let found = paths(flag, environment, home, ':');
        assert_eq!(found, expected.map(|paths| paths.iter().map(|path| (*path).to_owned()).collect()));
    };
    check(Some("f"), Some("a:b"), Some("/home/me"), Ok(&["f"]));
    check(None, Some("a::b:a:"), Some("/home/me"), Ok(&["a", "b"]));
    check(None, Some(""), Some("/home/me"), Ok(&["/home/me/.kube/config"]));
    check(None, Some(":"), Some("/home/me"), Ok(&["/home/me/.kube/config"]));
    check(None, None, Some(""), Err(NoKubeconfigPath));
    check(None, None, None, Err(NoKubeconfigPath));
}

use super::{HomeConfig, NotifyKind, ReceiverKind, ReferenceConfig, parse};
use crate::finding::{Code, Level};
use crate::policy::{Growth, MaxRemovals, Unmanaged};

const HEAD: &str = "apiVersion: rolecall.dev/v1alpha1\nkind: Config\n";

/// Checks the place and message of the only finding.
fn check_error(body: &str, place: &str, message: &str) {
    let (config, findings) = parse("rolecall.yaml", &format!("{HEAD}{body}"));
    assert!(config.is_none(), "{body}");
    let found: Vec<String> =
        findings.iter().map(|finding| format!("{}: {}", finding.place, finding.message)).collect();
    assert_eq!(found, [format!("rolecall.yaml:{place}: {message}")]);
}

#[test]
fn everything_that_may_be_said() {
    let text = format!(
        "{HEAD}clusters:\n  - name: prod\n    region: eu-west-1\n    roleArn: arn:aws:iam::1:role/r\n    path: clusters/prod\n    backend: configMap\n\
         policy:\n  unmanaged: remove\n  protect: [arn:aws:iam::111122223333:role/x]\n  maxRemovals: {{count: 1, percent: 2}}\n  growth: refuse\n\
         accounts: [111122223333, \"012345678901\", 098765432109]\n\
         rules:\n  disable: [RC008]\n  RC020: off\n  RC029: warning\n"
    );
    let (config, findings) = parse("rolecall.yaml", &text);
    assert_eq!(findings, []);
    let config = config.unwrap();
    assert_eq!(config.clusters[0].path.as_deref(), Some("clusters/prod"));
    assert_eq!(config.policy.unmanaged, Unmanaged::Remove);
    assert_eq!(config.policy.growth, Growth::Refuse);
    assert_eq!(config.policy.max_removals, MaxRemovals { count: 1, percent: 2 });
    assert_eq!(config.checks.accounts, ["111122223333", "012345678901", "098765432109"]);
    assert_eq!(config.checks.quiet, [Code::UnknownKey].into());
    let levels = [(Code::WrongSection, None), (Code::ClusterAdmin, Some(Level::Warning))];
    assert_eq!(config.checks.levels, levels.into());
}

#[test]
fn an_empty_file_says_nothing() {
    assert_eq!(parse("rolecall.yaml", "").0, Some(super::Config::default()));
}

#[test]
fn mistakes_have_a_place() {
    check_error("policy:\n  unmanged: keep\n", "4:3", "unknown key `unmanged`");
    check_error(
        "policy:\n  growth: hide\n",
        "4:11",
        "`growth` is `hide`, and must be one of `show`, `refuse`",
    );
    check_error("clusters:\n  - region: eu-west-1\n", "4:5", "a cluster needs a `name` or a `context`");
    check_error("policy: [a]\n", "3:9", "`policy` must be a mapping of keys and values");
    check_error("accounts: [12]\n", "3:12", "each of `accounts` must be the id of an AWS account");
    check_error("rules: {disable: [RC999]}\n", "3:19", "there is no rule `RC999`");
    check_error("rules: {RC999: off}\n", "3:9", "unknown key `RC999`");
    check_error(
        "rules: {RC020: fatal}\n",
        "3:16",
        "`RC020` must be one of `off`, `note`, `warning`, `error`",
    );
    check_error(
        "rules: {RC004: off}\n",
        "3:16",
        "`RC004` has no other level: such a file cannot be read, or not be stored",
    );
    for nobody in ["role/*", "role/b ", "role", "user/", "role/b/"] {
        let (_, findings) = parse(
            "rolecall.yaml",
            &format!("{HEAD}policy:\n  protect: [\"arn:aws:iam::111122223333:{nobody}\"]\n"),
        );
        assert!(findings[0].message.contains("nobody's ARN"), "{findings:?}");
    }
    let range = "`percent` must be a whole number from 0 to 100";
    check_error("policy:\n  maxRemovals:\n    percent: 101\n", "5:14", range);
    check_error("policy:\n  maxRemovals:\n    percent: -1\n", "5:14", range);
    check_error("clusters:\n  - name: 12\n", "4:11", "`name` must be a text");
}

#[test]
fn a_near_miss_has_a_suggestion() {
    let (_, findings) = parse("rolecall.yaml", &format!("{HEAD}policy:\n  protected: []\n"));
    assert_eq!(findings[0].help.as_deref(), Some("did you mean `protect`?"));
}

#[test]
fn a_controller_has_a_source_and_its_manners() {
    let (config, findings) = parse(
        "rolecall.yaml",
        &format!(
            "{HEAD}source:\n  url: https://git.example.com/doors\n  tag: v1\n  tokenFile: t\n  allowedSignersFile: s\nserve:\n  interval: 90s\n  healRemovalsAfter: 1h\n  listen: 127.0.0.1:8080\n  receivers:\n    - {{name: hub, kind: github, secretFile: h}}\n"
        ),
    );
    assert_eq!(findings, []);
    let config = config.unwrap();
    let source = config.source.unwrap();
    assert_eq!(
        (source.url.as_str(), source.reference),
        ("https://git.example.com/doors", ReferenceConfig::Tag("v1".into()))
    );
    assert_eq!(
        (source.token_file.as_deref(), source.allowed_signers_file.as_deref()),
        (Some("t"), Some("s"))
    );
    assert_eq!(config.serve.interval, jiff::SignedDuration::from_secs(90));
    assert_eq!(config.serve.patience.heal_removals_after, jiff::SignedDuration::from_hours(1));
    assert_eq!(config.serve.receivers[0].kind, ReceiverKind::GitHub);
    assert_eq!((config.serve.home, config.serve.notify), (None, Vec::new()));
    let text = "serve: {notify: [{name: ops, kind: generic, urlFile: u, secretFile: s}]}";
    let (notified, _) = parse("rolecall.yaml", &format!("{HEAD}{text}\n"));
    let notified = &notified.unwrap().serve.notify[0];
    assert_eq!((notified.kind, notified.secret_file.as_deref()), (NotifyKind::Generic, Some("s")));
    let home = |text: &str| {
        parse("rolecall.yaml", &format!("{HEAD}serve: {{home: {text}}}\n")).0.unwrap().serve.home.unwrap()
    };
    assert_eq!(home("{}"), HomeConfig { context: None, lease: "rolecall-serve".into() });
    assert_eq!(home("{context: a, lease: b}"), HomeConfig { context: Some("a".into()), lease: "b".into() });
    let (config, _) = parse("rolecall.yaml", &format!("{HEAD}source: {{url: x}}\n"));
    assert_eq!(config.unwrap().source.unwrap().reference, ReferenceConfig::Branch("main".into()));
}

#[test]
fn mistakes_of_a_controller_have_a_place() {
    check_error("source: {branch: main}\n", "3:9", "a source needs a `url`");
    check_error(
        "source: {url: x, branch: a, tag: b}\n",
        "3:9",
        "a source has one of `branch`, `tag` and `commit`",
    );
    check_error("source: {url: x, username: a}\n", "3:9", "`username` and `passwordFile` go together");
    check_error("source: {url: x, sshKeyFile: a}\n", "3:9", "`sshKeyFile` and `knownHostsFile` go together");
    check_error("source: {url: x, token: a}\n", "3:18", "unknown key `token`");
    check_error("serve: {interval: 1d}\n", "3:19", "`interval` is `1d`, and must be a time from 5s to 24h");
    check_error("serve: {interval: 1s}\n", "3:19", "`interval` is `1s`, and must be a time from 5s to 24h");
    check_error(
        "serve: {home: {lease: a-}}\n",
        "3:23",
        "`a-` is no name of a Lease: write 1 to 63 of `a-z`, `0-9` and `-`",
    );
    check_error(
        "serve: {home: {lease: rolecall}}\n",
        "3:23",
        "the Lease `rolecall` is the lock of deploys, and cannot be the controller's, too",
    );
    check_error("serve: {home: }\n", "3:8", "`home` says nothing");
    check_error("serve: {interval: 60}\n", "3:19", "`interval` must be a text");
    check_error(
        "serve: {receivers: [{name: a, kind: github}]}\n",
        "3:21",
        "a receiver needs a `name`, a `kind` and a `secretFile`",
    );
    check_error(
        "serve: {receivers: [{name: a/b, kind: github, secretFile: s}]}\n",
        "3:21",
        "`a/b` is no name of a receiver: write 1 to 63 of `a-z`, `0-9` and `-`",
    );
}

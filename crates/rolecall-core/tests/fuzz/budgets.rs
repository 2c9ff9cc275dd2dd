//! What is made to be too much is refused at once, with a word about why.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rolecall_core::check::Settings;
use rolecall_core::config;
use rolecall_core::document::AwsAuthDocument;
use rolecall_core::effective::SectionReading;
use rolecall_core::identity_mapping::Section;
use rolecall_core::principal::PrincipalArn;
use rolecall_core::{Timestamp, token};

/// How long it takes here and now to read 60,000 plain entries, which a release does in a few hundredths of a
/// second: times are told by it, since a test machine may be slow, or busy with something else.
fn unit() -> Duration {
    static UNIT: OnceLock<Duration> = OnceLock::new();
    *UNIT.get_or_init(|| {
        let text = "- a\n".repeat(60_000);
        let started = Instant::now();
        assert!(SectionReading::read(Section::MapRoles, Some(&text)).unreadable().is_none());
        started.elapsed()
    })
}

/// Runs `read`, which must say `expected`, in the time of some readings of something harmless.
fn check(expected: &str, read: impl FnOnce() -> String) {
    let limit = 25 * unit();
    let started = Instant::now();
    let told = read();
    let taken = started.elapsed();
    assert!(told.contains(expected), "`{told}` where `{expected}` must be said");
    assert!(taken < limit, "{taken:?} of {limit:?} for `{expected}`");
}

fn section(text: &str) -> String {
    let reading = SectionReading::read(Section::MapRoles, Some(text));
    reading.unreadable().map(|unreadable| unreadable.message.clone()).unwrap_or_default()
}

fn file(text: &str) -> String {
    let (document, findings) = AwsAuthDocument::parse("aws-auth.yml", text);
    assert!(document.is_none());
    findings.iter().map(|finding| finding.message.as_str()).collect()
}

/// Each level ten times the one before: nine of them are a thousand million.
fn bomb() -> String {
    let level = |level: usize| {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        format!("  a{level}: &a{level} [{aliases}]\n")
    };
    "- a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned() + &(1..10).map(level).collect::<Vec<_>>().concat()
}

#[test]
fn an_alias_bomb_does_not_go_off() {
    check("excessive aliasing", || section(&bomb()));
    check("contains itself", || section("- &a [*a]\n"));
}

#[test]
fn what_is_too_deep_is_refused() {
    check("nested deeper than 100 levels", || section(&"[".repeat(100_000)));
    check("nested deeper than 100 levels", || section(&("- ".repeat(100_000) + "a")));
    check("nested deeper than 100 levels", || section(&"{a: ".repeat(100_000)));
    check("nested deeper than 100 levels", || file(&"[".repeat(100_000)));
}

#[test]
fn what_is_too_large_is_refused() {
    check("more than", || section(&"a".repeat(5 << 20)));
    check("more than 500000 nodes", || section(&("[".to_owned() + &"a,".repeat(600_000) + "]")));
    check("stores at most 1048576", || file(&"# x\n".repeat(2 << 20)));
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\ndata:\n";
    check("stores at most 1048576", || file(&format!("{head}  mapRoles: '{}'\n", "x".repeat(1 << 21))));
    let (config, findings) = config::parse("rolecall.yaml", &"# x\n".repeat(1 << 20));
    assert!(config.is_none() && findings[0].message.contains("more than"), "{findings:?}");
}

/// One line without an end, keys without number, quotes that never close: linear, all of them.
#[test]
fn nothing_takes_longer_than_its_length() {
    let long = |text: &str| {
        check("", || section(text));
    };
    long(&("- '".to_owned() + &"a ".repeat(500_000)));
    long(&("- \"".to_owned() + &"\\n".repeat(500_000)));
    long(
        &("- {".to_owned()
            + &(0..60_000).map(|key| format!("k{key}: v, ")).collect::<Vec<_>>().concat()
            + "}"),
    );
    long(&("- ".to_owned() + &"a".repeat(1_000_000) + ": b"));
    long(&("- &a {b: c}\n- <<: [".to_owned() + &"*a, ".repeat(60_000) + "]\n"));
    long(&"- &b x\n- *b\n".repeat(60_000));
    long(&"? ".repeat(99));
    long(&("- |\n".to_owned() + &"  x\n".repeat(250_000)));
    long(&"#".repeat(1 << 20));
}

/// What looks like an allow comment or a secret and is none, and blank lines where a mistake is looked for.
#[test]
fn no_check_takes_longer_than_its_length() {
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\ndata:\n";
    let long = |text: String| {
        check("", || {
            let found = rolecall_core::check::check("f", &text, &Settings::default());
            assert_eq!(found.documents, 1);
            String::new()
        });
    };
    let comment = |text: &str, times| format!("# {}\n{head}  mapRoles: '[]'\n", text.repeat(times));
    long(comment("rolecall:", 20_000));
    long(comment("-----BEGIN ", 20_000));
    long(comment("-----BEGIN PRIVATE KEY ", 20_000));
    long(comment("ecret ", 40_000));
    long(format!("{}{head}", "# rolecall: allow RC029 because x\n".repeat(20_000)));
    long(format!("{head}  mapRoles: |\n    - {{\n{}", "    \n".repeat(100_000)));
}

#[test]
fn long_tokens_and_arns_are_refused() {
    let context = token::InspectContext { now: Timestamp::UNIX_EPOCH, partition: None, region: None };
    let token = token::PREFIX.to_owned() + &"a".repeat(10 << 20);
    check("Length", || format!("{:?}", token::inspect(&token, &context).failure));
    check("not an ARN", || {
        PrincipalArn::parse(&":".repeat(1 << 20)).unwrap_err().to_string()[(1 << 20)..].to_owned()
    });
}

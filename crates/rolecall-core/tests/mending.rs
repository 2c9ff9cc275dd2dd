//! What holds for every file: checking does not fail, mending comes to an end and makes nothing worse.

use proptest::prelude::*;
use rolecall_core::check::{Settings, check, fixed, masked};
use rolecall_core::finding::Finding;

const ARNS: &[&str] = &[
    "arn:aws:iam::111122223333:role/dev",
    "arn:aws:iam::111122223333:role/team/dev",
    "arn:aws:sts::111122223333:assumed-role/dev/ann",
    "\"arn:aws:iam::111122223333:role/dev \"",
    "ARN:aws:IAM::111122223333:Role/a/dev",
    "' arn:AWS:iam::111122223333:user/\u{200b}ann'",
    "arn:aws:iam::111122223333:user/ann",
    "\u{2066}arn:aws:iam::12:role/x\u{a0}",
    "{{ .Values.arn }}",
    "arn:aws:iam::${A}:role/*",
    "*arn",
    "",
];
const NAMES: &[&str] = &[
    "dev",
    "\" dev\"",
    "1234",
    "yes",
    "~",
    "{{SessionName}}",
    "\"x:{{ sessionname }}\"",
    "'system:node:{{EC2PrivateDNSName}}'",
    "d\u{200b}ev",
    "\u{430}dmin",
    "[a]",
    "\"\"",
    "&arn system:masters",
    "AKIAIOSFODNN7EXAMPLE",
    "x # rolecall: allow RC015 because y",
];
const GROUPS: &[&str] = &[
    "system:masters",
    "[system:masters, 12, \" a\", ~, 'b ']",
    "[]",
    "{a: b}",
    "\n      - a\n      - \"b \"\n      - on",
    "|\n      x",
    "'system:nodes'",
];
const KEYS: &[&str] =
    &["rolearn", "roleARN", "userarn", "userArn", "role\u{200b}arn", "rolearn ", "sso", "<<"];

fn pick(from: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(from)
}

fn entry() -> impl Strategy<Value = String> {
    let keys = (pick(KEYS), pick(&["username", "userName", "user"]), pick(&["groups", "Groups", "group"]));
    (keys, pick(ARNS), pick(NAMES), pick(GROUPS)).prop_map(
        |((arn_key, name_key, groups_key), arn, name, groups)| {
            format!("    - {arn_key}: {arn}\n      {name_key}: {name} # kept\n      {groups_key}: {groups}\n")
        },
    )
}

fn section() -> impl Strategy<Value = String> {
    let key = pick(&["mapRoles", "mapUsers", "maproles", "mapAccounts", "other"]);
    let style = pick(&["|", ">", "|-", "", "|2", "> # c"]);
    (key, style, prop::collection::vec(entry(), 0..4)).prop_map(|(key, style, entries)| {
        // The same entry again, now and then, is what people write as well.
        let again = entries.first().filter(|entry| entry.len() % 3 == 0).cloned().unwrap_or_default();
        format!("  {key}: {style}\n{}{again}", entries.concat())
    })
}

fn file() -> impl Strategy<Value = String> {
    let head =
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n";
    let ending = pick(&["", "---\n", "---\nkind: Secret\n", "...\n"]);
    (prop::collection::vec(section(), 0..4), ending, any::<bool>()).prop_map(move |(sections, end, crlf)| {
        let text = format!("{head}{}{end}", sections.concat());
        if crlf { text.replace('\n', "\r\n") } else { text }
    })
}

/// A file with a few characters put in or taken out.
fn mangled() -> impl Strategy<Value = String> {
    let piece =
        pick(&["\t", " ", "\n", "-", ":", "'", "\"", "{", "]", "#", "|", "---\n", "\u{200b}", "日", "\0"]);
    (file(), prop::collection::vec((any::<prop::sample::Index>(), piece, 0_usize..3), 0..4)).prop_map(
        |(mut text, edits)| {
            for (at, piece, gone) in edits {
                let at = text.floor_char_boundary(at.index(text.len() + 1));
                let end = text.ceil_char_boundary((at + gone).min(text.len()));
                text.replace_range(at..end, piece);
            }
            text
        },
    )
}

fn errors(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.refuses()).count()
}

/// Everything that holds for a text.
fn holds(text: &str) {
    let settings = Settings::default();
    let before = check("f", text, &settings);
    let lines = text.split(['\n', '\r']).count();
    assert!(before.findings.iter().all(|f| (1..=lines).contains(&f.place.line)), "{:?}", before.findings);
    assert_eq!(masked(text).chars().count(), text.chars().count());
    let Some(mended) = fixed("f", text, &settings) else { return };
    let after = check("f", &mended, &settings);
    assert_ne!(mended, text);
    assert_eq!(fixed("f", &mended, &settings), None, "{text}\n----\n{mended}");
    assert!(after.documents >= before.documents, "{text}\n----\n{mended}");
    let revealed =
        before.findings.iter().any(|f| matches!(f.code.as_str(), "RC001" | "RC003" | "RC004" | "RC009"));
    assert!(revealed || errors(&after.findings) <= errors(&before.findings), "{text}\n----\n{mended}");
    let kept = |text: &str| text.matches("# kept").count();
    assert!(kept(&mended) >= kept(text), "{text}\n----\n{mended}");
    assert!(
        !text.contains("\r\n")
            || text.matches('\n').count() != text.matches("\r\n").count()
            || mended.matches('\n').count() == mended.matches("\r\n").count(),
        "{text:?}\n----\n{mended:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mending_makes_nothing_worse(text in file()) {
        holds(&text);
    }

    #[test]
    fn nothing_that_is_typed_fails(text in mangled()) {
        holds(&text);
    }

    #[test]
    fn nothing_at_all_fails(text in "\\PC*") {
        holds(&text);
    }
}

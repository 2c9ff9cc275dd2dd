//! What holds for every file: checking does not fail, mending comes to an end, makes nothing worse, and lets
//! nobody in or out who was not meant.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rolecall_core::check::{Settings, check, find_map, fixed, masked};
use rolecall_core::effective::{EffectiveMap, Entry, Lookup, lookup};
use rolecall_core::finding::Finding;
use rolecall_core::identity_mapping::Section;
use rolecall_core::principal::PrincipalArn;

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
    let revealed = before
        .findings
        .iter()
        .any(|f| matches!(f.code.as_str(), "RC001" | "RC003" | "RC004" | "RC005" | "RC009"));
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

/// Entries that get in each other's way: few principals, each in many spellings.
fn rival() -> impl Strategy<Value = String> {
    let arn = pick(&[
        "arn:aws:iam::111122223333:role/x",
        "arn:aws:iam::111122223333:role/X",
        "\"arn:aws:iam::111122223333:role/x \"",
        "arn:aws:iam::111122223333:role/t/x",
        "ARN:aws:iam::111122223333:role/x",
        "arn:aws:iam::111122223333:role/x\u{200b}",
        "arn:aws:iam::111122223333:role/y",
        "\"arn:aws:iam::111122223333:role/t/y\"",
        "arn:aws:iam::111122223333:user/x",
        "arn:AWS:iam::111122223333:user/x",
        "arn:aws:sts::111122223333:assumed-role/x/ann",
    ]);
    let key = pick(&["rolearn", "rolearn", "userarn", "userarn", "roleARN", "role\u{200b}arn", "role_arn"]);
    let groups = pick(&["groups", "groups", "groups", "gro\u{200b}ups"]);
    let given = pick(&[
        "[view]",
        "[edit]",
        "[system:masters]",
        "[\" view \"]",
        "view",
        "[12]",
        "[\"system:masters \"]",
        "[\"system:{{ sessionname }}\"]",
        "\n      - system:masters",
    ]);
    (key, arn, pick(&["dev", "\" dev\"", "12"]), groups, given).prop_map(|(key, arn, name, groups, given)| {
        format!("    - {key}: {arn}\n      username: {name}\n      {groups}: {given}\n")
    })
}

fn rivals() -> impl Strategy<Value = String> {
    const STYLES: &[&str] = &[" |", " |", " |", " |", "", " >\n    # Joined."];
    let section = |keys: &'static [&'static str]| {
        (pick(keys), pick(STYLES), prop::collection::vec(rival(), 0..4))
            .prop_map(|(key, style, entries)| format!("  {key}:{style}\n{}", entries.concat()))
    };
    let accounts = pick(&[
        "",
        "",
        "",
        "  mapAccounts: |\n    - \"111122223333\"\n",
        "  mapaccounts: |\n    - \"111122223333\"\n",
    ]);
    (section(&["mapRoles", "mapRoles", "maproles"]), section(&["mapUsers", "mapUsers", "mapusers"]), accounts).prop_map(
        |(roles, users, accounts)| {
            let head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n";
            format!("{head}{roles}{users}{accounts}")
        },
    )
}

/// How many entries of a text are for this principal, however it is spelt.
fn meant(text: &str, kind: &str, name: &str) -> usize {
    let lines = text.lines().filter(|line| !line.contains("username:")).map(str::to_lowercase);
    lines
        .filter(|line| {
            let arn = line.trim_matches([' ', '"', '\u{200b}']);
            let is_session = kind == "role" && arn.ends_with(&format!(":assumed-role/{name}/ann"));
            is_session || (arn.contains(&format!(":{kind}/")) && arn.ends_with(&format!("/{name}")))
        })
        .count()
}

/// What an entry gives, but for blanks, what nobody sees, and what is lost.
fn given(entry: &Entry) -> (bool, String, BTreeSet<String>) {
    let groups = entry.mapping.groups.iter().map(|group| group.trim().to_owned());
    (entry.mapping.is_cluster_admin(), entry.mapping.username.trim().to_owned(), groups.collect())
}

fn keeps(before: &Entry, after: &Entry) {
    let ((was_admin, had_name, had), (is_admin, name, groups)) = (given(before), given(after));
    assert_eq!(was_admin, is_admin);
    assert!(had_name.is_empty() || had_name == name);
    assert!(had.is_empty() || had.contains("") || had == groups || groups.contains("system:{{SessionName}}"));
    assert!(!groups.contains("system:{{SessionName}}"), "it may become cluster-admin");
}

fn was_hidden(map: &EffectiveMap, section: Section) -> bool {
    let reading = map.section(section);
    let is_misspelt = map.misspelt().iter().any(|misspelt| misspelt.section == section);
    !is_misspelt
        && (reading.text().is_none_or(|text| text.trim().starts_with('#')) || reading.unreadable().is_some())
}

/// Whoever got in gets in as before; who is new is no cluster-admin, and nothing else was for him.
fn lets_the_same_in(text: &str) {
    let Some(mended) = fixed("f", text, &Settings::default()) else { return };
    let map = |text: &str| find_map("f", text).0.expect("these files can be read").effective().clone();
    let (before, after) = (&map(text), &map(&mended));
    for (kind, name) in [("role", "x"), ("role", "y"), ("user", "x")] {
        let arn =
            PrincipalArn::parse(&format!("arn:aws:iam::111122223333:{kind}/{name}")).expect("it is one");
        match (lookup(before, &arn, false), lookup(after, &arn, false)) {
            (Lookup::Nothing, Lookup::Nothing) | (Lookup::Account(_), Lookup::Account(_)) => {}
            (Lookup::Entry(before), Lookup::Entry(after)) => keeps(before, after),
            (Lookup::Ambiguous(before), Lookup::Ambiguous(after)) => {
                assert_eq!(before.len(), after.len());
                for (before, after) in before.into_iter().zip(after) {
                    keeps(before, after);
                }
            }
            (Lookup::Ambiguous(before), Lookup::Entry(after)) => {
                for before in before {
                    keeps(before, after);
                }
            }
            (Lookup::Nothing | Lookup::Account(_), Lookup::Entry(new))
                if !was_hidden(before, new.key.section()) =>
            {
                assert!(!given(new).0, "{arn} is cluster-admin now");
                assert_eq!(meant(&mended, kind, name), 1, "{arn}");
                assert!(matches!(lookup(before, &arn, false), Lookup::Nothing), "{arn}");
            }
            (Lookup::Nothing | Lookup::Account(_), Lookup::Entry(_) | Lookup::Ambiguous(_)) => {
                let is_hidden = |section| was_hidden(before, section);
                assert!(is_hidden(Section::MapRoles) || is_hidden(Section::MapUsers), "{arn}");
            }
            (before, after) => assert_eq!(before, after, "{arn}"),
        }
    }
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

    #[test]
    fn who_gets_in_stays(text in rivals()) {
        lets_the_same_in(&text);
        holds(&text);
    }
}

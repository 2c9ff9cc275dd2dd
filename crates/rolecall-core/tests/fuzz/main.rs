//! Anything at all, thrown at whatever reads what people or strangers write: nothing panics, nothing hangs,
//! places lie within the text, and what an edit has done can be undone.
//!
//! `cargo test` runs some hundreds of each; `PROPTEST_CASES=1000000 cargo test -p rolecall-core --test fuzz`
//! runs as many as you have time for.
#![expect(clippy::unwrap_used, clippy::panic, reason = "everything here is a test")]
#![expect(clippy::disallowed_methods, reason = "the fence is for what ships; budgets are measured here")]

use proptest::prelude::*;

mod arns;
mod budgets;
mod config;
mod documents;
mod edits;
mod tokens;

/// Failures are not kept in files: they become rows of a table.
fn cases(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(cases), failure_persistence: None, ..ProptestConfig::default() }
}

/// Texts of the pieces that matter to YAML and to a map.
fn yamlish() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[-:?,&*!|>'\"%#\\[\\]{} ab1\n]{1,4}".prop_map(String::from),
        4 => prop::sample::select(vec![
            "- rolearn: arn:aws:iam::111122223333:role/a\n", "- userarn: arn:aws:iam::111122223333:user/b\n",
            "  username: {{SessionName}}\n", "  username: \"x{{EC2PrivateDNSName}}\"\n", "  groups: [g]\n",
            "  groups:\n  - system:masters\n", "  sso: {permissionSetName: A, accountID: '111122223333'}\n",
            "  Groups: [null]\n", "  <<: *a\n", "- &a {username: m}\n", "  1: .inf\n  '1': x\n", "\t", "\r\n",
            "---\n", "...\n", "\u{feff}", "\u{85}", "é", "\u{200b}", "\0", "|\n", ">-\n  ", "'", "\"", "- ", "  ", "\n",
        ]).prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

/// The same, inside of a ConfigMap, or nearly.
fn manifest() -> impl Strategy<Value = String> {
    let head = prop::sample::select(vec![
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n",
        "apiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: aws-auth, namespace: kube-system}\r\ndata:\r\n",
        "kind: List\nitems: []\n",
        "",
    ]);
    let key = prop::sample::select(vec![
        "  mapRoles: |\n",
        "  mapUsers: >\n",
        "  mapAccounts: \"",
        "  maproles: |+2\n",
    ]);
    (head, prop::collection::vec((key, yamlish(), any::<bool>()), 0..3)).prop_map(|(head, sections)| {
        let mut text = head.to_owned();
        for (key, section, is_indented) in sections {
            text.push_str(key);
            let indent = if is_indented { "    " } else { "" };
            section.lines().for_each(|line| text.extend([indent, line, "\n"]));
        }
        text
    })
}

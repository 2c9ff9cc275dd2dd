//! `rolecall.yaml`, as somebody who has not read the manual writes it.

use proptest::prelude::*;
use rolecall_core::config;

use crate::cases;

fn configish() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "apiVersion: rolecall.dev/v1alpha1\n",
        "kind: Config\n",
        "clusters:\n",
        "- name: prod\n",
        "  - name: prod\n",
        "    region: eu-west-1\n",
        "    roleArn: arn:aws:iam::111122223333:role/r\n",
        "    path: a/b\n",
        "policy:\n",
        "  unmanaged: keep\n",
        "  unmanged: keep\n",
        "  protect: [arn:aws:iam::111122223333:role/x]\n",
        "  maxRemovals: {count: 5, percent: 30}\n",
        "  maxRemovals: {count: -1}\n",
        "  growth: refuse\n",
        "rules:\n",
        "  disable: [RC012]\n",
        "  : ",
        "? ",
        "é",
        "*x",
        "&x ",
        "\t",
        "1: .inf\n\"1\": a\n",
        "- ",
        "\n",
        "\u{feff}",
    ]);
    prop::collection::vec(piece, 0..18).prop_map(|pieces| pieces.concat())
}

/// Either it is a configuration, or at least one finding says what is wrong and where.
fn check(text: &str) {
    let (config, findings) = config::parse("rolecall.yaml", text);
    assert!(config.is_some() || !findings.is_empty(), "{text:?}");
    let lines = text.matches(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count() + 1;
    for finding in &findings {
        assert!((1..=lines + 1).contains(&finding.place.line), "{finding:?}");
        assert!(!finding.message.is_empty());
    }
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn a_configuration_or_its_ruins(text in configish()) {
        check(&text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&String::from_utf8_lossy(&bytes));
    }
}

//! Rules as the API server lists them, against single rights.

use super::*;

fn check(rules: &Value, right: &Right, expect: bool) {
    let rules: Rules = serde_json::from_value(json!({ "resourceRules": rules })).unwrap();
    assert_eq!(rules.allow(right), expect, "{right}");
}

#[test]
fn a_rule_allows_what_it_names() {
    let create = &OURS[2];
    let rule = |verb: &str, group: &str, resource: &str| json!([{ "verbs": [verb], "apiGroups": [group], "resources": [resource] }]);
    check(&rule("create", "", "configmaps"), create, true);
    check(&rule("*", "*", "*"), create, true);
    check(&rule("patch", "", "configmaps"), create, false);
    check(&rule("create", "apps", "configmaps"), create, false);
    check(&rule("create", "", "secrets"), create, false);
    check(&json!([]), create, false);
    let named = json!([{
        "verbs": ["create"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["one"],
    }]);
    check(&named, create, false);
}

#[test]
fn a_right_is_told_as_verb_resource_name() {
    assert_eq!(THE_MAP.to_string(), "patch configmaps kube-system/aws-auth");
    assert_eq!(OURS[0].to_string(), "list configmaps rolecall/*");
}

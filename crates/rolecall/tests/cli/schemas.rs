//! What is printed is what the published schemas say, and they allow nothing else.

use rolecall_core::finding::Code;
use serde_json::{Value, json};

use crate::run::{Desk, MAP, OBSERVED};
use crate::schema::{check, problems};

#[test]
fn plans() {
    let desk = Desk::with_map();
    let plan = |arguments: &[&str]| {
        desk.run(&[&["plan", "--observed", "observed.yaml", "-o", "json"], arguments].concat())
    };
    check("plan", &plan(&[]).ends(0).json());
    desk.write("observed.yaml", MAP);
    check("plan", &plan(&[]).ends(0).json());
    desk.write("observed.yaml", &OBSERVED.replace("      username: codebuild", "     username: codebuild"));
    check("plan", &plan(&[]).ends(3).json());
    check("plan", &plan(&["--allow", "RG04", "--reason", "r"]).json());
    desk.write("observed.yaml", OBSERVED);
    desk.write("aws-auth.yml", &MAP.replace("groups: [system:masters]", "groups: [viewers]"));
    check("plan", &plan(&[]).json());
    let applier = "arn:aws:iam::111122223333:role/codebuild";
    let for_another = plan(&["--applier", applier]).ends(3).json();
    check("plan", &for_another);
    assert_eq!(for_another["applier"]["canonicalArn"], applier);
    assert_eq!(for_another["plannedBy"], Value::Null);
    let rg01 = for_another["guards"].as_array().unwrap().iter().find(|guard| guard["code"] == "RG01");
    assert_eq!(rg01.unwrap()["verdict"], "refused", "the guard speaks for who is to apply it");
}

#[test]
fn explanations() {
    let desk = Desk::with_map();
    let explain = |arguments: &[&str]| desk.run(&[&["explain", "-o", "json"], arguments].concat()).json();
    check("explanation", &explain(&["nonsense"]));
    check("explanation", &explain(&["arn:aws:iam::111122223333:root"]));
    for user in ["admin", "nobody", "team/admin"] {
        let arn = format!("arn:aws:iam::111122223333:user/{user}");
        check("explanation", &explain(&[&arn, "-f", "aws-auth.yml"]));
    }
    let twins = "    - userarn: arn:aws:iam::111122223333:user/Admin\n      username: twin\n";
    desk.write("aws-auth.yml", &format!("{MAP}{twins}"));
    let ambiguous = explain(&["arn:aws:iam::111122223333:user/admin", "-f", "aws-auth.yml"]);
    assert_eq!(ambiguous["outcome"], "ambiguous");
    check("explanation", &ambiguous);
    // Chance decides whether the section is read at all.
    desk.write("aws-auth.yml", &format!("{MAP}      1: .inf\n      '1': x\n"));
    let chance = explain(&["arn:aws:iam::111122223333:user/admin", "-f", "aws-auth.yml"]);
    assert_eq!(chance["candidates"][1]["denied"]["code"], "sectionUnreadable", "{chance}");
    check("explanation", &chance);
}

#[test]
fn findings() {
    let desk = Desk::with_map();
    desk.write("aws-auth.yml", &MAP.replace("      username: admin", "     username: admin"));
    check("findings", &desk.run(&["plan", "--observed", "observed.yaml", "-o", "json"]).ends(3).json());
    check("findings", &desk.run(&["check", "-o", "json"]).ends(3).json());
}

#[test]
fn rules() {
    check("rules", &Desk::new().run(&["rule", "-o", "json"]).ends(0).json());
}

/// What the schema of `rolecall.yaml` allows is what the program understands.
fn agrees(more: &Value, is_right: bool) {
    let mut document = json!({ "apiVersion": "rolecall.dev/v1alpha1", "kind": "Config" });
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    assert_eq!(problems("config", &document).is_empty(), is_right, "{document}");
    let (_, findings) = rolecall_core::config::parse("rolecall.yaml", &document.to_string());
    assert_eq!(findings.is_empty(), is_right, "{document}: {findings:?}");
}

#[test]
fn configurations_of_a_controller() {
    for (target, is_good) in [
        (json!({ "name": "ops", "kind": "slack", "urlFile": "u" }), true),
        (json!({ "name": "ops", "kind": "generic", "urlFile": "u", "secretFile": "s" }), true),
        (json!({ "name": "ops", "kind": "slack", "urlFile": "u", "secretFile": "s" }), false),
        (json!({ "name": "ops", "kind": "mail", "urlFile": "u" }), false),
        (json!({ "name": "ops", "kind": "slack" }), false),
    ] {
        agrees(&json!({ "serve": { "notify": [target] } }), is_good);
    }
    for (home, is_good) in [
        (json!({}), true),
        (json!({ "context": "a", "lease": "b-1" }), true),
        (json!(null), false),
        (json!({ "lease": "rolecall" }), false),
        (json!({ "lease": "-b" }), false),
    ] {
        agrees(&json!({ "serve": { "home": home } }), is_good);
    }
}

#[test]
fn configurations() {
    let cluster = json!({ "name": "a", "region": "r", "roleArn": "arn", "path": "p", "backend": "auto" });
    agrees(&json!({}), true);
    agrees(&json!({ "clusters": [cluster, { "context": "c" }] }), true);
    agrees(&json!({ "clusters": [{ "region": "r" }] }), false);
    agrees(&json!({ "clusters": [{ "name": "a", "backend": "elsewhere" }] }), false);
    agrees(&json!({ "clusters": {} }), false);
    agrees(&json!({ "policy": { "unmanaged": "remove", "growth": "refuse" } }), true);
    agrees(&json!({ "policy": { "protect": ["arn:aws:iam::111122223333:role/a"] } }), true);
    agrees(&json!({ "policy": { "protect": ["a"] } }), false);
    agrees(&json!({ "policy": { "maxRemovals": { "count": 1, "percent": 2 } } }), true);
    agrees(&json!({ "policy": { "maxRemovals": { "count": -1 } } }), false);
    agrees(&json!({ "policy": { "unmanged": "keep" } }), false);
    agrees(&json!({ "rules": { "disable": ["RC008"] } }), true);
    agrees(&json!({ "rules": { "disabled": ["RC008"] } }), false);
    for code in Code::ALL.map(Code::as_str).into_iter().chain(["RC000"]) {
        agrees(&json!({ "rules": { "disable": [code] } }), code != "RC000");
        let has_level = Code::from_text(code).is_some_and(|code| !code.is_inherent());
        agrees(&json!({ "rules": { code: "off" } }), has_level);
        agrees(&json!({ "rules": { code: "loud" } }), false);
    }
    agrees(&json!({ "accounts": ["111122223333", 111_122_223_333_u64] }), true);
    agrees(&json!({ "accounts": ["11112222333"] }), false);
    agrees(&json!({ "accounts": [11_112_222_333_u64] }), false);
    agrees(&json!({ "source": { "url": "https://git.example.com/doors", "branch": "main" } }), true);
    agrees(&json!({ "source": { "branch": "main" } }), false);
    agrees(&json!({ "source": { "url": "x", "token": "secret" } }), false);
    agrees(&json!({ "source": null, "serve": null }), true);
    let receiver = json!({ "name": "hub", "kind": "github", "secretFile": "s" });
    agrees(&json!({ "serve": { "interval": "90s", "receivers": [receiver] } }), true);
    agrees(&json!({ "serve": { "interval": "1d" } }), false);
    agrees(&json!({ "serve": { "healRemovalsAfter": "15m", "listen": "127.0.0.1:8080" } }), true);
    agrees(
        &json!({ "serve": { "receivers": [{ "name": "hub", "kind": "forge", "secretFile": "s" }] } }),
        false,
    );
    agrees(
        &json!({ "serve": { "receivers": [{ "name": "a/b", "kind": "github", "secretFile": "s" }] } }),
        false,
    );
    agrees(&json!({ "kind": "Konfig" }), false);
}

/// What the schema of `aws-auth.yml` refuses, the program finds as well.
#[test]
fn maps() {
    let desk = Desk::new();
    let map = |data: Value| {
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": "aws-auth", "namespace": "kube-system" },
            "data": data,
        })
    };
    let refuses = |document: &Value| {
        assert_ne!(problems("aws-auth", document), [""; 0], "{document}");
        desk.write("aws-auth.yml", &document.to_string());
        desk.run(&["check", "aws-auth.yml", "--deny", "warnings"]).ends(3);
    };
    let list = "# people\n- rolearn: a";
    for data in
        [json!({ "mapRoles": list, "mapUsers": "[]", "other": "x" }), json!({}), json!({ "mapRoles": "" })]
    {
        assert_eq!(problems("aws-auth", &map(data)), [""; 0]);
    }
    refuses(&map(json!({ "maproles": list })));
    refuses(&map(json!({ "mapRoles": [] })));
    refuses(&map(json!({ "mapRoles": "rolearn: a" })));
    for (place, value) in
        [("/kind", "Secret"), ("/metadata/name", "aws-auht"), ("/metadata/namespace", "default")]
    {
        let mut document = map(json!({ "mapRoles": "[]" }));
        *document.pointer_mut(place).unwrap() = value.into();
        refuses(&document);
    }
}

/// The sections by their own schemas: what these refuse, the program finds as well.
#[test]
fn sections() {
    let desk = Desk::new();
    let agrees = |section: &str, entry: Value, is_right: bool| {
        let list = Value::Array(vec![entry]);
        let found = problems(&format!("aws-auth#{section}"), &list);
        assert_eq!(found.is_empty(), is_right, "{list}: {found:?}");
        let map = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": "aws-auth", "namespace": "kube-system" },
            "data": { section: list.to_string() },
        });
        desk.write("aws-auth.yml", &map.to_string());
        let status = if is_right { 0 } else { 3 };
        desk.run(&["check", "aws-auth.yml", "--deny", "warnings"]).ends(status);
    };
    let role = |arn: &str| json!({ "rolearn": arn, "username": "u", "groups": ["viewers"] });
    agrees("mapRoles", role("arn:aws:iam::111122223333:role/a"), true);
    agrees("mapRoles", role("arn:aws:iam::111122223333:role/path/a"), false);
    agrees("mapRoles", role("arn:aws:sts::111122223333:assumed-role/a/b"), false);
    agrees("mapRoles", json!({ "rolearn": "arn:aws:iam::111122223333:role/a" }), false);
    agrees("mapRoles", json!({ "rolearn": "arn:aws:iam::111122223333:role/a", "username": 1 }), false);
    let user = |groups: Value| json!({ "userarn": "arn:aws:iam::111122223333:user/a", "username": "u", "groups": groups });
    agrees("mapUsers", user(json!(["viewers"])), true);
    agrees("mapUsers", user(json!("viewers")), false);
    agrees("mapUsers", user(json!([1])), false);
    agrees("mapUsers", json!({ "userarn": "arn:aws:iam::111122223333:user/a", "usrname": "u" }), false);
}

#[test]
fn token_inspections() {
    let desk = Desk::new();
    for token in ["nonsense", "k8s-aws-v1.aHR0cHM6Ly9zdHMuYW1hem9uYXdzLmNvbS8_eD0x"] {
        check("token-inspection", &desk.run(&["token", "inspect", token, "-o", "json"]).ends(1).json());
    }
}

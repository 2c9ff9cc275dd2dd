//! What is printed is what the published schemas say, and they allow nothing else.

use jsonschema::Registry;
use serde_json::Value;

use crate::run::{Desk, MAP, OBSERVED};

/// Asserts that `document` is what the schema of this name says.
pub(crate) fn check(schema: &str, document: &Value) {
    let read = |name: &str| -> Value {
        let path = format!("{}/../../schemas/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let registry =
        Registry::new().add("https://rolecall.dev/schemas/plan.schema.json", read("plan")).unwrap();
    let registry = registry.prepare().unwrap();
    let schema = read(schema);
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::options().with_registry(&registry).build(&schema).unwrap();
    let problems: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(problems.is_empty(), "{problems:#?}\n{document:#}");
    let mut with_more = document.clone();
    with_more["more"] = Value::Null;
    assert!(!validator.is_valid(&with_more), "a field that nobody knows must be refused");
}

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
}

#[test]
fn findings() {
    let desk = Desk::with_map();
    desk.write("aws-auth.yml", &MAP.replace("      username: admin", "     username: admin"));
    check("findings", &desk.run(&["plan", "--observed", "observed.yaml", "-o", "json"]).ends(3).json());
}

#[test]
fn token_inspections() {
    let desk = Desk::new();
    for token in ["nonsense", "k8s-aws-v1.aHR0cHM6Ly9zdHMuYW1hem9uYXdzLmNvbS8_eD0x"] {
        check("token-inspection", &desk.run(&["token", "inspect", token, "-o", "json"]).ends(1).json());
    }
}

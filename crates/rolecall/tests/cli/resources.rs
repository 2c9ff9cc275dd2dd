//! `AccessSync` on a real cluster, by a controller that runs as the ServiceAccount that is meant for it.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use rolecall_testenv::git::{Server, git};
use rolecall_testenv::story::{Cast, NODES, manifest, user};
use rolecall_testenv::{KubeconfigUser, eventually};
use serde_json::{Value, json};

use crate::chart::helm;
use crate::controller::{Controller, PATIENCE, bare, bootstrapped, mappings, push};

/// A controller at home in the cluster, as its ServiceAccount.
fn controller(cast: &Cast) -> Controller {
    let config = "apiVersion: rolecall.dev/v1alpha1\nkind: Config\nserve:\n  home: {context: controller}\n";
    Controller::start(cast, config, Some(&kubeconfig(cast)))
}

fn ends(controller: Controller) {
    assert!(controller.terminate().success());
}

/// A kubeconfig of the ServiceAccount, with a token from the TokenRequest API.
fn kubeconfig(cast: &Cast) -> std::path::PathBuf {
    let token = kubectl(cast, &["create", "token", "rolecall-controller", "-n", "rolecall"], "").unwrap();
    let user = KubeconfigUser::token(token.trim());
    cast.cluster.write_kubeconfig("controller", &cast.cluster.endpoint(), &user).unwrap()
}

fn cast() -> Cast {
    bootstrapped("controller")
}

fn resource(cast: &Cast, more: &Value) -> String {
    let mut object = json!({
        "apiVersion": "rolecall.dev/v1alpha1",
        "kind": "AccessSync",
        "metadata": { "name": "prod", "namespace": "rolecall" },
        "spec": { "source": { "url": cast.repository.display().to_string() }, "interval": "5s" },
    });
    for (key, value) in more.as_object().unwrap() {
        object["spec"][key] = value.clone();
    }
    object.to_string()
}

/// What `kubectl` says of it; an error is what it complains about.
fn kubectl(cast: &Cast, arguments: &[&str], input: &str) -> Result<String, String> {
    let mut kubectl = cast.cluster.kubectl();
    kubectl.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = kubectl.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn apply(cast: &Cast, more: &Value) {
    kubectl(cast, &["apply", "-f", "-"], &resource(cast, more)).unwrap();
}

fn status(cast: &Cast) -> Value {
    let text = kubectl(cast, &["get", "accs", "prod", "-n", "rolecall", "-o", "json"], "").unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["status"].clone()
}

/// Waits until the condition `Ready` has this reason.
fn until_reason(cast: &Cast, reason: &str) -> Value {
    let ready = || {
        let status = status(cast);
        let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
        conditions.into_iter().find(|one| one["type"] == "Ready").unwrap_or_default()
    };
    let is_so = eventually(PATIENCE, || ready()["reason"] == reason);
    assert!(is_so, "{reason}: {:#}", status(cast));
    ready()
}

#[test]
fn a_resource_is_kept_and_everything_is_told_where_people_look() {
    let cast = cast();
    let controller = controller(&cast);
    controller.until_message("this process leads");
    apply(&cast, &json!({}));
    controller.until_message("applied ");
    until_reason(&cast, "AsDeclared");
    cast.admin.knock().unwrap().succeeded().unwrap();
    assert!(mappings(&cast).contains("role/nodes"), "what others wrote stays");
    kubectl(&cast, &["wait", "accs/prod", "-n", "rolecall", "--for=condition=Ready", "--timeout=20s"], "")
        .unwrap();

    // Somebody breaks the map, and it heals.
    cast.cluster.write_aws_auth(&[("mapRoles", "- {"), ("mapUsers", "[]")]).unwrap();
    controller.until_message("healed what somebody changed");
    assert!(mappings(&cast).contains("role/nodes") && mappings(&cast).contains("user/admin"));

    // A bad commit is refused, and that is seen.
    push(&cast, &manifest("[]", "- userarn: [\n"));
    let ready = until_reason(&cast, "Unusable");
    assert!(ready["message"].as_str().unwrap().contains("aws-auth.yml:"), "{ready}");
    let described = kubectl(&cast, &["describe", "accs", "prod", "-n", "rolecall"], "").unwrap();
    for part in ["Applied", "Healed", "Unusable", "Stalled", "aws-auth.yml:"] {
        assert!(described.contains(part), "{part}: {described}");
    }
    let applied = status(&cast)["lastAppliedRevision"].clone();
    assert_ne!(applied, status(&cast)["lastAttemptedRevision"]);

    // So is what the owner of the cluster does not want, though the repository would.
    let people = format!("{}{}", user("admin", "system:masters"), user("ann", "system:masters"));
    push(&cast, &manifest("[]", &people));
    apply(&cast, &json!({ "policy": { "growth": "refuse" } }));
    let ready = until_reason(&cast, "Refused");
    assert!(ready["message"].as_str().unwrap().contains("RG06"), "{ready}");
    assert_eq!(status(&cast)["observedGeneration"], 2);
    apply(&cast, &json!({ "policy": null }));
    until_reason(&cast, "AsDeclared");
    assert!(mappings(&cast).contains("user/ann"));
    let outcomes = || {
        let passes = status(&cast)["passes"].as_array().cloned().unwrap_or_default();
        passes.iter().map(|pass| pass["outcome"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let is_told = |outcomes: Vec<String>| outcomes.len() == 5 && outcomes[..2] == ["unchanged", "applied"];
    assert!(eventually(PATIENCE, || is_told(outcomes())), "{:?}", outcomes());

    ends(controller);
}

#[test]
fn it_is_asked_by_hand_suspended_and_deleted() {
    let cast = cast();
    let controller = controller(&cast);
    let people = format!("{}{}", user("admin", "system:masters"), user("ann", "view"));
    push(&cast, &manifest("[]", &people));

    // Asked by hand, it fetches and looks at once.
    let reconcile = |status: Option<i32>, told: &str| {
        let answer = cast.creator.rolecall(&["reconcile", "prod", "--context", "admin"]).unwrap();
        assert_eq!(answer.status, status, "{answer}");
        assert!(answer.says(told), "{answer}");
    };
    apply(&cast, &json!({ "interval": "24h" }));
    until_reason(&cast, "AsDeclared");
    reconcile(Some(0), "prod: as ");
    push(&cast, &manifest("[]", "- userarn: [\n"));
    reconcile(Some(3), "prod: Unusable: aws-auth.yml:");
    push(&cast, &manifest("[]", &people));
    reconcile(Some(0), "prod: ");

    // Suspended, it looks at nothing; and deleted, it leaves the map as it is.
    apply(&cast, &json!({ "suspend": true }));
    until_reason(&cast, "Suspended");
    reconcile(Some(1), "`prod` is suspended");
    cast.cluster.write_aws_auth(&[("mapRoles", NODES), ("mapUsers", "[]")]).unwrap();
    std::thread::sleep(Duration::from_secs(6));
    assert!(!mappings(&cast).contains("user/ann"));
    apply(&cast, &json!({ "suspend": false }));
    until_reason(&cast, "AsDeclared");
    assert!(mappings(&cast).contains("user/ann"));
    kubectl(&cast, &["delete", "accs", "prod", "-n", "rolecall", "--timeout=20s"], "").unwrap();
    controller.until_message("prod: not kept any more");
    assert!(mappings(&cast).contains("user/ann"));
    ends(controller);
}

#[test]
fn what_a_resource_may_not_be_the_api_server_says() {
    let cast = cast();
    let refused = |more: &Value, told: &str| {
        let complaint = kubectl(&cast, &["apply", "-f", "-"], &resource(&cast, more)).unwrap_err();
        assert!(complaint.contains(told), "{complaint}");
    };
    let source =
        |more: &str| serde_json::from_str::<Value>(&format!("{{\"url\": \"https://a/b\", {more}}}")).unwrap();
    refused(
        &json!({ "source": source("\"branch\": \"a\", \"tag\": \"b\"") }),
        "one of `branch`, `tag` and `commit`",
    );
    refused(&json!({ "source": { "branch": "main" } }), "spec.source.url");
    refused(&json!({ "source": source("\"commit\": \"abc\"") }), "spec.source.commit");
    refused(&json!({ "path": "a/../../b" }), "a path does not lead upwards");
    refused(&json!({ "interval": "1s" }), "an interval is from 5s to 24h");
    refused(&json!({ "interval": "soon" }), "spec.interval");
    refused(&json!({ "healRemovalsAfter": "48h" }), "24h at most");
    refused(&json!({ "target": {} }), "a target has one of `eks` and `kubeconfig`");
    refused(&json!({ "policy": { "maxRemovals": { "percent": 101 } } }), "spec.policy.maxRemovals.percent");
    refused(&json!({ "policy": { "growth": "stop" } }), "spec.policy.growth");
    refused(&json!({ "surce": {} }), "unknown field");

    let everything = json!({
        "source": source("\"tag\": \"v1\", \"secretRef\": {\"name\": \"git\"}"),
        "path": "clusters/prod",
        "target": { "eks": { "name": "prod", "region": "ap-northeast-1", "roleArn": "arn:aws:iam::111122223333:role/r" } },
        "policy": { "unmanaged": "refuse", "protect": ["arn:aws:iam::111122223333:role/r"], "maxRemovals": { "count": 1, "percent": 2 }, "growth": "refuse" },
        "interval": "30s",
        "healRemovalsAfter": "0s",
        "suspend": true,
    });
    apply(&cast, &everything);
    // What is not said has its default, which people can read.
    apply(&cast, &json!({ "interval": null }));
    let text = kubectl(&cast, &["get", "accs", "prod", "-n", "rolecall", "-o", "json"], "").unwrap();
    let spec = serde_json::from_str::<Value>(&text).unwrap()["spec"].clone();
    assert_eq!(
        (&spec["interval"], &spec["healRemovalsAfter"], &spec["suspend"]),
        (&"1m".into(), &"15m".into(), &false.into())
    );

    // The controller has the rights that it needs, and no others on what is its own.
    let can_i = |question: &str| {
        let account = "--as=system:serviceaccount:rolecall:rolecall-controller";
        let arguments =
            [&["auth", "can-i", "-q", account][..], &question.split(' ').collect::<Vec<_>>()].concat();
        kubectl(&cast, &arguments, "").is_ok()
    };
    for (question, expected) in [
        ("watch accesssyncs.rolecall.dev -n rolecall", true),
        ("patch accesssyncs.rolecall.dev/a --subresource=status -n rolecall", true),
        ("patch accesssyncs.rolecall.dev/a -n rolecall", false),
        ("create accesssyncs.rolecall.dev -n rolecall", false),
        ("watch accesssyncs.rolecall.dev -n default", false),
    ] {
        assert_eq!(can_i(question), expected, "{question}");
    }
}

#[test]
fn a_target_by_its_kubeconfig_and_what_it_may_not_be() {
    let cast = cast();
    kubectl(&cast, &["get", "ns", "rolecall"], "").unwrap();
    let admin = std::fs::read_to_string(cast.cluster.admin_kubeconfig()).unwrap();
    let mut plugin: Value = serde_json::from_str(&admin).unwrap();
    plugin["users"][0]["user"] = json!({ "exec": { "apiVersion": "client.authentication.k8s.io/v1", "command": "touch", "args": ["/tmp/x"] } });
    let mut file: Value = serde_json::from_str(&admin).unwrap();
    file["users"][0]["user"] = json!({ "tokenFile": "/etc/hostname" });
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": "target", "namespace": "rolecall" },
        "stringData": { "value": admin, "plugin": plugin.to_string(), "file": file.to_string(), "text": "nonsense: [" },
    });
    kubectl(&cast, &["apply", "-f", "-"], &secret.to_string()).unwrap();
    let controller = controller(&cast);
    let target = |name: &str, key: &str| json!({ "target": { "kubeconfig": { "secretRef": { "name": name }, "key": key } } });
    for (name, key, told) in [
        ("target", "plugin", "it runs a program"),
        ("target", "file", "it names a file"),
        ("target", "text", "it cannot be read as a kubeconfig"),
        ("target", "other", "has no key `other`"),
        ("nothing", "value", "secret rolecall/nothing"),
    ] {
        apply(&cast, &target(name, key));
        let is_told = || until_reason(&cast, "CannotBegin")["message"].as_str().unwrap().contains(told);
        assert!(eventually(PATIENCE, is_told), "{told}: {:#}", status(&cast));
    }
    let described = kubectl(&cast, &["describe", "accs", "prod", "-n", "rolecall"], "").unwrap();
    assert!(described.contains("CannotBegin"), "{described}");
    assert!(!described.contains("client-key"), "no part of a Secret is told");
    apply(&cast, &target("target", "value"));
    until_reason(&cast, "AsDeclared");
    cast.admin.knock().unwrap().succeeded().unwrap();
    ends(controller);
}

/// The story, with nothing but what a user has: the chart, a Git server behind TLS, kubectl.
#[test]
fn from_helm_install_to_a_healed_map() {
    let cast = bare();
    let install = ["install", "rolecall", "chart", "--namespace", "rolecall", "--create-namespace"];
    helm(Some(&cast.cluster), &install).unwrap();
    // There is no kubelet: the controller runs here, as its ServiceAccount, with what the chart configures.
    let config = kubectl(
        &cast,
        &["get", "cm", "rolecall-config", "-n", "rolecall", "-o", "jsonpath={.data.rolecall\\.yaml}"],
        "",
    );
    let config = config
        .unwrap()
        .replace("0.0.0.0:8080", "127.0.0.1:0")
        .replace("home:", "home:\n    context: controller");
    let root = cast.cluster.home().join("git");
    std::fs::create_dir_all(&root).unwrap();
    git(&root, &["init", "-q", "--bare", "-b", "main", "access.git"]);
    let server = Server::start(&root);
    server.set(|desk| desk.authorization = Some("Basic eC10b2tlbi1hdXRoOnMzY3IzdA==".to_owned()));
    git(&cast.repository, &["init", "-q", "-b", "main"]);
    git(&cast.repository, &["remote", "add", "origin", root.join("access.git").to_str().unwrap()]);
    let push = |text: &str| {
        push(&cast, text);
        git(&cast.repository, &["push", "-q", "origin", "main"]);
    };
    push(&manifest("[]", &user("admin", "system:masters")));

    let controller = Controller::start(&cast, &config, Some(&kubeconfig(&cast)));
    let source = json!({ "url": format!("https://localhost:{}/access.git", server.port), "secretRef": { "name": "git" } });
    apply(&cast, &json!({ "source": source }));
    let ready = until_reason(&cast, "SourceFailed");
    assert!(ready["message"].as_str().unwrap().contains("secret rolecall/git"), "{ready}");
    let secret = |token: &str| {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": { "name": "git", "namespace": "rolecall" },
            "stringData": { "token": token, "ca.crt": server.ca },
        });
        kubectl(&cast, &["apply", "-f", "-"], &secret.to_string()).unwrap();
    };
    // A wrong token is told, and the right one is found without anybody's help.
    secret("wrong");
    let is_told = || until_reason(&cast, "SourceFailed")["message"].as_str().unwrap().contains("credentials");
    assert!(eventually(PATIENCE, is_told), "{:#}", status(&cast));
    secret("s3cr3t");
    until_reason(&cast, "AsDeclared");
    cast.admin.knock().unwrap().succeeded().unwrap();

    push(&manifest("[]", &format!("{}{}", user("admin", "system:masters"), user("ann", "view"))));
    assert!(eventually(PATIENCE, || mappings(&cast).contains("user/ann")));
    kubectl(
        &cast,
        &["patch", "cm", "aws-auth", "-n", "kube-system", "-p", "{\"data\":{\"mapRoles\":\"\"}}"],
        "",
    )
    .unwrap();
    let is_healed = eventually(Duration::from_secs(20), || mappings(&cast).contains("role/nodes"));
    assert!(is_healed, "{:#}", status(&cast));
    push(&manifest("[]", "- userarn: [\n"));
    until_reason(&cast, "Unusable");
    let described = kubectl(&cast, &["describe", "accs", "prod", "-n", "rolecall"], "").unwrap();
    assert!(described.contains("aws-auth.yml:") && !described.contains("s3cr3t"), "{described}");
    ends(controller);
}

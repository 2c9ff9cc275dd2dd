//! The Helm chart, by the real Helm on the real API server; and the manifests, which are the chart's.
//!
//! `UPDATE=1 cargo test -p rolecall --test cli chart` writes anew what is generated.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rolecall_testenv::{Assets, Cluster, ClusterOptions};
use serde_json::Value;

use crate::run::Desk;

fn deploy() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy")
}

/// Helm, which sees nothing of whoever runs the test.
pub(crate) fn helm(cluster: Option<&Cluster>, arguments: &[&str]) -> Result<String, String> {
    let home = tempfile::tempdir().unwrap();
    let mut helm = Command::new(Assets::ready().unwrap().helm());
    helm.args(arguments).current_dir(deploy()).env_clear().env("HOME", home.path());
    if let Some(cluster) = cluster {
        helm.env("KUBECONFIG", cluster.admin_kubeconfig());
    }
    let output = helm.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(said) }
}

fn rendered(more: &[&str]) -> Result<String, String> {
    helm(None, &[&["template", "rolecall", "chart", "--namespace", "rolecall"], more].concat())
}

fn fresh(name: &str, text: &str) {
    let file = deploy().join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
    }
    let is_fresh = fs::read_to_string(&file).unwrap_or_default() == text;
    assert!(is_fresh, "`deploy/{name}` is old: run it with UPDATE=1");
}

/// The rights of the chart are those that the program says it needs.
fn generated_files() {
    let printed = Desk::new().run(&["bootstrap", "controller", "--print"]).ends(0).stdout;
    let is = |document: &str, kind: &str| document.lines().any(|line| line == format!("kind: {kind}"));
    let documents: Vec<&str> = printed.split("---\n").collect();
    let of = |kinds: &[&str]| {
        let wanted = documents.iter().filter(|document| kinds.iter().any(|kind| is(document, kind)));
        wanted.copied().collect::<Vec<_>>().join("---\n")
    };
    fresh("chart/files/crd.yaml", &of(&["CustomResourceDefinition"]));
    fresh("chart/files/rbac.yaml", &of(&["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"]));
    assert_eq!(documents.len(), 11, "{printed}");
}

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: rolecall\n  labels:\n    pod-security.kubernetes.io/enforce: restricted\n";

#[test]
fn the_chart_and_the_manifests_are_one() {
    generated_files();
    let lint = helm(None, &["lint", "chart", "--strict", "--namespace", "rolecall"]).unwrap();
    assert!(lint.contains("0 chart(s) failed"), "{lint}");
    let manifests = rendered(&[]).unwrap();
    fresh(
        "manifests/rolecall.yaml",
        &format!("# The chart's, by `helm template`; a test keeps it so.\n{NAMESPACE}{manifests}"),
    );

    let elsewhere = helm(None, &["template", "rolecall", "chart", "--namespace", "elsewhere"]).unwrap_err();
    assert!(elsewhere.contains("--namespace rolecall"), "{elsewhere}");
    for (value, told) in [
        ("replicas=0", "replicas"),
        ("imge.tag=x", "imge"),
        ("webhooks.receivers[0].name=A", "webhooks"),
        ("image.digest=sha256:abc", "digest"),
    ] {
        let error = rendered(&["--set", value]).unwrap_err();
        assert!(error.contains(told), "{value}: {error}");
    }
    let digest = format!("image.digest=sha256:{}", "a".repeat(64));
    let one =
        rendered(&["--set", &digest, "--set", "replicas=1", "--set", "networkPolicy.enabled=false"]).unwrap();
    assert!(one.contains("image: rolecall@sha256:aaaa"), "{one}");
    assert!(!one.contains("PodDisruptionBudget") && !one.contains("NetworkPolicy"), "{one}");
}

/// What the chart configures is what the program reads.
#[test]
fn the_controller_reads_its_configuration() {
    let receivers = [
        "--set",
        "webhooks.receivers[0].name=forge,webhooks.receivers[0].kind=gitea",
        "--set",
        "notify.targets[0].name=ops,notify.targets[0].kind=generic,notify.targets[0].signed=true",
    ];
    for more in [&[][..], &receivers[..]] {
        let rendered = rendered(&[&["--show-only", "templates/config.yaml"][..], more].concat()).unwrap();
        let config = rendered.split_once("rolecall.yaml: |\n").unwrap().1;
        let config: String =
            config.lines().flat_map(|line| [line.strip_prefix("    ").unwrap_or(line), "\n"]).collect();
        let desk = Desk::new();
        desk.write("rolecall.yaml", &config.replace("0.0.0.0:8080", "127.0.0.1:0"));
        let (status, told) = if more.is_empty() {
            (64, "this is not a pod of a cluster")
        } else {
            (1, "there is no file `/notify/ops`")
        };
        desk.run(&["serve"]).ends(status).says(told);
        assert_eq!(config.contains("secretFile: /webhooks/forge"), !more.is_empty());
    }
}

#[test]
fn it_is_installed_upgraded_and_uninstalled() {
    let cluster = Cluster::start(ClusterOptions::default()).unwrap();
    let helm = |arguments: &[&str]| helm(Some(&cluster), arguments);
    let kubectl = |arguments: &str| {
        let output = cluster.kubectl().args(arguments.split(' ')).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let common = ["rolecall", "chart", "--namespace", "rolecall"];
    helm(&[&["install"], &common[..], &["--create-namespace"]].concat()).unwrap();
    kubectl("label namespace rolecall pod-security.kubernetes.io/enforce=restricted");
    kubectl("wait crd/accesssyncs.rolecall.dev --for=condition=Established --timeout=20s");
    assert!(kubectl("get accs -n rolecall").is_empty());

    // There is no kubelet here; the pod that would be made is let in where only restricted ones are.
    let deployment: Value =
        serde_json::from_str(&kubectl("get deployment rolecall -n rolecall -o json")).unwrap();
    let template = &deployment["spec"]["template"];
    let pod = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": "a", "namespace": "rolecall", "labels": template["metadata"]["labels"] },
        "spec": template["spec"],
    });
    let file = cluster.home().join("pod.json");
    fs::write(&file, pod.to_string()).unwrap();
    kubectl(&format!("create -f {}", file.display()));
    kubectl("delete pod a -n rolecall --force --grace-period=0");

    // An upgrade with another configuration makes other pods.
    let before = template["metadata"]["annotations"]["rolecall.dev/config"].clone();
    let receiver = "webhooks.receivers[0].name=hub,webhooks.receivers[0].kind=github";
    helm(&[&["upgrade"], &common[..], &["--set", receiver]].concat()).unwrap();
    let after: Value = serde_json::from_str(&kubectl("get deployment rolecall -n rolecall -o json")).unwrap();
    assert_ne!(after["spec"]["template"]["metadata"]["annotations"]["rolecall.dev/config"], before);

    // Uninstalled, it leaves the resources, and with them what people have written.
    let resource = cluster.home().join("resource.yaml");
    let text = "apiVersion: rolecall.dev/v1alpha1\nkind: AccessSync\nmetadata: {name: a, namespace: rolecall}\nspec: {source: {url: 'https://a/b'}}\n";
    fs::write(&resource, text).unwrap();
    kubectl(&format!("apply -f {}", resource.display()));
    helm(&["uninstall", "rolecall", "--namespace", "rolecall"]).unwrap();
    assert!(kubectl("get accs -n rolecall").contains('a'));
    assert!(kubectl("get deployments,services,roles -n rolecall").is_empty());

    // Whoever has the manifests needs no Helm.
    kubectl(&format!("apply -f {}", deploy().join("manifests/rolecall.yaml").display()));
    assert!(kubectl("get deployment rolecall -n rolecall").contains("rolecall"));
}

/// What `docs/install.md` shows, from its first command to its last, as an administrator types it. By hand is
/// another way than the one with Helm, on another cluster.
#[test]
fn the_guide_is_followed() {
    let guide = fs::read_to_string(deploy().join("../docs/install.md")).unwrap();
    let (by_hand, others): (Vec<&str>, Vec<&str>) =
        guide.split("\n## ").partition(|section| section.starts_with("By hand"));
    assert_eq!((followed(&by_hand), followed(&others)), (1, 9), "there are other commands than there were");
}

/// Types the commands, and writes the files; says how many commands there were.
fn followed(sections: &[&str]) -> usize {
    let cluster = Cluster::start(ClusterOptions::default()).unwrap();
    let assets = Assets::ready().unwrap();
    let programs = [Path::new(env!("CARGO_BIN_EXE_rolecall")), assets.helm(), assets.kubectl()];
    let folders = programs.iter().map(|program| program.parent().unwrap().to_owned());
    let path = std::env::join_paths(folders.chain(["/usr/bin".into(), "/bin".into()])).unwrap();
    let desk = Desk::new();
    std::os::unix::fs::symlink(deploy(), desk.path("deploy")).unwrap();
    let mut commands = 0;
    for block in sections.iter().flat_map(|section| section.split("```").skip(1).step_by(2)) {
        let (language, text) = block.split_once('\n').unwrap();
        if language == "yaml" {
            desk.write(text.lines().next().unwrap().strip_prefix("# ").unwrap(), text);
            continue;
        }
        for command in text.lines() {
            let output = Command::new("sh")
                .args(["-c", command])
                .current_dir(desk.path(""))
                .env_clear()
                .env("PATH", &path)
                .env("HOME", desk.path(""))
                .env("KUBECONFIG", cluster.admin_kubeconfig())
                .output()
                .unwrap();
            assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
            commands += 1;
        }
    }
    commands
}

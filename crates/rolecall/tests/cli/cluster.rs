//! What the binary adds to the line on a real cluster: it asks, stores, tells, and stops when it shall.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rolecall_testenv::story::{Cast, FirstEntry, NODES, Told, manifest, user};
use rolecall_testenv::{ClusterOptions, eventually};
use serde_json::Value;

use crate::schema::check;

const ROLECALL: &str = env!("CARGO_BIN_EXE_rolecall");

/// A cluster whose pipeline is in, and a commit that adds `admin`.
pub(crate) fn cast() -> Cast {
    let cast = Cast::assemble(Path::new(ROLECALL), ClusterOptions::default()).unwrap();
    cast.let_the_pipeline_in(FirstEntry::LeastPrivilege).unwrap().succeeded().unwrap();
    cast.commit("", &user("admin", "system:masters")).unwrap();
    cast
}

pub(crate) fn document(told: &Told) -> Value {
    serde_json::from_str(&told.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}

pub(crate) fn ends(told: Told, status: i32) -> Told {
    assert_eq!(told.status, Some(status), "{told}");
    told
}

/// Runs `rolecall` on a terminal of 80 columns, at which somebody types `typed`.
fn at_a_terminal(cast: &Cast, arguments: &[&str], typed: &str) -> (i32, String) {
    let pty = "import os,pty,sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let of_rolecall = cast.pipeline.rolecall_command(arguments);
    let mut python = Command::new("python3");
    python.args(["-c", pty]).arg(ROLECALL).args(arguments).env_clear();
    python.envs(of_rolecall.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("COLUMNS", "80");
    python.current_dir(of_rolecall.get_current_dir().unwrap());
    let mut child = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    input.write_all(typed.as_bytes()).unwrap();
    let mut screen = String::new();
    output.read_to_string(&mut screen).unwrap();
    (child.wait().unwrap().code().unwrap(), screen.replace("\r\n", "\n"))
}

#[test]
fn a_person_is_asked_and_no_means_no() {
    let cast = cast();
    let before = cast.version().unwrap();
    let (status, screen) = at_a_terminal(&cast, &["apply"], "n\n");
    assert_eq!(status, 0, "{screen}");
    for part in
        ["+ user arn:aws:iam::111122223333:user/admin", "Apply these changes? [y/N]", "nothing was changed"]
    {
        assert!(screen.contains(part), "`{part}` is not in\n{screen}");
    }
    assert_eq!(cast.version().unwrap(), before);
    let (status, screen) = at_a_terminal(&cast, &["apply"], "y\n");
    assert_eq!(status, 0, "{screen}");
    assert!(screen.contains("Verified: "), "{screen}");
    assert_ne!(cast.version().unwrap(), before);
    let (status, screen) = at_a_terminal(&cast, &["apply"], "");
    assert_eq!(status, 0, "{screen}");
    assert!(!screen.contains("[y/N]") && screen.contains("Nothing to do"), "{screen}");
}

#[test]
fn a_stored_plan_is_applied_once_and_only_as_it_is() {
    let cast = cast();
    let run = |arguments: &[&str]| cast.pipeline.rolecall(arguments).unwrap();
    ends(run(&["plan", "--out", "plan.json"]), 0);
    cast.commit("", &user("other", "system:masters")).unwrap();
    let moved = ends(run(&["apply", "plan.json", "--yes"]), 3);
    assert!(moved.says("`plan.json` is not what would be done now: the changes are others"), "{moved}");
    cast.commit("", &user("admin", "system:masters")).unwrap();
    let by_another = ends(cast.creator.rolecall(&["apply", "plan.json", "--yes"]).unwrap(), 3);
    assert!(by_another.says("the caller is somebody else"), "{by_another}");
    ends(run(&["apply", "plan.json", "--yes"]), 0);
    let again = ends(run(&["apply", "plan.json", "--yes"]), 3);
    assert!(again.says("what is observed in the cluster is no longer the same"), "{again}");
    std::fs::write(cast.repository.join("observed.yaml"), manifest(NODES, "[]")).unwrap();
    ends(run(&["plan", "--observed", "observed.yaml", "--out", "offline.json"]), 0);
    let offline = ends(run(&["apply", "offline.json", "--yes"]), 3);
    assert!(offline.says("the cluster is another one"), "{offline}");
}

#[test]
fn drift_and_verify_tell_and_end_with_2() {
    let cast = cast();
    let run = |arguments: &[&str]| cast.pipeline.rolecall(arguments).unwrap();
    let drifted = ends(run(&["drift"]), 2);
    assert!(drifted.says("Plan: 1 to add"), "{drifted}");
    check("verification", &document(&ends(run(&["verify", "-o", "json"]), 2)));
    assert!(ends(run(&["drift", "-o", "junit"]), 2).stdout.contains("<failure type=\"drift\""));
    assert!(ends(run(&["verify", "-o", "github"]), 2).stdout.contains("::error file=aws-auth.yml,line=1,"));
    assert!(
        ends(run(&["drift", "-o", "markdown"]), 2)
            .stdout
            .starts_with("<!-- rolecall -->\n<!-- rolecall: drift ")
    );
    let applied = document(&ends(run(&["apply", "--yes", "-o", "json"]), 0));
    assert_eq!(applied["outcome"], "verified");
    check("apply-report", &applied);
    assert!(
        ends(run(&["apply", "--yes", "-o", "markdown"]), 0).stdout.contains("**Rolecall** Nothing to do")
    );
    let report = ends(run(&["apply", "--yes", "-o", "junit"]), 0).stdout;
    assert!(report.contains("classname=\"guard\" name=\"RG01\""), "{report}");
    assert!(report.contains("classname=\"apply\" name=\"verified\"") && report.contains("failures=\"0\""));
    assert!(ends(run(&["verify", "-o", "junit"]), 0).stdout.contains("failures=\"0\""));
    ends(run(&["drift"]), 0);
    check("plan", &document(&ends(run(&["drift", "-o", "json"]), 0)));
    let verified = ends(run(&["verify"]), 0);
    assert!(verified.says("a fresh token enters as `rolecall-deployer`"), "{verified}");
    // An entry that nobody planned is drift, though the files do not speak of it.
    let intruder = "- rolearn: arn:aws:iam::111122223333:role/intruder\n  username: i\n  groups: [view]\n";
    let roles = format!("{}{intruder}", cast.map().unwrap());
    let users = user("admin", "system:masters");
    cast.cluster.write_aws_auth(&[("mapRoles", &roles), ("mapUsers", &users)]).unwrap();
    let drifted = ends(run(&["drift"]), 2);
    assert!(drifted.says("role/intruder [view], not there at the last pass"), "{drifted}");
    // The pass that takes note of it says so, though it has nothing to write but the ledger.
    let noted = ends(run(&["apply", "--yes"]), 0);
    let warning =
        "warning: role `arn:aws:iam::111122223333:role/intruder` [view] was not there at the last pass";
    assert!(noted.stderr.contains(warning), "{noted}");
    assert!(noted.says("Nothing to do") && noted.says("The ledger was brought up to date."), "{noted}");
    ends(run(&["drift"]), 0);
}

#[test]
fn a_plan_made_for_another_is_applied_by_him_alone() {
    let cast = cast();
    ends(cast.pipeline.rolecall(&["apply", "--yes"]).unwrap(), 0);
    let users = format!("{}{}", user("admin", "system:masters"), user("other", "view"));
    let by_admin = |arguments: &[&str]| cast.admin.rolecall(arguments).unwrap();
    let for_pipeline = ["plan", "--applier", &cast.pipeline_role];

    // What would lock out whoever applies it is refused, though it would not lock out who plans it.
    cast.write(&manifest(NODES, &users)).unwrap();
    let refused = ends(by_admin(&for_pipeline), 3);
    assert!(refused.says("RG01 refuses"), "{refused}");

    cast.commit("", &users).unwrap();
    let planned = ends(by_admin(&[&for_pipeline[..], &["--out", "plan.json", "-o", "json"]].concat()), 0);
    let planned = document(&planned);
    check("plan", &planned);
    assert_eq!(planned["applier"]["canonicalArn"], cast.pipeline_role);
    assert_eq!(planned["plannedBy"]["username"], "admin");
    let refused = ends(by_admin(&["apply", "plan.json", "--yes"]), 3);
    let told = format!("RG07 refuses: the plan is to be applied by `{}`", cast.pipeline_role);
    assert!(refused.says(&told), "{refused}");
    ends(cast.pipeline.rolecall(&["apply", "plan.json", "--yes"]).unwrap(), 0);
}

#[test]
fn what_is_missing_is_granted_by_a_command_that_can_be_pasted() {
    let cast = Cast::assemble(Path::new(ROLECALL), ClusterOptions::default()).unwrap();
    cast.write(&manifest(NODES, &user("admin", "system:masters"))).unwrap();
    let applied = cast.creator.rolecall(&["apply", "--yes", "--context", "admin"]).unwrap();
    let applied = ends(applied, 1);
    assert!(applied.says("`rolecall bootstrap cluster --context admin`"), "{applied}");

    // The pipeline's role gets in, and may read the map, but nothing of ours.
    let own = format!("- rolearn: {}\n  username: codebuild\n  groups: [readers]\n", cast.pipeline_role);
    cast.cluster.write_aws_auth(&[("mapRoles", &format!("{NODES}{own}"))]).unwrap();
    let kubectl = |arguments: &str| {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        cast.creator.kubectl(&arguments).unwrap().succeeded().unwrap()
    };
    kubectl("create role readers -n kube-system --verb=get --resource=configmaps --resource-name=aws-auth");
    kubectl("create rolebinding readers -n kube-system --role=readers --group=readers");
    let with_region = format!(
        "`rolecall bootstrap cluster --cluster {} --region {}`",
        cast.cluster.name(),
        rolecall_testenv::REGION
    );
    cast.write(&manifest(&format!("{NODES}{own}"), &user("admin", "system:masters"))).unwrap();
    let is_planned = || {
        let planned = cast.pipeline.rolecall(&["plan"]).unwrap();
        planned.status == Some(0) && planned.stdout.replace('\n', " ").contains(&with_region)
    };
    assert!(
        eventually(Duration::from_secs(10), is_planned),
        "{}",
        cast.pipeline.rolecall(&["plan"]).unwrap()
    );
    let refused = ends(cast.pipeline.rolecall(&["apply", "--yes"]).unwrap(), 1);
    assert!(refused.stderr.contains(&with_region), "{refused}");
}

#[test]
fn a_file_that_moved_is_a_new_source_until_somebody_says_so() {
    let mut cast = cast();
    let folder = cast.repository.clone();
    cast.pipeline.set("CI_PROJECT_URL", "https://gitlab.example/g/doors");
    cast.pipeline.set("CI_PROJECT_DIR", folder.to_str().unwrap());
    let run = |arguments: &[&str]| cast.pipeline.rolecall(arguments).unwrap();
    ends(run(&["apply", "--yes"]), 0);
    std::fs::create_dir(folder.join("prod")).unwrap();
    std::fs::rename(folder.join("aws-auth.yml"), folder.join("prod/aws-auth.yml")).unwrap();
    let was = "gitlab.example/g/doors//aws-auth.yml";
    let refused = ends(run(&["apply", "prod", "--yes"]), 3);
    assert!(refused.says("is owned by another source") && refused.says("`--take-over"), "{refused}");
    let typo = ends(run(&["plan", "prod", "--take-over", "elsewhere"]), 3);
    assert!(typo.says("there is nothing to take over from") && typo.says(was), "{typo}");
    ends(run(&["apply", "prod", "--yes", "--take-over", was]), 0);
    ends(run(&["apply", "prod", "--yes"]), 0);
    ends(run(&["drift", "prod"]), 0);
}

#[test]
fn explain_asks_the_cluster_that_is_named() {
    let cast = cast();
    let arn = "arn:aws:iam::111122223333:user/admin";
    let explain = |more: &[&str]| cast.pipeline.rolecall(&[&["explain", arn], more].concat()).unwrap();
    assert!(ends(explain(&[]), 0).says("denied"), "the environment names the cluster, as a build's does");
    let cluster = ["--cluster", cast.cluster.name(), "-o", "json"];
    let denied = document(&ends(explain(&cluster), 0));
    assert_eq!(denied["reason"]["code"], "notMapped");
    check("explanation", &denied);
    ends(cast.pipeline.rolecall(&["apply", "--yes"]).unwrap(), 0);
    let mapped = document(&ends(explain(&cluster), 0));
    assert_eq!((&mapped["outcome"], &mapped["username"]), (&"mapped".into(), &"admin".into()));
    check("explanation", &mapped);
}

#[test]
fn reading_follows_the_current_context_and_says_so() {
    let cast = cast();
    let planned = ends(cast.creator.rolecall(&["plan"]).unwrap(), 0);
    assert!(planned.stderr.contains("note: using the current context `admin`"), "{planned}");
    let named = ends(cast.creator.rolecall(&["plan", "--context", "admin"]).unwrap(), 0);
    assert!(!named.stderr.contains("note:"), "{named}");
    let refused = ends(cast.creator.rolecall(&["apply", "--yes"]).unwrap(), 64);
    assert!(refused.says("a cluster that was named"), "{refused}");
}

#[test]
fn bootstrap_says_what_it_did_and_does_it_once() {
    let cast = Cast::assemble(Path::new(ROLECALL), ClusterOptions::default()).unwrap();
    let bootstrap = |more: &[&str]| {
        cast.creator.rolecall(&[&["bootstrap", "cluster", "--context", "admin"], more].concat()).unwrap()
    };
    let with_role = ["--deployer", &cast.pipeline_role];
    let first = ends(bootstrap(&with_role), 0);
    assert!(first.says("created   namespace rolecall"), "{first}");
    assert!(
        first.says(&format!("created   entry of {} as `rolecall-deployer`", cast.pipeline_role)),
        "{first}"
    );
    let version = cast.version().unwrap();
    let again = document(&ends(bootstrap(&[&with_role[..], &["-o", "json"]].concat()), 0));
    check("bootstrap-report", &again);
    assert_eq!(again["deployer"]["outcome"], "unchanged");
    assert!(again["objects"].as_array().unwrap().iter().all(|object| object["outcome"] == "unchanged"));
    assert_eq!(cast.version().unwrap(), version);
    // A second deployer leaves the first one in.
    ends(bootstrap(&["--deployer", "arn:aws:iam::111122223333:role/path/second"]), 0);
    let map = cast.map().unwrap();
    assert!(map.contains(&cast.pipeline_role) && map.contains("role/second\n"), "{map}");
    assert!(map.starts_with(NODES), "{map}");
    // Somebody who is in already is not made somebody else.
    let somebody = "- rolearn: arn:aws:iam::111122223333:role/third\n  username: t\n  groups: [view]\n";
    cast.cluster.write_aws_auth(&[("mapRoles", &format!("{map}{somebody}"))]).unwrap();
    let refused = ends(bootstrap(&["--deployer", "arn:aws:iam::111122223333:role/third"]), 3);
    assert!(refused.says("is not in the group `rolecall:deployers`"), "{refused}");
}

#[test]
fn bootstrap_does_not_forget_what_kubectl_apply_knew() {
    let cast = Cast::assemble(Path::new(ROLECALL), ClusterOptions::default()).unwrap();
    let gone = "- rolearn: arn:aws:iam::111122223333:role/gone\n  username: gone\n  groups: [view]\n";
    cast.cluster.delete_aws_auth().unwrap();
    cast.write(&manifest(&format!("{NODES}{gone}"), &user("oncall", "system:masters"))).unwrap();
    cast.creator.kubectl(&["apply", "-f", "aws-auth.yml"]).unwrap().succeeded().unwrap();
    let arguments = ["bootstrap", "cluster", "--context", "admin", "--deployer", &cast.pipeline_role];
    let told = ends(cast.creator.rolecall(&arguments).unwrap(), 0);
    assert!(told.says("no record is kept of this"), "{told}");
    assert!(cast.map().unwrap().contains("role/gone"), "{}", cast.map().unwrap());
    cast.commit(NODES, &user("oncall", "system:masters")).unwrap();
    let planned = ends(cast.pipeline.rolecall(&["plan"]).unwrap(), 0);
    assert!(planned.says("- role arn:aws:iam::111122223333:role/gone"), "{planned}");
}

/// An apply that waits for somebody else's lock, and what it has said by then.
fn waiting(cast: &Cast) -> (Child, std::sync::Arc<std::sync::Mutex<String>>, std::thread::JoinHandle<()>) {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    let lease = serde_json::json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": { "name": "rolecall", "namespace": "rolecall" },
        "spec": { "holderIdentity": "somebody else", "leaseDurationSeconds": 300, "renewTime": now, "acquireTime": now },
    });
    std::fs::write(cast.repository.join("lease.json"), lease.to_string()).unwrap();
    let replace = ["replace", "--force", "-f", "lease.json"];
    cast.creator.kubectl(&replace).unwrap().succeeded().unwrap();
    let mut command = cast.pipeline.rolecall_command(&["apply", "--yes"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let said = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let heard = said.clone();
    let listening = std::thread::spawn(move || {
        let mut buffer = [0; 1024];
        while let Ok(n @ 1..) = stderr.read(&mut buffer) {
            heard.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..n]));
        }
    });
    (child, said, listening)
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn ctrl_c_before_the_write_changes_nothing() {
    for (name, times) in [("-INT", 1), ("-TERM", 1), ("-INT", 2)] {
        let cast = cast();
        let before = cast.version().unwrap();
        let (mut child, said, listening) = waiting(&cast);
        let says = |text: &str| eventually(Duration::from_secs(20), || said.lock().unwrap().contains(text));
        assert!(says("waiting for the lock held by `somebody else`"), "{}", said.lock().unwrap());
        signal(&child, name);
        assert!(says("stopping before anything is changed"), "{}", said.lock().unwrap());
        if times == 2 {
            signal(&child, name);
        }
        assert_eq!(child.wait().unwrap().code(), Some(1));
        listening.join().unwrap();
        let said = said.lock().unwrap();
        let is_told =
            said.contains("stopped before anything was changed") || said.contains("stopped at once");
        assert!(is_told && said.contains("nothing was changed"), "{said}");
        assert_eq!(cast.version().unwrap(), before);
    }
}

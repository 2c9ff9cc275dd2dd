//! `kill -9` before and after every request of an apply: nobody is ever locked out, nothing of ours is
//! forgotten, and the next run says what happened.

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use rolecall_testenv::story::{Cast, NODES};
use rolecall_testenv::{Fault, FaultProxy, Hook, Match, Rule};
use serde_json::Value;

use crate::{cast, proxy_before, with_admin, without_admin};

/// More requests than an apply has.
const ENOUGH: usize = 40;

#[test]
fn killed_before_every_request() {
    kill_at_every_request(Fault::StopBefore);
}

#[test]
fn killed_after_every_request() {
    kill_at_every_request(Fault::StopAfter);
}

fn kill_at_every_request(stop: fn(Hook) -> Fault) {
    let cast = cast();
    let proxy = proxy_before(&cast.cluster);
    cast.commit("", &without_admin()).unwrap();
    cast.pipeline.rolecall(&["apply", "--yes"]).unwrap().succeeded().unwrap();

    let mut unfinished = 0;
    for n in 1..ENOUGH {
        cast.commit("", &with_admin()).unwrap();
        let was_killed = apply_killed_at(&cast, &proxy, n, stop);
        assert_nobody_is_locked_out(&cast, n);
        if !was_killed {
            assert!(n > 8, "an apply has more than {n} requests");
            assert!(unfinished >= 3, "only {unfinished} runs left an intent behind");
            return;
        }
        let left = unfinished_records(&cast);
        unfinished += left.len();
        free_the_lock(&cast);
        let applied = cast.pipeline.rolecall(&["apply", "--yes"]).unwrap().succeeded().unwrap();
        for name in &left {
            assert!(applied.says(name), "request {n}: nothing is said of `{name}`: {applied}");
        }
        assert_eq!(unfinished_records(&cast), Vec::<String>::new(), "request {n}");
        assert!(users(&cast).contains("user/admin"), "request {n}");
        // What was added by a run that was killed is still known to be ours.
        cast.commit("", &without_admin()).unwrap();
        cast.pipeline.rolecall(&["apply", "--yes"]).unwrap().succeeded().unwrap();
        assert!(!users(&cast).contains("user/admin"), "request {n}: it is not known to be ours");
    }
    panic!("an apply with more than {ENOUGH} requests");
}

/// Runs an apply and kills it at its nth request; `false` if it has none.
fn apply_killed_at(cast: &Cast, proxy: &FaultProxy, n: usize, stop: fn(Hook) -> Fault) -> bool {
    let pid: Arc<Mutex<Option<u32>>> = Arc::default();
    let victim = Arc::clone(&pid);
    let hook = Hook::new(move |_| {
        let pid = victim.lock().unwrap().expect("the run has started");
        assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    });
    proxy.script([Rule::new(Match::any().nth(n), stop(hook))]);
    let mut holder = pid.lock().unwrap();
    let mut command = cast.pipeline.rolecall_command(&["apply", "--yes"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    *holder = Some(child.id());
    drop(holder);
    let status = child.wait().unwrap();
    proxy.clear();
    assert!(status.success() || status.code().is_none(), "request {n}: {status}");
    !status.success()
}

fn assert_nobody_is_locked_out(cast: &Cast, n: usize) {
    let map = cast.map().unwrap();
    assert!(map.starts_with(NODES) && map.contains("role/codebuild"), "request {n}: {map}");
    assert!(users(cast).contains("user/oncall"), "request {n}");
    cast.pipeline.rolecall(&["drift"]).unwrap();
}

fn users(cast: &Cast) -> String {
    let object = cast.cluster.aws_auth().unwrap().unwrap();
    object["data"]["mapUsers"].as_str().unwrap_or_default().to_owned()
}

fn unfinished_records(cast: &Cast) -> Vec<String> {
    let path = "/api/v1/namespaces/rolecall/configmaps?labelSelector=rolecall.dev%2Frecord%3Dunfinished";
    let list = cast.cluster.request("GET".parse().unwrap(), path, None).unwrap().success().unwrap();
    let names =
        list["items"].as_array().into_iter().flatten().filter_map(|item| item["metadata"]["name"].as_str());
    names.map(ToOwned::to_owned).collect()
}

/// The lock of a run that was killed is free after 15 seconds; a test that waits for it is in `together`.
fn free_the_lock(cast: &Cast) {
    let path = "/apis/coordination.k8s.io/v1/namespaces/rolecall/leases/rolecall";
    let answer = cast.cluster.request("DELETE".parse().unwrap(), path, None::<&Value>).unwrap();
    assert!(answer.status.is_success() || answer.status == 404, "{answer:?}");
}

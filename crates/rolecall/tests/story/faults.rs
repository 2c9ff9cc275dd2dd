//! What the world may refuse: each gives a message that names the cause and the next step, in time, and
//! changes nothing.

use std::time::{Duration, Instant};

use rolecall_sandbox::aws::{self, Service};
use rolecall_testenv::story::{Cast, Told};
use rolecall_testenv::{Fault, Match, Part, Rule};

use crate::{cast, proxy_before, with_admin};

/// What every command here may take.
const TIMEOUT: Duration = Duration::from_secs(6);

/// The same, and what a loaded machine needs beside.
const IN_TIME: Duration = Duration::from_secs(20);

fn apply(cast: &Cast) -> Told {
    let started = Instant::now();
    let timeout = TIMEOUT.as_secs().to_string();
    let told = cast.pipeline.rolecall(&["apply", "--yes", "--timeout", &timeout]).unwrap();
    assert!(started.elapsed() < IN_TIME, "it took {:?}: {told}", started.elapsed());
    told
}

/// It failed, said `cause`, and gave a hint.
fn assert_failed(told: &Told, causes: &[&str]) {
    assert_eq!(told.status, Some(1), "{told}");
    assert!(
        causes.iter().any(|cause| told.stderr.to_lowercase().contains(cause)),
        "none of {causes:?} in {told}"
    );
    assert!(told.stderr.contains("hint:"), "no next step in {told}");
}

#[test]
fn the_api_server_refuses() {
    let cast = cast();
    let proxy = proxy_before(&cast.cluster);
    cast.commit("", &with_admin()).unwrap();
    let version = cast.version().unwrap();
    let always = |fault: Fault| [Rule::new(Match::any(), fault)];
    let busy = Fault::Answer { status: 429, retry_after_secs: Some(1) };

    for (fault, causes) in [
        (Fault::answer(401), &["unauthorized", "not known", "credentials"][..]),
        (Fault::answer(403), &["forbidden", "may not"]),
        (busy.clone(), &["too many requests", "429", "within"]),
        (Fault::answer(500), &["500", "internal", "within"]),
        (Fault::Hang, &["within", "timed out", "did not answer"]),
        (Fault::CutBefore, &["connection", "closed", "reset"]),
    ] {
        proxy.script(always(fault));
        assert_failed(&apply(&cast), causes);
        assert_eq!(cast.version().unwrap(), version);
    }

    // What passes by itself is tried again.
    for fault in [busy, Fault::answer(500), Fault::CutBefore, Fault::Delay(Duration::from_millis(300))] {
        proxy.script([Rule::new(Match::any().nth(1), fault.clone())]);
        let told = cast.pipeline.rolecall(&["plan"]).unwrap();
        assert_eq!(told.status, Some(0), "{fault:?}: {told}");
    }

    let write = Match::method("PATCH".parse().unwrap()).and_path("/configmaps/aws-auth");
    proxy.script([Rule::new(write, Fault::answer(409))]);
    assert_failed(&apply(&cast), &["somebody else"]);
    assert_eq!(cast.version().unwrap(), version);

    proxy.clear();
    apply(&cast).succeeded().unwrap();
}

#[test]
fn what_may_have_been_written_is_told_and_settled() {
    let cast = cast();
    let proxy = proxy_before(&cast.cluster);
    cast.commit("", &with_admin()).unwrap();
    let version = cast.version().unwrap();
    let write = Match::method("PATCH".parse().unwrap()).and_path("/configmaps/aws-auth");
    let read = Match::method("GET".parse().unwrap()).and_path("/configmaps/aws-auth");
    // The first read is the plan's; after the write, nobody answers any more.
    let mut script = vec![Rule::new(write, Fault::CutAfter)];
    script.extend((2..=5).map(|n| Rule::new(read.clone().nth(n), Fault::CutBefore)));
    proxy.script(script);
    let told = cast.pipeline.rolecall(&["apply", "--yes"]).unwrap();
    assert_failed(&told, &["the map may have been written"]);
    assert!(told.stderr.contains("stays unfinished"), "{told}");
    assert_ne!(cast.version().unwrap(), version, "it was written");
    proxy.clear();
    let settled = cast.pipeline.rolecall(&["apply", "--yes"]).unwrap().succeeded().unwrap();
    assert!(settled.says("had not ended: its change had been made; it is settled now"), "{settled}");
}

#[test]
fn the_api_server_is_gone() {
    let cast = cast();
    cast.commit("", &with_admin()).unwrap();
    cast.cluster.stop(Part::ApiServer).unwrap();
    assert_failed(&apply(&cast), &["refused", "cannot be reached"]);
}

#[test]
fn aws_refuses() {
    let mut cast = cast();
    cast.commit("", &with_admin()).unwrap();
    let version = cast.version().unwrap();

    cast.pipeline.set("EKS_CLUSTER_NAME", "no-such-cluster");
    assert_failed(&apply(&cast), &["no-such-cluster"]);
    cast.pipeline.set("EKS_CLUSTER_NAME", cast.cluster.name());

    cast.pipeline.set("AWS_REGION", "eu-west-1");
    assert_failed(&apply(&cast), &["eu-west-1"]);
    cast.pipeline.set("AWS_REGION", rolecall_testenv::REGION);

    cast.cluster.directory().shift_clock(3600);
    assert_failed(&apply(&cast), &["clock"]);
    cast.cluster.directory().shift_clock(0);

    let faults = cast.cluster.aws().server.faults();
    faults.inject(Service::Eks, aws::Fault::Cut);
    assert_failed(&apply(&cast), &["aws cannot be reached"]);
    faults.clear(Service::Eks);

    // The authenticator cannot ask STS: to the API server, that is a refusal.
    faults.inject(Service::Sts, aws::Fault::Cut);
    assert_failed(&apply(&cast), &["unauthorized", "not known", "refused"]);
    faults.clear(Service::Sts);

    assert_eq!(cast.version().unwrap(), version);
    apply(&cast).succeeded().unwrap();

    let key = cast.pipeline.environment("AWS_ACCESS_KEY_ID").to_owned();
    cast.cluster.directory().expire_session(&key);
    assert_failed(&apply(&cast), &["expired"]);
}

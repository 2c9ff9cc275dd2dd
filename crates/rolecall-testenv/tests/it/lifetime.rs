//! Nothing is left running or on the disk, however a test ends.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rolecall_testenv::{Cluster, ClusterOptions, eventually};

const CHILD: &str = "ROLECALL_TESTENV_CHILD";
const PROMPT: Duration = Duration::from_secs(10);

/// The servers of a cluster, found by its folder in their arguments, and their
/// common parent, the supervisor.
fn processes_of(home: &Path) -> Vec<PathBuf> {
    let needle = home.to_str().unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().map_while(Result::ok) {
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        if let (true, Some(parent)) = (String::from_utf8_lossy(&command).contains(needle), parent) {
            found.push(entry.path());
            found.push(Path::new("/proc").join(parent.trim()));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn assert_all_gone(home: &Path, processes: &[PathBuf]) {
    let gone = eventually(PROMPT, || !home.exists() && processes.iter().all(|process| !process.exists()));
    assert!(gone, "left: {:?}, folder there: {}", processes_of(home), home.exists());
}

#[test]
fn dropping_a_cluster_ends_it_before_drop_returns() {
    let cluster = Cluster::start(ClusterOptions::default()).unwrap();
    let home = cluster.home().to_owned();
    let processes = processes_of(&home);
    assert_eq!(processes.len(), 4, "{processes:?}");
    drop(cluster);
    assert!(!home.exists());
    assert!(processes.iter().all(|process| !process.exists()));
}

/// Runs this very test in a child process, which starts a cluster and waits to
/// be killed.
#[test]
fn a_killed_test_leaves_nothing() {
    if env::var_os(CHILD).is_some() {
        let cluster = Cluster::start(ClusterOptions::default()).unwrap();
        println!("HOME {}", cluster.home().display());
        loop {
            std::thread::park();
        }
    }
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "lifetime::a_killed_test_leaves_nothing", "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let home = lines
        .map_while(Result::ok)
        .find_map(|line| line.split_once("HOME ").map(|(_, home)| PathBuf::from(home)));
    let home = home.expect("the child starts a cluster");
    let processes = processes_of(&home);
    assert_eq!(processes.len(), 4, "{processes:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_all_gone(&home, &processes);
}

#[test]
fn a_killed_supervisor_takes_its_servers_along() {
    let cluster = Cluster::start(ClusterOptions::default()).unwrap();
    let home = cluster.home().to_owned();
    let processes = processes_of(&home);
    let supervisor = processes.iter().find(|process| {
        String::from_utf8_lossy(&fs::read(process.join("cmdline")).unwrap_or_default())
            .contains("PR_SET_PDEATHSIG")
    });
    let pid = supervisor.unwrap().file_name().unwrap().to_owned();
    let servers: Vec<_> = processes.iter().filter(|process| Some(*process) != supervisor).collect();
    assert_eq!(servers.len(), 3, "{servers:?}");
    assert!(Command::new("kill").arg("-9").arg(pid).status().unwrap().success());
    assert!(eventually(PROMPT, || servers.iter().all(|server| !server.exists())));
    fs::remove_dir_all(home).unwrap();
}

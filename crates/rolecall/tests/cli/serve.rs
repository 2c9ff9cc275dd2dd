//! `rolecall serve` on a real cluster: a push gets in, drift is healed, what is wrong is told and changes nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::ops::Deref;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rolecall_testenv::git::{Server, git};
use rolecall_testenv::story::{Cast, NODES, manifest, user};
use rolecall_testenv::{Part, eventually};

use crate::controller::{Controller, PATIENCE, bootstrapped, mappings, push};
use crate::run::Desk;

/// A process that serves and listens.
struct Serving {
    process: Controller,
    address: String,
}

impl Serving {
    /// Starts as the cluster's creator, with the repository of `cast` as the source.
    fn start(cast: &Cast) -> Self {
        Self::start_with(cast, "")
    }

    /// The same with more lines of `serve:`.
    fn start_with(cast: &Cast, manners: &str) -> Self {
        let config = format!(
            "apiVersion: rolecall.dev/v1alpha1\nkind: Config\nsource:\n  url: {}\nclusters:\n  - context: admin\nserve:\n  interval: 5s\n  listen: 127.0.0.1:0\n  receivers:\n    - {{name: forge, kind: generic, secretFile: secret}}\n{manners}",
            cast.repository.display()
        );
        Self::start_of(cast, &config)
    }

    fn start_of(cast: &Cast, config: &str) -> Self {
        let folder = cast.cluster.home().join("serve");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("secret"), "a secret of more than 16 bytes\n").unwrap();
        let process = Controller::start(cast, config, None);
        let listening = process.until_message("listening at ");
        let address = listening["message"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
        Self { process, address }
    }

    fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "{request}\r\nhost: x\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn terminate(self) -> ExitStatus {
        self.process.terminate()
    }
}

impl Deref for Serving {
    type Target = Controller;

    fn deref(&self) -> &Controller {
        &self.process
    }
}

fn cast() -> Cast {
    bootstrapped("cluster")
}

#[test]
fn a_push_gets_in_and_drift_is_healed() {
    let cast = cast();
    let told = catcher(&cast.cluster.home().join("serve"));
    let serving = Serving::start_with(&cast, "  notify: [{name: ops, kind: slack, urlFile: slack}]\n");
    let applied = serving.until_message("applied ");
    assert_eq!((&applied["outcome"], &applied["cluster"]), (&"applied".into(), &"admin".into()));
    cast.admin.knock().unwrap().succeeded().unwrap();
    assert!(mappings(&cast).contains("role/nodes"), "what others wrote stays");

    // Somebody empties the map: nodes and people are back within seconds.
    cast.cluster.write_aws_auth(&[("mapRoles", "[]"), ("mapUsers", "[]")]).unwrap();
    let began = Instant::now();
    serving.until_message("healed what somebody changed");
    assert!(mappings(&cast).contains("role/nodes") && mappings(&cast).contains("user/admin"));
    assert!(began.elapsed() < Duration::from_secs(20));

    // A commit that cannot be used changes nothing, is told with its place, and what was applied is defended.
    push(&cast, &manifest("[]", "- userarn: [\n"));
    let unusable = serving.until_message("aws-auth.yml:");
    assert_eq!(
        (&unusable["outcome"], &unusable["trouble"][0]["reason"]),
        (&"refused".into(), &"Unusable".into())
    );
    cast.cluster.write_aws_auth(&[("mapRoles", "- {"), ("mapUsers", "[]")]).unwrap();
    serving.until_message("healed what somebody changed");
    assert!(mappings(&cast).contains("role/nodes") && mappings(&cast).contains("user/admin"));

    // The next good one is applied.
    push(&cast, &manifest("[]", &format!("{}{}", user("admin", "system:masters"), user("ann", "view"))));
    serving.until_message("applied ");
    assert!(mappings(&cast).contains("user/ann"));
    serving.until(|line| line["outcome"] == "unchanged");

    assert!(serving.ask("GET /readyz HTTP/1.1").starts_with("HTTP/1.1 200"));
    let metrics = serving.ask("GET /metrics HTTP/1.1");
    assert!(metrics.contains("rolecall_heals_total{cluster=\"admin\"} 2"), "{metrics}");
    assert!(metrics.contains("rolecall_entries{cluster=\"admin\",section=\"mapUsers\"} 2"), "{metrics}");
    let unsigned = serving.ask("POST /hooks/forge HTTP/1.1\r\ncontent-length: 0");
    assert!(unsigned.starts_with("HTTP/1.1 403"), "{unsigned}");
    assert!(serving.terminate().success());
    let told: Vec<String> = told.try_iter().collect();
    let parts = ["applied ", "healed ", "Unusable: aws-auth.yml:", "healed ", "applied "];
    assert_eq!(told.len(), parts.len(), "{told:?}");
    for (text, part) in told.iter().zip(parts) {
        assert!(text.contains("*admin*: ") && text.contains(part), "{told:?}");
    }
}

/// Takes what Slack would take, and writes the address of it into the file `slack`.
fn catcher(folder: &Path) -> Receiver<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("slack"), format!("http://{}/x", listener.local_addr().unwrap())).unwrap();
    let (sender, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let lines = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            let length =
                lines.filter_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let mut body = vec![0; length.last().unwrap_or(0)];
            reader.read_exact(&mut body).unwrap();
            let _ = sender.send(String::from_utf8(body).unwrap());
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _ = reader.into_inner().write_all(answer);
        }
    });
    told
}

#[test]
fn a_person_who_was_removed_by_hand_stays_away_and_a_hold_stops_all_of_it() {
    let cast = cast();
    let serving = Serving::start(&cast);
    serving.until_message("applied ");
    serving.until(|line| line["outcome"] == "unchanged");
    cast.cluster.write_aws_auth(&[("mapRoles", NODES)]).unwrap();
    // Nobody is left in `mapUsers`, and that is no removal of a person.
    serving.until_message("healed what somebody changed");
    let held = "rolecall.dev/hold=2999-01-01T00:00:00Z";
    let annotate = ["annotate", "cm", "aws-auth", "-n", "kube-system", "--overwrite"];
    cast.creator.kubectl(&[&annotate[..], &[held]].concat()).unwrap().succeeded().unwrap();
    serving.until_message("HoldIgnored: the hold is longer than a day");
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(10);
    let held = format!("rolecall.dev/hold={soon} because of an incident");
    cast.creator.kubectl(&[&annotate[..], &[held.as_str()]].concat()).unwrap().succeeded().unwrap();
    serving.until(|line| line["kind"] == "Pass" && line["outcome"] == "unchanged");
    cast.creator
        .kubectl(&["patch", "cm", "aws-auth", "-n", "kube-system", "-p", "{\"data\":{\"mapUsers\":\"[]\"}}"])
        .unwrap()
        .succeeded()
        .unwrap();
    let line = serving.until(|line| line["outcome"] == "held");
    assert!(line["message"].as_str().unwrap().contains("because of an incident"), "{line}");
    assert!(!mappings(&cast).contains("user/admin"));
    cast.creator.kubectl(&[&annotate[..], &["rolecall.dev/hold-"]].concat()).unwrap().succeeded().unwrap();
    serving.until_message("healed what somebody changed");
    assert!(eventually(PATIENCE, || mappings(&cast).contains("user/admin")));
    assert!(serving.terminate().success());
}

/// Never two writers, and one again within 20 seconds, whatever happens to a process.
#[test]
fn of_several_processes_one_works() {
    let cast = cast();
    let home = "  home: {context: admin}\n";
    let one = Serving::start_with(&cast, home);
    one.until_message("this process leads");
    one.until_message("applied ");
    let mut two = Serving::start_with(&cast, home);
    two.until_message("waiting: `");
    assert!(two.ask("GET /readyz HTTP/1.1").starts_with("HTTP/1.1 200"), "it waits, and that is all right");
    assert!(two.ask("GET /metrics HTTP/1.1").contains("rolecall_leader 0"));

    // The first is killed.
    drop(one);
    let began = Instant::now();
    two.until_message("this process leads");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert!(two.ask("GET /metrics HTTP/1.1").contains("rolecall_leader 1"));
    two.until(|line| line["outcome"] == "unchanged");

    // The second stops for a while, in which somebody empties the map, and the third heals it and goes on.
    let three = Serving::start_with(&cast, home);
    three.until_message("waiting: `");
    two.signal("STOP");
    three.until_message("this process leads");
    three.until(|line| line["outcome"] == "unchanged");
    push(&cast, &manifest("[]", &format!("{}{}", user("admin", "system:masters"), user("ann", "view"))));
    three.until_message("applied ");
    cast.cluster.write_aws_auth(&[("mapRoles", NODES), ("mapUsers", "[]")]).unwrap();
    three.until_message("healed what somebody changed");
    cast.cluster.write_aws_auth(&[("mapRoles", NODES), ("mapUsers", "[]")]).unwrap();
    two.signal("CONT");
    three.until_message("healed what somebody changed");
    two.until_message("waiting: `");
    let said = two.says_within(Duration::from_secs(3));
    assert!(!said.iter().any(|line| line.contains("healed") || line.contains("applied ")), "{said:?}");

    // Who is asked to end lets another one work at once.
    assert!(three.terminate().success());
    let began = Instant::now();
    two.until_message("this process leads");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(two.process.is_running());

    // Without etcd the API server takes requests and does not answer. That keeps nobody from ending.
    cast.cluster.stop(Part::Etcd).unwrap();
    two.until_message("nobody can be elected: ");
    assert!(two.terminate().success());
}

/// A webhook comes to any of them, and the one that works hears of it at once.
#[test]
fn a_push_is_passed_on_to_the_process_that_works() {
    let cast = cast();
    let root = cast.cluster.home().join("git");
    std::fs::create_dir_all(&root).unwrap();
    git(&root, &["init", "-q", "--bare", "-b", "main", "access.git"]);
    git(&cast.repository, &["remote", "add", "origin", root.join("access.git").to_str().unwrap()]);
    git(&cast.repository, &["push", "-q", "origin", "main"]);
    let server = Server::start(&root);
    let folder = cast.cluster.home().join("serve");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("ca"), &server.ca).unwrap();
    let url = format!("https://localhost:{}/access.git", server.port);
    let start = || {
        let config = format!(
            "apiVersion: rolecall.dev/v1alpha1\nkind: Config\nsource: {{url: '{url}', caFile: ca}}\nclusters:\n  - context: admin\nserve:\n  interval: 24h\n  listen: 127.0.0.1:0\n  home: {{context: admin}}\n  receivers:\n    - {{name: forge, kind: gitlab, secretFile: secret}}\n"
        );
        Serving::start_of(&cast, &config)
    };
    let one = start();
    one.until_message("applied ");
    let two = start();
    two.until_message("waiting: `");
    push(&cast, &manifest("[]", &format!("{}{}", user("admin", "system:masters"), user("ann", "view"))));
    git(&cast.repository, &["push", "-q", "origin", "main"]);
    let body = format!(
        "{{\"ref\":\"refs/heads/main\",\"after\":\"{}\",\"project\":{{\"git_http_url\":\"{url}\"}}}}",
        "a".repeat(40)
    );
    let told = two.ask(&format!(
        "POST /hooks/forge HTTP/1.1\r\nx-gitlab-event: Push Hook\r\nx-gitlab-token: a secret of more than 16 bytes\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\nhost: x\r\n\r\n{body}",
        body.len()
    ));
    assert!(told.starts_with("HTTP/1.1 202"), "{told}");
    one.until_message("applied ");
    assert!(mappings(&cast).contains("user/ann"));
}

#[test]
fn a_configuration_that_makes_no_sense_is_told() {
    let desk = Desk::new();
    let head = "apiVersion: rolecall.dev/v1alpha1\nkind: Config\n";
    desk.run(&["serve"]).ends(1).says("there is no file `rolecall.yaml`");
    let check = |text: &str, status: i32, told: &str| {
        desk.write("rolecall.yaml", &format!("{head}{text}"));
        desk.run(&["serve"]).ends(status).says(told);
    };
    check("", 64, "`rolecall.yaml` has no `source`");
    check("source: {url: x}\n", 64, "`rolecall.yaml` names no cluster");
    check("source: {url: x, branch: a, tag: b}\n", 3, "a source has one of `branch`, `tag` and `commit`");
    check(
        "source: {url: /a}\nclusters: [{context: c}, {context: c, path: d}]\n",
        64,
        "the cluster `c` twice",
    );
    let cluster = "clusters: [{context: c}]\n";
    check(&format!("source: {{url: x, tokenFile: t}}\n{cluster}"), 1, "there is no file `t`");
    check(&format!("source: {{url: 'http://a/b'}}\n{cluster}"), 1, "http");
    check(
        &format!("source: {{url: /srv}}\n{cluster}serve: {{home: {{}}}}\n"),
        64,
        "this is not a pod of a cluster",
    );
    let receivers = "serve: {receivers: [{name: a, kind: github, secretFile: s}]}\n";
    check(
        &format!("source: {{url: /srv}}\n{cluster}{receivers}"),
        64,
        "there are receivers and no `listen` address",
    );
    desk.write("s", "short\n");
    let listening = receivers.replace("serve: {", "serve: {listen: '127.0.0.1:0', ");
    check(
        &format!("source: {{url: /srv}}\n{cluster}{listening}"),
        64,
        "the secret of receiver `a` is shorter than 16 bytes",
    );
}

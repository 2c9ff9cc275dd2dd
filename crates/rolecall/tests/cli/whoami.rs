//! `whoami` on the real API server with the real authenticator: who somebody is, and every cause of "Unauthorized"
//! that can be made here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rolecall_sandbox::aws::{AccessEntry, AuthenticationMode, Credentials, Fault, RoleSpec, Service};
use rolecall_testenv::story::{Actor, Cast, FirstEntry, NODES, Told, manifest, user};
use rolecall_testenv::{ACCOUNT, ClusterOptions, KubeconfigUser, REGION};
use serde_json::{Value, json};

use crate::run::answers_once;
use crate::schema::check;
use crate::token::World;

const ROLECALL: &str = env!("CARGO_BIN_EXE_rolecall");

/// A cluster whose pipeline is in, and nobody else.
struct Stage(Cast);

impl Stage {
    fn set() -> Self {
        let cast = Cast::assemble(Path::new(ROLECALL), ClusterOptions::default()).unwrap();
        cast.let_the_pipeline_in(FirstEntry::LeastPrivilege).unwrap().succeeded().unwrap();
        Self(cast)
    }

    /// Somebody with these credentials, and a home of his own.
    fn actor(&self, name: &str, credentials: &Credentials) -> Actor {
        let cluster = &self.0.cluster;
        Actor::new(name, Path::new(ROLECALL), cluster, &self.0.repository, Some(credentials)).unwrap()
    }

    fn key(&self, name: &str) -> Credentials {
        let directory = self.0.cluster.directory();
        directory.add_access_key(&directory.add_user(ACCOUNT, "/", name))
    }

    /// A kubeconfig of this user, whose cluster is called by its ARN as AWS's tools write it.
    fn kubeconfig(&self, name: &str, user: &Value) -> PathBuf {
        let cluster = &self.0.cluster;
        let arn = format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{}", cluster.name());
        let server =
            json!({ "server": cluster.endpoint(), "certificate-authority-data": cluster.ca_base64() });
        let document = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{ "name": arn, "cluster": server }],
            "users": [{ "name": "u", "user": user }],
            "contexts": [{ "name": "c", "context": { "cluster": arn, "user": "u" } }],
        });
        let path = cluster.home().join(format!("{name}.json"));
        std::fs::write(&path, document.to_string()).unwrap();
        path
    }

    /// What somebody with a bearer token is told.
    fn with_token(&self, name: &str, token: &str) -> Value {
        let kubeconfig = self.kubeconfig(name, &json!({ "token": token }));
        let mut actor = self.actor(name, &self.key(name));
        actor.set("KUBECONFIG", &kubeconfig.display().to_string());
        refused(&actor.rolecall(&["whoami", "--context", "c", "-o", "json"]).unwrap())
    }
}

fn document(told: &Told, status: i32) -> Value {
    assert_eq!(told.status, Some(status), "{told}");
    let document: Value =
        serde_json::from_str(&told.stdout).unwrap_or_else(|error| panic!("{error}: {told}"));
    check("whoami", &document);
    document
}

fn refused(told: &Told) -> Value {
    let document = document(told, 3);
    assert!(!told.says("k8s-aws-v1."), "{told}");
    document
}

/// The first cause, and how sure it is.
fn first(document: &Value) -> (&str, &str) {
    let cause = &document["causes"][0];
    (cause["code"].as_str().unwrap(), cause["likelihood"].as_str().unwrap())
}

fn likelihood<'a>(document: &'a Value, code: &str) -> &'a str {
    let mut causes = document["causes"].as_array().unwrap().iter();
    causes.find(|cause| cause["code"] == code).map_or("", |cause| cause["likelihood"].as_str().unwrap())
}

#[test]
fn who_is_known_is_told_by_which_way_he_came() {
    let stage = Stage::set();
    let creator = stage.0.creator.rolecall(&["whoami", "-o", "json"]).unwrap();
    let creator = document(&creator, 0);
    assert_eq!(creator["wayIn"]["kind"], "clientCertificate");
    assert_eq!((&creator["mayEditMap"], &creator["arn"]), (&true.into(), &Value::Null));
    let pipeline = document(&stage.0.pipeline.rolecall(&["whoami", "-o", "json"]).unwrap(), 0);
    assert_eq!(pipeline["username"], "rolecall-deployer");
    assert_eq!(pipeline["wayIn"], json!({ "kind": "mapEntry", "section": "mapRoles", "index": 1 }));
    assert_eq!(pipeline["arn"], format!("arn:aws:sts::{ACCOUNT}:assumed-role/codebuild/build-1"));
    assert_eq!(pipeline["mayEditMap"], true);
    let page = stage.0.pipeline.rolecall(&["whoami"]).unwrap().succeeded().unwrap();
    assert!(page.says("You are `rolecall-deployer` in cluster `rolecall-test`"), "{page}");
    assert!(
        page.says("way in    the second entry of `mapRoles`") && page.says("you may change it"),
        "{page}"
    );
    // Somebody who may not read the map is known all the same.
    let map = stage.0.map().unwrap();
    let users = user("guest", "nothing");
    stage.0.cluster.write_aws_auth(&[("mapRoles", &map), ("mapUsers", &users)]).unwrap();
    let guest = stage.actor("guest", &stage.key("guest"));
    let told = document(&guest.rolecall(&["whoami", "-o", "json"]).unwrap(), 0);
    assert_eq!((&told["username"], &told["mayEditMap"]), (&"guest".into(), &false.into()));
    assert_eq!(told["wayIn"]["kind"], "unknown");
    std::fs::write(stage.0.repository.join("saved.yaml"), manifest(&map, &users)).unwrap();
    let told = guest.rolecall(&["whoami", "--file", "saved.yaml", "-o", "json"]).unwrap();
    assert_eq!(document(&told, 0)["wayIn"], json!({ "kind": "mapEntry", "section": "mapUsers", "index": 0 }));
}

#[test]
fn who_is_not_in_the_map_is_told_so_as_far_as_that_can_be_known() {
    let stage = Stage::set();
    let admin = &stage.0.admin;
    let told = refused(&admin.rolecall(&["whoami", "-o", "json"]).unwrap());
    assert_eq!(first(&told), ("notMapped", "likely"));
    assert_eq!(told["arn"], format!("arn:aws:iam::{ACCOUNT}:user/admin"));
    for code in ["credentials", "clusterName", "token", "clock", "apiMode"] {
        assert_eq!(likelihood(&told, code), "ruledOut", "{code}: {told:#}");
    }
    let page = admin.rolecall(&["whoami"]).unwrap();
    assert!(page.says("Cluster `rolecall-test` does not know you") && page.says("! likely: "), "{page}");
    let with_map = |roles: &str, users: &str, actor: &Actor| {
        std::fs::write(stage.0.repository.join("saved.yaml"), manifest(roles, users)).unwrap();
        refused(&actor.rolecall(&["whoami", "--file", "saved.yaml", "-o", "json"]).unwrap())
    };
    let told = with_map(NODES, &user("team/admin", "g"), admin);
    assert_eq!(first(&told), ("notMapped", "likely"));
    assert_eq!(likelihood(&told, "otherMap"), "possible");
    assert!(told["causes"][0]["message"].as_str().unwrap().contains("whose path differs"), "{told:#}");
    // The map that was saved has him, and the cluster's has not, yet.
    assert_eq!(first(&with_map(NODES, &user("admin", "g"), admin)), ("otherMap", "likely"));
    let directory = stage.0.cluster.directory();
    let role = directory.add_role(RoleSpec { path: "/team/".to_owned(), ..RoleSpec::new(ACCOUNT, "dev") });
    let session = directory.assume_role_session(&role, "me", Duration::from_hours(1));
    let dev = stage.actor("dev", &session);
    let told = refused(&dev.rolecall(&["whoami", "-o", "json"]).unwrap());
    assert_eq!(likelihood(&told, "rolePath"), "possible");
    let entry = format!("- rolearn: {}\n  username: dev\n", role.arn);
    let told = with_map(&entry, "[]", &dev);
    assert_eq!(first(&told), ("notMapped", "likely"));
    assert!(told["causes"][0]["message"].as_str().unwrap().contains("the role's path"), "{told:#}");
}

#[test]
fn what_is_wrong_with_the_token_is_certain() {
    let stage = Stage::set();
    let cluster = &stage.0.cluster;
    let directory = cluster.directory();
    let role = directory.add_role(RoleSpec::new(ACCOUNT, "short"));
    let session = directory.assume_role_session(&role, "s", Duration::from_hours(1));
    let token = cluster.mint_token(&session).unwrap();
    directory.expire_session(&session.access_key_id);
    assert_eq!(first(&stage.with_token("expired", &token)), ("credentials", "certain"));
    directory.remove_access_key(&session.access_key_id);
    assert_eq!(first(&stage.with_token("deleted", &token)), ("credentials", "certain"));
    assert_eq!(first(&stage.with_token("foreign", "eyJhbGciOiJub25lIn0.e30.")), ("notAnEksToken", "likely"));
    let nobody = stage.kubeconfig("nobody", &json!({}));
    let mut actor = stage.actor("nobody", &stage.key("nobody"));
    actor.set("KUBECONFIG", &nobody.display().to_string());
    let told = refused(&actor.rolecall(&["whoami", "--context", "c", "-o", "json"]).unwrap());
    assert_eq!(first(&told), ("noCredentials", "certain"));
    // The plugin makes tokens for another cluster.
    let exec = json!({ "exec": {
        "apiVersion": "client.authentication.k8s.io/v1beta1", "command": ROLECALL, "interactiveMode": "Never",
        "args": ["token", "--cluster-name", "staging"],
    } });
    actor.set("KUBECONFIG", &stage.kubeconfig("staging", &exec).display().to_string());
    let told = refused(&actor.rolecall(&["whoami", "--context", "c", "-o", "json"]).unwrap());
    assert_eq!(first(&told), ("clusterName", "certain"));
    assert!(told["causes"][0]["message"].as_str().unwrap().contains("`staging`"), "{told:#}");
    // By the clock of STS it is too old.
    let token = cluster.mint_token(&stage.key("late")).unwrap();
    directory.shift_clock(20 * 60);
    assert_eq!(first(&stage.with_token("late", &token)), ("clock", "certain"));
    directory.shift_clock(0);
    cluster.aws().server.faults().inject(Service::Sts, Fault::Unavailable);
    assert_eq!(likelihood(&stage.with_token("unlucky", &token), "sts"), "possible");
}

#[test]
fn the_mode_and_the_access_entries_of_the_cluster_count() {
    let stage = Stage::set();
    let cluster = &stage.0.cluster;
    let announce = |mode, entries: Vec<AccessEntry>| {
        let mut record = cluster.eks_record();
        record.authentication_mode = Some(mode);
        record.access_entries = entries;
        cluster.announce(record);
    };
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/admin");
    let ask = || refused(&stage.0.admin.rolecall(&["whoami", "-o", "json"]).unwrap());
    announce(AuthenticationMode::Api, Vec::new());
    assert_eq!(first(&ask()), ("apiMode", "certain"));
    let entry = AccessEntry { username: "entered".to_owned(), ..AccessEntry::new(&arn) };
    announce(AuthenticationMode::ApiAndConfigMap, vec![entry]);
    assert_eq!(first(&ask()), ("staleAccessEntry", "likely"));
    // `explain` tells what EKS would: the access entry before the map.
    let name = cluster.name();
    let explain = ["explain", &arn, "--cluster", name, "-o", "json"];
    let told = stage.0.pipeline.rolecall(&explain).unwrap().succeeded().unwrap();
    let explained: Value = serde_json::from_str(&told.stdout).unwrap();
    check("explanation", &explained);
    assert_eq!((&explained["outcome"], &explained["username"]), (&"mapped".into(), &"entered".into()));
    assert_eq!(explained["via"], json!({ "section": "accessEntries", "principalArn": arn }));
    let page = stage.0.pipeline.rolecall(&["explain", &arn, "--cluster", name]).unwrap();
    assert!(page.says("is mapped by an access entry"), "{page}");
    cluster.directory().deny(&stage.0.pipeline_role, "eks:ListAccessEntries");
    let told = stage.0.pipeline.rolecall(&explain).unwrap().succeeded().unwrap();
    let explained: Value = serde_json::from_str(&told.stdout).unwrap();
    check("explanation", &explained);
    assert_eq!(
        (&explained["outcome"], &explained["notes"][0]["code"]),
        (&"denied".into(), &"accessEntriesUnknown".into())
    );
    announce(AuthenticationMode::Api, Vec::new());
    let told = stage.0.pipeline.rolecall(&explain).unwrap().succeeded().unwrap();
    let explained: Value = serde_json::from_str(&told.stdout).unwrap();
    check("explanation", &explained);
    assert_eq!(explained["outcome"], "unknown");
}

#[test]
fn what_cannot_be_asked_is_a_failure() {
    let stage = Stage::set();
    let mut actor = stage.actor("lost", &stage.key("lost"));
    let user = KubeconfigUser::token("k8s-aws-v1.x");
    let path = stage.0.cluster.write_kubeconfig("lost", "https://127.0.0.1:1", &user).unwrap();
    actor.set("KUBECONFIG", &path.display().to_string());
    let told = actor.rolecall(&["whoami", "--context", "lost"]).unwrap();
    assert_eq!(told.status, Some(1), "{told}");
    assert!(told.says("refused the connection") && told.says("hint: "), "{told}");
}

/// The API server's clock is told by the time in its answer, whoever is refused.
#[test]
fn a_clock_that_is_off_is_seen_in_the_answer() {
    let world = World::start();
    let desk = world.user_desk();
    let token = desk.run(&["token", "-i", "prod", "--token-only"]).ends(0).stdout;
    let whoami = |minutes: i64| {
        let then = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
        let date = then.strftime("%a, %d %b %Y %H:%M:%S GMT");
        let answer = format!(
            "HTTP/1.1 401 Unauthorized\r\ndate: {date}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{ "name": format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/prod"),
                "cluster": { "server": format!("http://{}", answers_once(&answer)) } }],
            "users": [{ "name": "u", "user": { "token": token.trim_end() } }],
            "contexts": [{ "name": "c", "context": {
                "cluster": format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/prod"), "user": "u" } }],
        });
        desk.write(".kube/config", &kubeconfig.to_string());
        let document = desk.run(&["whoami", "--context", "c", "-o", "json"]).ends(3).json();
        check("whoami", &document);
        document
    };
    assert_eq!(first(&whoami(20)), ("clock", "certain"));
    assert_eq!(likelihood(&whoami(-6), "clock"), "likely");
    assert_eq!(likelihood(&whoami(0), "clock"), "ruledOut");
    assert_eq!(first(&whoami(0)), ("notMapped", "likely"));
}

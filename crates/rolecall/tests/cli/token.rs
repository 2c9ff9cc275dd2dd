//! `token` and `kubeconfig` against the practice AWS, which checks signatures as AWS does.

use std::time::Duration;

use rolecall_sandbox::aws::{Cluster, Credentials, Directory, Principal, RoleSpec, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::run::{Desk, Outcome};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "ap-northeast-1";

/// A practice AWS with a user, a role that trusts it, and a cluster.
pub(crate) struct World {
    runtime: tokio::runtime::Runtime,
    server: Server,
    directory: Directory,
    user: Principal,
    user_key: Credentials,
    role: Principal,
}

impl World {
    pub(crate) fn start() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let directory = Directory::new();
        let user = directory.add_user(ACCOUNT, "/", "creator");
        let user_key = directory.add_access_key(&user);
        let role = directory.add_role(RoleSpec::new(ACCOUNT, "deployer").trusting(&user.arn));
        directory.put_cluster(Cluster {
            endpoint: Some("https://127.0.0.1:6443".to_owned()),
            certificate_authority: Some("cGVt".to_owned()),
            ..Cluster::new(ACCOUNT, REGION, "prod")
        });
        let server = runtime.block_on(Server::start(directory.clone())).unwrap();
        Self { runtime, server, directory, user, user_key, role }
    }

    /// A desk at which AWS is the practice AWS, and the caller is the owner of `key`.
    pub(crate) fn desk(&self, key: &Credentials) -> Desk {
        let desk = Desk::new().set("AWS_ENDPOINT_URL", &self.server.endpoint_url()).set("AWS_REGION", REGION);
        key.environment().into_iter().fold(desk, |desk, (name, value)| desk.set(name, &value))
    }

    pub(crate) fn user_desk(&self) -> Desk {
        self.desk(&self.user_key)
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// The credentials of a session of the role.
    pub(crate) fn session(&self, name: &str) -> Credentials {
        self.directory.assume_role_session(&self.role, name, Duration::from_hours(1))
    }

    /// Does with a token what the authenticator does: asks the STS in it, with the cluster's name in a header.
    fn redeem(&self, token: &str, cluster: &str) -> (u16, String) {
        use base64::Engine as _;
        let encoded = token.strip_prefix("k8s-aws-v1.").unwrap();
        let url = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(encoded).unwrap();
        let url = String::from_utf8(url).unwrap();
        let (host, query) = url.strip_prefix("https://").unwrap().split_once('/').unwrap();
        let request = format!(
            "GET /{query} HTTP/1.1\r\nhost: {host}\r\nx-k8s-aws-id: {cluster}\r\nconnection: close\r\n\r\n"
        );
        let address = self.server.endpoint_url().trim_start_matches("http://").to_owned();
        self.runtime.block_on(async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            (answer[9..12].parse().unwrap(), answer)
        })
    }
}

/// The token of an exec credential, which is the only line on stdout.
fn token(outcome: &Outcome) -> String {
    assert_eq!(outcome.stdout.lines().count(), 1);
    outcome.json()["status"]["token"].as_str().unwrap().to_owned()
}

#[test]
fn sts_takes_the_token_for_its_cluster_only() {
    let world = World::start();
    let outcome = world.user_desk().run(&["token", "--cluster-name", "prod"]).ends(0).quietly();
    assert_eq!(outcome.json()["kind"], "ExecCredential");
    assert_eq!(outcome.json()["apiVersion"], "client.authentication.k8s.io/v1beta1");
    let token = token(&outcome);
    let (status, answer) = world.redeem(&token, "prod");
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains(&world.user.arn));
    assert_eq!(world.redeem(&token, "other").0, 403);
}

#[test]
fn every_spelling_of_the_other_tools_is_understood() {
    let world = World::start();
    let arn = format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/prod");
    let role = &world.role.arn;
    let assumed = format!("assumed-role/{}/", role.rsplit('/').next().unwrap());
    let check = |arguments: &[&str], expected: &str| {
        let arguments = [&["token"], arguments].concat();
        let token = token(&world.user_desk().run(&arguments).ends(0).quietly());
        let (status, answer) = world.redeem(&token, "prod");
        assert!(status == 200 && answer.contains(expected), "{arguments:?}: {answer}");
    };
    check(&["-i", "prod"], &world.user.arn);
    check(&["--cluster-id", "prod", "--region", REGION], &world.user.arn);
    check(&["--cluster-name", &arn], &world.user.arn);
    check(&["--cluster-name", "prod", "--role-arn", role], &assumed);
    check(&["-i", "prod", "-r", role, "-s", "night"], &format!("{assumed}night"));
    check(
        &["--cluster-id", "prod", "--role", role, "--session-name", "day", "--output", "json"],
        &format!("{assumed}day"),
    );
}

#[test]
fn kubectl_is_answered_in_the_version_it_asks_for() {
    let world = World::start();
    let info = |version: &str| {
        format!(
            r#"{{"apiVersion":"client.authentication.k8s.io/{version}","kind":"ExecCredential","spec":{{}}}}"#
        )
    };
    let ask = |version: &str| {
        world.user_desk().set("KUBERNETES_EXEC_INFO", &info(version)).run(&["token", "-i", "prod"])
    };
    for version in ["v1", "v1beta1"] {
        let document = ask(version).ends(0).quietly().json();
        assert_eq!(document["apiVersion"], format!("client.authentication.k8s.io/{version}"));
    }
    ask("v1alpha1").ends(1).says("`KUBERNETES_EXEC_INFO` asks for").says("hint: ");
}

#[test]
fn a_token_ends_no_later_than_its_credentials() {
    let world = World::start();
    let lasts = |desk: &Desk| {
        let document = desk.run(&["token", "-i", "prod"]).ends(0).quietly().json();
        let end: jiff::Timestamp =
            document["status"]["expirationTimestamp"].as_str().unwrap().parse().unwrap();
        end.duration_since(jiff::Timestamp::now()).as_secs()
    };
    let long = lasts(&world.user_desk());
    assert!((13 * 60 + 30..=14 * 60).contains(&long), "{long} s");
    let session = world.directory.assume_role_session(&world.role, "short", Duration::from_mins(5));
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(5);
    let credentials = serde_json::json!({
        "Version": 1,
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
        "Expiration": end.to_string(),
    });
    let desk = Desk::new().set("AWS_REGION", REGION);
    desk.write("credentials.json", &credentials.to_string());
    desk.write(".aws/config", "[default]\ncredential_process = cat credentials.json\n");
    let short = lasts(&desk);
    assert!((4 * 60..=5 * 60).contains(&short), "{short} s");
}

#[test]
fn the_token_alone_is_printed_on_demand_and_can_be_inspected() {
    let world = World::start();
    let desk = world.user_desk();
    let alone = desk.run(&["token", "-i", "prod", "--token-only"]).ends(0).quietly().stdout;
    assert_eq!(world.redeem(alone.trim_end(), "prod").0, 200);
    let page = desk.run_with(&["token", "inspect", "-"], &alone).ends(0).quietly();
    let signature = "X-Amz-Signature";
    assert!(!page.stdout.contains(alone.trim_end()) && !page.stdout.contains(signature));
    page.prints("region          ap-northeast-1").prints("long-lived").prints("It passes every check");
    let credential = desk.run(&["token", "-i", "prod"]).stdout;
    desk.run_with(&["token", "inspect"], &credential).ends(0).prints("It passes every check");
    for around in
        [format!("Bearer {alone}"), format!("'{}'\n", alone.trim()), format!("\"bearer {}\"", alone.trim())]
    {
        desk.run_with(&["token", "inspect"], &around).ends(0).prints("It passes every check");
    }
    for command in ["inspect", "verify"] {
        let hint = format!("| rolecall token {command}`");
        desk.run_with(&["token", command], "").ends(1).says(&hint);
        desk.run_with(&["token", command, "--region", "nonsense"], &alone)
            .ends(64)
            .says("regions look like `ap-northeast-1`");
    }
    desk.run(&["token", "inspect", "k8s-aws-v2.x"]).ends(1).prints("x refused: ").prints("  hint: ");
    for nothing in ["", "\n"] {
        let outcome = desk.run_with(&["token", "inspect"], nothing).ends(1);
        assert_eq!(outcome.says("error: there is no token: what was given is empty").stdout, "");
    }
}

#[test]
fn what_aws_refuses_is_told_without_a_secret() {
    let world = World::start();
    let desk = world.user_desk();
    let stranger = format!("arn:aws:iam::{ACCOUNT}:role/none");
    let outcome = desk.run(&["token", "-i", "prod", "-r", &stranger]).ends(1).says("error: ").says("hint: ");
    assert_eq!(outcome.stdout, "");
    assert!(!outcome.stderr.contains(&world.user_key.secret_access_key));
    let nobody = Desk::new().set("AWS_REGION", REGION).set("AWS_EC2_METADATA_DISABLED", "true");
    nobody.run(&["token", "-i", "prod"]).ends(1).says("error: ").says("hint: ");
}

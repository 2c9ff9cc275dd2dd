//! Kubeconfigs as kubectl reads them, on the real API server.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rolecall_engine::port::{ObserveAccess, PortError, PortErrorKind};
use rolecall_kube::{ChosenContext, KubeCluster, KubeconfigChoice, Timeouts};
use rolecall_testenv::{Cluster, KubeconfigUser};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::stage::Tokens;

/// The admin's kubeconfig, altered.
fn altered(cluster: &Cluster, alter: impl FnOnce(&mut Value)) -> PathBuf {
    let text = fs::read_to_string(cluster.admin_kubeconfig()).unwrap();
    let mut kubeconfig: Value = serde_json::from_str(&text).unwrap();
    alter(&mut kubeconfig);
    let file = cluster.home().join("altered.kubeconfig");
    fs::write(&file, kubeconfig.to_string()).unwrap();
    file
}

async fn open(file: &Path, context: Option<&str>) -> Result<(KubeCluster, ChosenContext), PortError> {
    let choice = KubeconfigChoice { file: Some(file.to_owned()), context: context.map(str::to_owned) };
    KubeCluster::of_kubeconfig(&choice, Timeouts::default()).await
}

async fn who(file: &Path) -> Result<String, PortError> {
    let (cluster, _) = open(file, None).await?;
    Ok(cluster.authenticate_afresh().await?.username)
}

#[tokio::test]
async fn the_context_that_was_taken_is_told() {
    let cluster = Cluster::shared().unwrap();
    let file = altered(&cluster, |kubeconfig| {
        let mut second = kubeconfig["contexts"][0].clone();
        second["name"] = json!("second");
        kubeconfig["contexts"].as_array_mut().unwrap().push(second);
        kubeconfig["current-context"] = json!("second");
    });
    let (current, chosen) = open(&file, None).await.unwrap();
    assert_eq!(chosen, ChosenContext { name: "second".to_owned(), was_named: false });
    assert_eq!(current.identity().name, "second");
    let (_, chosen) = open(&file, Some("second")).await.unwrap();
    assert_eq!(chosen, ChosenContext { name: "second".to_owned(), was_named: true });
    let error = open(&file, Some("third")).await.err().unwrap();
    assert_eq!(error.kind, PortErrorKind::NotFound, "{error}");
    assert!(error.message.contains("`third`") && error.hint.unwrap().contains("`second`"));
}

#[tokio::test]
async fn what_is_wrong_with_a_kubeconfig_is_told_without_its_secrets() {
    let cluster = Cluster::shared().unwrap();
    let file = cluster.home().join("broken.kubeconfig");
    let error = open(&file, None).await.err().unwrap();
    assert_eq!(error.kind, PortErrorKind::NotFound, "{error}");
    assert!(error.hint.unwrap().contains("rolecall kubeconfig"));

    fs::write(&file, "users:\n- name: a\n  user: {token: hush-hush\n").unwrap();
    let error = open(&file, None).await.err().unwrap();
    assert_eq!(error.kind, PortErrorKind::Invalid, "{error}");
    assert!(error.message.contains("line") && !format!("{error:?}").contains("hush"), "{error:?}");

    let file = altered(&cluster, |kubeconfig| kubeconfig["current-context"] = json!(""));
    let error = open(&file, None).await.err().unwrap();
    assert!(error.hint.unwrap().contains("--context"));
    let file = altered(&cluster, |kubeconfig| kubeconfig["clusters"] = json!([]));
    assert_eq!(open(&file, None).await.err().unwrap().kind, PortErrorKind::NotFound);
}

#[tokio::test]
async fn certificates_tokens_and_impersonation_are_used() {
    let cluster = Cluster::shared().unwrap();
    assert_eq!(who(cluster.admin_kubeconfig()).await.unwrap(), "rolecall-test-admin");
    let file = altered(&cluster, |kubeconfig| kubeconfig["users"][0]["user"]["as"] = json!("another"));
    assert_eq!(who(&file).await.unwrap(), "another");
    let file = altered(&cluster, |kubeconfig| kubeconfig["users"] = json!([]));
    assert_eq!(who(&file).await.unwrap_err().kind, PortErrorKind::Unauthenticated);
}

#[tokio::test]
async fn the_cluster_s_tls_fields_are_used() {
    let cluster = Cluster::shared().unwrap();
    let named = |name: &str| {
        altered(&cluster, |kubeconfig| kubeconfig["clusters"][0]["cluster"]["tls-server-name"] = json!(name))
    };
    assert!(who(&named("kubernetes.default.svc")).await.is_ok());
    let error = who(&named("example.com")).await.unwrap_err();
    assert!(error.message.contains("for another name"), "{error}");

    let ca_file = cluster.home().join("ca-of-kubeconfig.pem");
    fs::write(&ca_file, cluster.ca_pem()).unwrap();
    let file = altered(&cluster, |kubeconfig| {
        kubeconfig["clusters"][0]["cluster"] =
            json!({ "server": cluster.endpoint(), "certificate-authority": "ca-of-kubeconfig.pem" });
    });
    let (from_file, _) = open(&file, None).await.unwrap();
    assert!(from_file.authenticate_afresh().await.is_ok());
    let (from_data, _) = open(cluster.admin_kubeconfig(), None).await.unwrap();
    assert_eq!(from_file.identity().ca_fingerprint, from_data.identity().ca_fingerprint);

    let file = altered(&cluster, |kubeconfig| {
        kubeconfig["clusters"][0]["cluster"] =
            json!({ "server": cluster.endpoint(), "insecure-skip-tls-verify": true });
    });
    let (insecure, _) = open(&file, None).await.unwrap();
    assert!(insecure.authenticate_afresh().await.is_ok());
    assert_eq!(insecure.identity().ca_fingerprint, None);
}

/// A plugin that writes down that it ran, and gives the token of `tokens`.
fn plugin(cluster: &Cluster, credential: &str) -> (PathBuf, PathBuf) {
    let (script, log) = (cluster.home().join("plugin.sh"), cluster.home().join("plugin.log"));
    let _ = fs::remove_file(&log);
    let text = format!(
        "#!/bin/sh\necho \"$KUBERNETES_EXEC_INFO $FLAVOUR $1\" >> {}\ncat <<'END'\n{credential}\nEND\n",
        log.display()
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    (script, log)
}

fn credential(token: &str, expires: &str) -> String {
    json!({
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "kind": "ExecCredential",
        "status": { "token": token, "expirationTimestamp": expires },
    })
    .to_string()
}

#[tokio::test]
async fn an_exec_plugin_runs_once_as_long_as_its_token_is_good() {
    let cluster = Cluster::shared().unwrap();
    let token = Tokens::of_admin(&cluster);
    let (script, log) = plugin(&cluster, &credential(token.text(), "2099-01-01T00:00:00Z"));
    let user = KubeconfigUser::exec(script.to_str().unwrap(), &["argument"], &[("FLAVOUR", "sweet")]);
    let file = cluster.write_kubeconfig("with-plugin", &cluster.endpoint(), &user).unwrap();
    let (us, _) = open(&file, None).await.unwrap();
    us.observe().await.unwrap();
    let lines = fs::read_to_string(&log).unwrap();
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(lines.contains("client.authentication.k8s.io/v1beta1"), "{lines}");
    assert!(lines.trim_end().ends_with("sweet argument"), "{lines}");
    us.authenticate_afresh().await.unwrap();
    assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 3, "again, and again as it is the same");
}

#[tokio::test]
async fn an_exec_plugin_s_token_is_renewed_before_it_ends() {
    let cluster = Cluster::shared().unwrap();
    let token = Tokens::of_admin(&cluster);
    let (script, log) = plugin(&cluster, &credential(token.text(), "2020-01-01T00:00:00Z"));
    let user = KubeconfigUser::exec(script.to_str().unwrap(), &[], &[]);
    let file = cluster.write_kubeconfig("with-plugin", &cluster.endpoint(), &user).unwrap();
    let (us, _) = open(&file, None).await.unwrap();
    us.observe().await.unwrap();
    assert_eq!(
        fs::read_to_string(&log).unwrap().lines().count(),
        5,
        "once to connect, once a request, of which one is for the ledger that is not listed"
    );
}

#[tokio::test]
async fn an_exec_plugin_may_give_a_client_certificate() {
    let cluster = Cluster::shared().unwrap();
    let text = fs::read_to_string(cluster.admin_kubeconfig()).unwrap();
    let kubeconfig: Value = serde_json::from_str(&text).unwrap();
    let user = &kubeconfig["users"][0]["user"];
    let pem = |field: &str| {
        use base64::Engine;
        let bytes = base64::engine::general_purpose::STANDARD.decode(user[field].as_str().unwrap()).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let status = json!({
        "clientCertificateData": pem("client-certificate-data"),
        "clientKeyData": pem("client-key-data"),
    });
    let (script, _) = plugin(&cluster, &json!({ "status": status }).to_string());
    let user = KubeconfigUser::exec(script.to_str().unwrap(), &[], &[]);
    let file = cluster.write_kubeconfig("with-plugin", &cluster.endpoint(), &user).unwrap();
    assert_eq!(who(&file).await.unwrap(), "rolecall-test-admin");
}

#[tokio::test]
async fn an_exec_plugin_that_fails_shows_nothing_of_what_it_printed() {
    let cluster = Cluster::shared().unwrap();
    for credential in ["hush-hush", "{}", "{\"status\": {}}"] {
        let (script, _) = plugin(&cluster, credential);
        let user = KubeconfigUser::exec(script.to_str().unwrap(), &[], &[]);
        let file = cluster.write_kubeconfig("with-plugin", &cluster.endpoint(), &user).unwrap();
        let error = open(&file, None).await.err().unwrap();
        assert_eq!(error.kind, PortErrorKind::Unauthenticated, "{error}");
        assert!(error.resource.contains("plugin.sh") && !format!("{error:?}").contains("hush"), "{error:?}");
    }
    let user = KubeconfigUser::exec("there-is-no-such-plugin", &[], &[]);
    let file = cluster.write_kubeconfig("with-plugin", &cluster.endpoint(), &user).unwrap();
    assert!(open(&file, None).await.err().unwrap().hint.unwrap().contains("PATH"));
}

/// A proxy that answers CONNECT with this line, and counts those that show the password.
async fn proxy(line: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let n_welcome = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&n_welcome);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(connect(client, line, Arc::clone(&counter)));
        }
    });
    (format!("http://us:open%20sesame@{address}"), n_welcome)
}

async fn connect(mut client: TcpStream, line: &str, n_welcome: Arc<AtomicUsize>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    // `us:open sesame`
    if head.to_lowercase().contains("proxy-authorization: basic dxm6b3blbibzzxnhbwu=") {
        n_welcome.fetch_add(1, Ordering::SeqCst);
    }
    client.write_all(format!("HTTP/1.1 {line}\r\n\r\n").as_bytes()).await.unwrap();
    if line.starts_with("200") {
        let target = head.split(' ').nth(1).unwrap();
        let mut server = TcpStream::connect(target).await.unwrap();
        // The client goes when it is done, and what it leaves unread is no matter.
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}

#[tokio::test]
async fn a_proxy_leads_to_the_cluster_or_is_named() {
    let cluster = Cluster::shared().unwrap();
    let through = |url: &str| {
        altered(&cluster, |kubeconfig| kubeconfig["clusters"][0]["cluster"]["proxy-url"] = json!(url))
    };
    let (url, n_welcome) = proxy("200 Connection established").await;
    assert_eq!(who(&through(&url)).await.unwrap(), "rolecall-test-admin");
    assert_eq!(n_welcome.load(Ordering::SeqCst), 1);

    let (url, _) = proxy("407 Proxy Authentication Required").await;
    let error = who(&through(&url)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable, "{error}");
    assert!(error.message.contains("through the proxy `http://127.0.0.1:"), "{error}");
    assert!(!format!("{error:?}").contains("sesame"), "{error:?}");

    let error = who(&through("http://127.0.0.1:1")).await.unwrap_err();
    assert!(error.message.contains("through the proxy `http://127.0.0.1:1`"), "{error}");
}

/// Three at most, since an observation sends three requests at once; and one more for a verification.
#[tokio::test]
async fn connections_are_used_again() {
    let cluster = Cluster::shared().unwrap();
    let (url, n_connections) = proxy("200 Connection established").await;
    let file = altered(&cluster, |kubeconfig| {
        kubeconfig["clusters"][0]["cluster"]["proxy-url"] = json!(url.as_str());
    });
    let (us, _) = open(&file, None).await.unwrap();
    for _ in 0..4 {
        us.observe().await.unwrap();
    }
    assert_eq!(n_connections.load(Ordering::SeqCst), 3);
    us.authenticate_afresh().await.unwrap();
    us.authenticate_afresh().await.unwrap();
    assert_eq!(n_connections.load(Ordering::SeqCst), 5, "each on a connection of its own");
}

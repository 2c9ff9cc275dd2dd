//! As a pod sees its cluster: a folder with a token and an authority, and an address.

use http::Method;
use rolecall_engine::port::{ObserveAccess, PortErrorKind};
use rolecall_kube::{KubeCluster, Timeouts};
use rolecall_testenv::Cluster;

use crate::stage::Tokens;

#[tokio::test]
async fn a_service_account_enters_and_its_token_is_read_again() {
    let cluster = Cluster::shared().unwrap();
    let tokens = Tokens::of_service_account(&cluster, "default", "pod");
    let folder = cluster.home().join("serviceaccount");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("ca.crt"), cluster.ca_pem()).unwrap();
    let address = cluster.endpoint().strip_prefix("https://").unwrap().to_owned();
    let address = address.rsplit_once(':').unwrap();
    let open = || KubeCluster::in_cluster(&folder, address, Timeouts::default());
    let error = open().unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound);
    assert!(error.to_string().contains("token"), "{error}");

    std::fs::write(folder.join("token"), tokens.text()).unwrap();
    let pod = open().unwrap();
    let caller = pod.authenticate_afresh().await.unwrap();
    assert_eq!(caller.username, "system:serviceaccount:default:pod");
    assert_eq!(pod.identity().name, "in-cluster");
    cluster
        .request(Method::DELETE, "/api/v1/namespaces/default/serviceaccounts/pod", None)
        .unwrap()
        .success()
        .unwrap();
}

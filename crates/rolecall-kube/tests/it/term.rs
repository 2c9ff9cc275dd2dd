//! The Lease of an election, on the real API server.

use std::time::Duration;

use rolecall_engine::election::Term;
use rolecall_engine::port::{KeepTerm, PortErrorKind};
use rolecall_kube::KubeTerm;

use crate::stage;

const LENGTH: Duration = Duration::from_secs(15);

fn held(holder: Option<&str>, version: &str) -> Term {
    Term { holder: holder.map(str::to_owned), version: version.to_owned(), duration: LENGTH }
}

#[tokio::test]
async fn it_is_created_renewed_taken_over_and_freed_by_its_version() {
    let (cluster, admin) = stage::bootstrapped().await;
    let one = KubeTerm::new(admin, "election");
    let two = KubeTerm::new(stage::deployer(&cluster).await, "election");
    assert_eq!(one.read().await.unwrap(), None);
    let first = one.create("one", LENGTH).await.unwrap();
    assert_eq!(two.create("two", LENGTH).await.unwrap_err().kind, PortErrorKind::Conflict);
    assert_eq!(two.read().await.unwrap(), Some(held(Some("one"), &first)));

    let second = one.swap(&first, "one", LENGTH).await.unwrap();
    assert_eq!(two.swap(&first, "two", LENGTH).await.unwrap_err().kind, PortErrorKind::Conflict);
    assert_eq!(two.read().await.unwrap(), Some(held(Some("one"), &second)));
    let third = two.swap(&second, "two", LENGTH).await.unwrap();
    assert_eq!(one.swap(&second, "one", LENGTH).await.unwrap_err().kind, PortErrorKind::Conflict);
    let path = "/apis/coordination.k8s.io/v1/namespaces/rolecall/leases/election";
    let lease = cluster.request(http::Method::GET, path, None).unwrap().success().unwrap();
    assert_eq!(
        (&lease["spec"]["holderIdentity"], &lease["spec"]["leaseTransitions"]),
        (&"two".into(), &1.into())
    );

    assert_eq!(two.free(&second).await.unwrap_err().kind, PortErrorKind::Conflict);
    two.free(&third).await.unwrap();
    assert_eq!(one.read().await.unwrap().unwrap().holder, None);
    cluster.request(http::Method::DELETE, path, None).unwrap().success().unwrap();
    assert_eq!(one.swap("1", "one", LENGTH).await.unwrap_err().kind, PortErrorKind::Conflict, "it is gone");
}

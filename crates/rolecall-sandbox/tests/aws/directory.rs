//! What a test may do to the directory while the server runs, and what it never shows.

use std::time::Duration;

use rolecall_sandbox::aws::{AccessEntry, AuthenticationMode, Cluster, Directory};

use crate::python::sign;
use crate::world::{ACCOUNT, REGION, World, eks_get};

#[tokio::test]
async fn a_cluster_gets_its_endpoint_later() {
    let world = World::start().await;
    let cluster = Cluster { status: "CREATING".to_owned(), ..Cluster::new(ACCOUNT, REGION, "new") };
    world.directory.put_cluster(cluster.clone());
    let describe = sign(&world.user_key, vec![eks_get("/clusters/new")]).await.remove(0);
    let before = world.send(&describe).await.json();
    assert_eq!(before["cluster"]["status"], "CREATING");
    assert!(
        before["cluster"].get("endpoint").is_none()
            && before["cluster"].get("certificateAuthority").is_none()
    );
    let endpoint = Some("https://127.0.0.1:1".to_owned());
    world.directory.put_cluster(Cluster { endpoint, authentication_mode: None, ..cluster });
    let after = world.send(&describe).await.json();
    assert_eq!(after["cluster"]["endpoint"], "https://127.0.0.1:1");
    assert!(after["cluster"].get("accessConfig").is_none());
    assert_eq!(after["cluster"]["createdAt"], before["cluster"]["createdAt"]);
    let arn = format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/new");
    world.directory.remove_cluster(&arn);
    assert_eq!(world.send(&describe).await.status, 404);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let world = World::start().await;
    let arns: Vec<String> = (0..5).map(|number| format!("arn:aws:iam::{ACCOUNT}:user/u{number}")).collect();
    world.directory.put_cluster(Cluster {
        authentication_mode: Some(AuthenticationMode::Api),
        access_entries: arns.iter().map(|arn| AccessEntry::new(arn)).collect(),
        ..Cluster::new(ACCOUNT, REGION, "many")
    });
    let mut seen: Vec<String> = Vec::new();
    let mut next = String::new();
    for size in [2, 2, 1] {
        let path = format!("/clusters/many/access-entries?maxResults=2{next}");
        let page = world.ask(&world.user_key, eks_get(&path)).await.json();
        let part: Vec<String> = serde_json::from_value(page["accessEntries"].clone()).unwrap();
        assert_eq!(part.len(), size);
        seen.extend(part);
        next = page["nextToken"].as_str().map(|token| format!("&nextToken={token}")).unwrap_or_default();
    }
    assert_eq!((seen, next.as_str()), (arns, ""));
}

#[test]
fn ids_and_keys_look_like_aws_s() {
    let directory = Directory::new();
    let user = directory.add_user(ACCOUNT, "/a/b/", "u");
    assert_eq!(user.arn, format!("arn:aws:iam::{ACCOUNT}:user/a/b/u"));
    assert!(user.id.starts_with("AIDA") && user.id.len() == 21);
    assert_ne!(user.id, directory.add_user(ACCOUNT, "/a/b/", "u").id);
    let key = directory.add_access_key(&user);
    assert!(key.access_key_id.starts_with("AKIA") && key.access_key_id.len() == 20);
    assert_eq!(key.secret_access_key.len(), 40);
    let names: Vec<&str> = key.environment().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
    let session = directory.assume_role_session(&user, "s", Duration::from_mins(1));
    assert_eq!(session.environment()[2], ("AWS_SESSION_TOKEN", session.session_token.clone().unwrap()));
}

#[tokio::test]
async fn debug_output_shows_no_secret() {
    let world = World::start().await;
    let shown =
        format!("{:?} {:?} {:?} {:?}", world.directory, world.server, world.user_key, world.session_key);
    assert!(shown.contains(&world.user_key.access_key_id));
    for key in [&world.user_key, &world.session_key] {
        assert!(!shown.contains(&key.secret_access_key));
        assert!(key.session_token.as_ref().is_none_or(|token| !shown.contains(token)));
    }
    assert!(!shown.contains("PRIVATE KEY"));
}

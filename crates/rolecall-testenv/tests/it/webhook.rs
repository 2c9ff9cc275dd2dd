//! The authenticator, asked directly.

use std::time::Duration;

use rolecall_sandbox::aws::RoleSpec;
use rolecall_testenv::{ACCOUNT, Cluster, private_dns_name};
use serde_json::json;

#[test]
fn many_tokens_are_answered_at_once_and_in_their_order() {
    let cluster = Cluster::shared().unwrap();
    let role = cluster.directory().add_role(RoleSpec::new(ACCOUNT, "node"));
    let instance = "i-0123456789abcdef0";
    let token = |session: &str| {
        let session = cluster.directory().assume_role_session(&role, session, Duration::from_hours(1));
        cluster.mint_token_natively(&session).unwrap()
    };
    let map = format!("- rolearn: {}\n  username: n:{{{{EC2PrivateDNSName}}}}\n  groups: [g, g]\n", role.arn);
    cluster.write_aws_auth(&[("mapRoles", &map)]).unwrap();

    let webhook = cluster.webhook().unwrap();
    // Twice: the second time goes over connections that were kept.
    for _ in 0..2 {
        let answers = webhook.review(&[&token("me"), &token(instance), "nonsense"]).unwrap();
        let [None, Some(node), None] = answers.as_slice() else { panic!("{answers:?}") };
        assert_eq!(node.username, format!("n:{}", private_dns_name(instance)));
        assert_eq!(node.groups, ["g", "g"]);
        assert_eq!(node.uid, format!("aws-iam-authenticator:{ACCOUNT}:{}", role.id));
        assert_eq!(node.extra["canonicalArn"], json!([role.arn]));
        assert_eq!(node.extra["sessionName"], json!([instance]));
    }
}

use super::{PrincipalArn, PrincipalKind, strip_path};

fn check(text: &str, canonical: &str, kind: PrincipalKind) {
    let arn = PrincipalArn::parse(text).unwrap();
    assert_eq!((arn.canonical(), arn.kind()), (canonical, kind), "{text}");
}

#[test]
fn a_session_is_its_role() {
    check("arn:aws:sts::1:assumed-role/a/b/s", "arn:aws:iam::1:role/a/b", PrincipalKind::AssumedRole);
    check("arn:aws:iam::1:role/p/R", "arn:aws:iam::1:role/p/R", PrincipalKind::Role);
}

#[test]
fn parts_of_an_arn() {
    let session = PrincipalArn::parse("arn:aws-cn:sts::111122223333:assumed-role/R/me@x").unwrap();
    assert_eq!(session.session(), Some("me@x"));
    assert_eq!(session.account(), "111122223333");
    assert_eq!(session.partition(), "aws-cn");
    assert_eq!(session.name(), "R");
    let user = PrincipalArn::parse("arn:aws:iam::1:user/a/b/U").unwrap();
    assert_eq!((user.path(), user.name()), ("a/b", "U"));
    assert_eq!(PrincipalArn::parse("arn:aws:iam::1:role/R").unwrap().path(), "");
}

#[test]
fn only_a_roles_path_is_stripped() {
    assert_eq!(strip_path("arn:aws:iam::1:role/a/b/R").unwrap(), "arn:aws:iam::1:role/R");
    assert_eq!(strip_path("arn:aws:iam::1:user/a/U").unwrap(), "arn:aws:iam::1:user/a/U");
}

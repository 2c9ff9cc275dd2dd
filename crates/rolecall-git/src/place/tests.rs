//! URLs and what they mean.

use super::*;

#[test]
fn urls_and_their_places() {
    let cases = [
        ("https://example.com/team/access.git", "https://example.com/team/access.git"),
        ("https://Example.COM:8443/a/", "https://example.com:8443/a"),
        ("https://[::1]:8443/a", "https://[::1]:8443/a"),
        ("https://[::1]/a", "https://[::1]/a"),
        ("https://host/@team/access", "https://host/@team/access"),
        ("ssh://git@example.com:2222/team/access", "ssh://git@example.com:2222/team/access"),
        ("ssh://example.com/~git/a", "ssh://example.com/~git/a"),
        ("git@example.com:team/access.git", "git@example.com:team/access.git"),
        ("git@example.com:/srv/access", "ssh://git@example.com/srv/access"),
        ("git@example.com:~git/a", "ssh://git@example.com/~git/a"),
        ("ssh://git@[::1]:2222/a", "ssh://git@[::1]:2222/a"),
        ("/srv/access", "/srv/access"),
        ("file:///srv/access", "/srv/access"),
        ("codecommit::eu-west-1://access", "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/access"),
        (
            "codecommit::cn-north-1://access",
            "https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/access",
        ),
    ];
    for (url, place) in cases {
        assert_eq!(Place::parse(url).unwrap().to_string(), place, "{url}");
    }
}

#[test]
fn urls_that_are_not_taken() {
    let cases = [
        ("", "empty"),
        ("https://exa mple.com/a", "blank"),
        ("https://example.com/a\nb", "control"),
        ("http://example.com/a", "http://"),
        ("git://example.com/a", "scheme"),
        ("ext::sh -c x", "blank"),
        ("https://me:secret@example.com/a", "password"),
        ("https://token@example.com/a", "password"),
        ("https:///a", "host"),
        ("https://example.com:0/a", "host"),
        ("https://[::1]8443/a", "host"),
        ("https://example.com:99999/a", "host"),
        ("https://example.com/a?b=c", "path"),
        ("https://example.com/ä", "percent"),
        ("ssh://-oProxyCommand=x/a", "host"),
        ("ssh://-l@example.com/a", "user"),
        ("ssh://git:pw@example.com/a", "user"),
        ("ssh://example.com", "path"),
        ("git@example.com:-x", "path"),
        ("file://srv/a", "scheme"),
        ("access", "root"),
        ("codecommit://access", "REGION"),
        ("codecommit::eu-west-1://me@access", "profile"),
        ("codecommit::eu/west://access", "REGION"),
        ("codecommit::eu-west-1://a/b", "REGION"),
    ];
    for (url, word) in cases {
        let problem = Place::parse(url).unwrap_err();
        assert!(problem.message.contains(word), "{url}: {}", problem.message);
        assert!(!problem.message.contains("secret"), "{url}");
    }
}

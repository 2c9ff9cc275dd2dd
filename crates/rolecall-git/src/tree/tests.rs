//! What of a tree is taken.

use super::*;

#[test]
fn entries_and_how_they_are_judged() {
    let refused = |word: &str| Err(word.to_owned());
    let cases: [(&[u8], EntryKind, Result<Judgement, String>); 13] = [
        (b"aws-auth.yml", EntryKind::Blob, Ok(Judgement::File)),
        (b"deploy.sh", EntryKind::BlobExecutable, Ok(Judgement::File)),
        ("zugänge".as_bytes(), EntryKind::Tree, Ok(Judgement::Folder)),
        (b"aws-auth.yml", EntryKind::Link, refused("link")),
        (b"vendor", EntryKind::Commit, refused("submodule")),
        (b"..", EntryKind::Tree, refused("elsewhere")),
        (b"", EntryKind::Blob, refused("elsewhere")),
        (b"a/b", EntryKind::Blob, refused("elsewhere")),
        (b"a\\b", EntryKind::Blob, refused("elsewhere")),
        (b".GIT", EntryKind::Tree, refused("own folder")),
        (b"a\xff", EntryKind::Blob, refused("UTF-8")),
        (b"a\nb", EntryKind::Blob, refused("do not show")),
        ("a\u{202e}b".as_bytes(), EntryKind::Blob, refused("do not show")),
    ];
    for (name, kind, expected) in cases {
        match (judge(name, kind), expected) {
            (Judgement::Refuse(why), Err(word)) => assert!(why.contains(&word), "{why}"),
            (judgement, expected) => assert_eq!(Ok(judgement), expected, "{}", name.escape_ascii()),
        }
    }
}

#[test]
fn paths_that_matter() {
    let paths = Paths::new(&["clusters/prod/".to_owned(), "./rolecall.yaml".to_owned()]).unwrap();
    let cases = [
        ("rolecall.yaml", Relevance::Inside),
        ("rolecall.yaml.old", Relevance::Outside),
        ("clusters", Relevance::OnTheWay),
        ("clusters/prod", Relevance::Inside),
        ("clusters/prod/aws-auth.yml", Relevance::Inside),
        ("clusters/production", Relevance::Outside),
        ("docs", Relevance::Outside),
    ];
    for (path, expected) in cases {
        assert_eq!(paths.relevance(path), expected, "{path}");
    }
    assert_eq!(Paths::new(&[]).unwrap().relevance("anything"), Relevance::Inside);
    assert_eq!(Paths::new(&[".".to_owned()]).unwrap().relevance("anything"), Relevance::Inside);
}

#[test]
fn paths_that_are_none() {
    for path in ["/etc", "../up", "a/../b", "a//b", "a\u{7}b", ".git/config"] {
        assert!(Paths::new(&[path.to_owned()]).is_err(), "{path:?}");
    }
}

//! How commits hang together, over a copy that begins with the tip alone.

use rolecall_core::observed::Knowledge;
use rolecall_core::source::Lineage;
use rolecall_engine::port::{FetchSource, PortErrorKind};
use rolecall_git::{Budget, GitOptions, GitSource};

use crate::bench::{Bench, fetched, refused, text, told};

#[tokio::test]
async fn descendants_however_far_and_after_a_restart() {
    for is_old in [false, true] {
        let bench = Bench::new();
        bench.server.set(|desk| desk.is_old = is_old);
        let first = bench.repository.head();
        let later = bench.repository.push_many(70);
        let source = bench.source();
        assert_eq!(source.lineage(&first, &first).await, Ok(Knowledge::Known(Lineage::Descendant)));
        assert_eq!(source.lineage(&later, &first).await, Ok(Knowledge::Known(Lineage::Descendant)));
        let last = bench.repository.push("last");
        assert_eq!(fetched(&source).await.commit, last);
        assert_eq!(source.lineage(&last, &later).await, Ok(Knowledge::Known(Lineage::Descendant)));
        assert_eq!(source.lineage(&later, &last).await, Ok(Knowledge::Known(Lineage::Diverged)));
    }
}

#[tokio::test]
async fn a_rewritten_history_is_no_descendant() {
    let bench = Bench::new();
    let source = bench.source();
    let first = bench.repository.head();
    bench.repository.write("aws-auth.yml", b"second\n");
    let second = bench.repository.push("second");
    assert_eq!(fetched(&source).await.commit, second);
    bench.repository.git(&["reset", "--quiet", "--hard", &first]);
    bench.repository.write("aws-auth.yml", b"other\n");
    let other = bench.repository.push("other");
    let snapshot = fetched(&source).await;
    assert_eq!(
        (snapshot.commit.as_str(), text(&snapshot, "aws-auth.yml")),
        (other.as_str(), Some("other\n"))
    );
    assert_eq!(source.lineage(&other, &second).await, Ok(Knowledge::Known(Lineage::Diverged)));
    assert_eq!(source.lineage(&other, &first).await, Ok(Knowledge::Known(Lineage::Descendant)));
    // Back to an old commit: that is not a descendant of what came after it.
    bench.repository.git(&["reset", "--quiet", "--hard", &first]);
    bench.repository.git(&["push", "--quiet", "--force", "origin", "HEAD:main"]);
    assert_eq!(fetched(&source).await.commit, first);
    assert_eq!(source.lineage(&first, &other).await, Ok(Knowledge::Known(Lineage::Diverged)));
}

#[tokio::test]
async fn a_history_without_a_common_commit() {
    let bench = Bench::new();
    let first = bench.repository.head();
    let source = bench.source();
    fetched(&source).await;
    bench.repository.git(&["checkout", "--quiet", "--orphan", "new"]);
    let new = bench.repository.push("orphan");
    assert_eq!(fetched(&source).await.commit, new);
    assert_eq!(source.lineage(&new, &first).await, Ok(Knowledge::Known(Lineage::Diverged)));
}

#[tokio::test]
async fn what_cannot_be_said_is_unknown() {
    let bench = Bench::new();
    let first = bench.repository.head();
    let last = bench.repository.push_many(20);
    let budget = Budget { history: 5, ..bench.options().budget };
    let source = GitSource::new(GitOptions { budget, ..bench.options() }).unwrap();
    for (commit, from) in [(last.as_str(), first.as_str()), (&last, "abc"), (&"a".repeat(40), &first)] {
        let lineage = source.lineage(commit, from).await.unwrap();
        assert!(matches!(lineage, Knowledge::Unknown(_)), "{commit} {from}: {lineage:?}");
    }
}

#[tokio::test]
async fn a_deleted_branch_and_an_emptied_repository() {
    let bench = Bench::new();
    let source = bench.source();
    fetched(&source).await;
    bench.repository.git(&["push", "--quiet", "origin", "HEAD:refs/heads/other"]);
    rolecall_testenv::git::git(&bench.repository.bare(), &["update-ref", "-d", "refs/heads/main"]);
    let error = refused(&source).await;
    assert_eq!(error.kind, PortErrorKind::NotFound);
    assert!(told(&error).contains("no branch `main` (it has `other`"), "{}", told(&error));
    rolecall_testenv::git::git(&bench.repository.bare(), &["update-ref", "-d", "refs/heads/other"]);
    let error = refused(&source).await;
    assert_eq!(error.kind, PortErrorKind::NotFound);
    assert!(told(&error).contains("is empty"), "{}", told(&error));
    bench.repository.push("back");
    assert_eq!(fetched(&source).await.commit, bench.repository.head());
}

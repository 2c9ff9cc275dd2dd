//! A repository in a folder, read where it is.

use rolecall_core::observed::Knowledge;
use rolecall_core::source::Lineage;
use rolecall_engine::port::{FetchSource, PortErrorKind};
use rolecall_git::{GitOptions, GitSource, Reference};

use crate::bench::{Bench, fetched, refused, text, told};

#[tokio::test]
async fn bare_and_with_a_work_tree() {
    let bench = Bench::new();
    let first = bench.repository.head();
    bench.repository.write("aws-auth.yml", b"second\n");
    let second = bench.repository.push("second");
    bench.repository.git(&["tag", "-a", "v2", "-m", "two"]);
    bench.repository.write("aws-auth.yml", b"not committed\n");
    for folder in [bench.repository.bare(), bench.repository.work()] {
        let url = folder.to_str().unwrap().to_owned();
        let source = GitSource::new(GitOptions { url, ..bench.options() }).unwrap();
        let snapshot = fetched(&source).await;
        assert_eq!(
            (snapshot.commit.as_str(), text(&snapshot, "aws-auth.yml")),
            (second.as_str(), Some("second\n"))
        );
        assert_eq!(source.lineage(&second, &first).await, Ok(Knowledge::Known(Lineage::Descendant)));
        assert_eq!(source.lineage(&first, &second).await, Ok(Knowledge::Known(Lineage::Diverged)));
    }
    let url = format!("file://{}", bench.repository.work().display());
    for reference in [Reference::tag("v2").unwrap(), Reference::commit(&second).unwrap()] {
        let source = GitSource::new(GitOptions { url: url.clone(), reference, ..bench.options() }).unwrap();
        assert_eq!(fetched(&source).await.commit, second);
    }
    // Nothing is copied.
    assert_eq!(std::fs::read_dir(bench.cache.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn folders_without_what_is_wanted() {
    let bench = Bench::new();
    let folder = |url: &str, branch: &str| {
        let reference = Reference::branch(branch).unwrap();
        GitSource::new(GitOptions { url: url.to_owned(), reference, ..bench.options() }).unwrap()
    };
    let bare = bench.repository.bare().to_str().unwrap().to_owned();
    for (source, words) in
        [(folder("/nowhere/at/all", "main"), "no repository"), (folder(&bare, "x"), "it has `main`")]
    {
        let error = refused(&source).await;
        assert_eq!(error.kind, PortErrorKind::NotFound, "{}", told(&error));
        assert!(told(&error).contains(words), "{}", told(&error));
    }
}

//! Trees with things in them that are not read, each with its reason.

use std::os::unix::ffi::OsStrExt;
use std::{ffi::OsStr, fs};

use rolecall_engine::port::Entry;
use rolecall_git::{GitOptions, GitSource};

use crate::bench::{Bench, fetched, refused, text, told};
use rolecall_testenv::git::git;

#[tokio::test]
async fn what_is_not_read_says_so() {
    let bench = Bench::new();
    let repository = &bench.repository;
    let work = repository.work();
    std::os::unix::fs::symlink("/etc/passwd", work.join("link.yml")).unwrap();
    std::os::unix::fs::symlink("../..", work.join("up")).unwrap();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
    repository.write("lfs.yml", pointer.as_bytes());
    fs::write(work.join(OsStr::from_bytes(b"odd\xff.yml")), "x").unwrap();
    repository.write("ev\u{1b}[31mil.yml", b"x");
    let head = repository.head();
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},vendor")]);
    repository.git(&["add", "aws-auth.yml", "link.yml", "up", "lfs.yml", "."]);
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},vendor")]);
    repository.git(&["commit", "--quiet", "-m", "odd"]);
    repository.git(&["push", "--quiet", "origin", "HEAD:main"]);

    let snapshot = fetched(&bench.source()).await;
    let cases = [
        ("link.yml", "symbolic link"),
        ("up", "symbolic link"),
        ("lfs.yml", "LFS"),
        ("odd\u{fffd}.yml", "UTF-8"),
        ("ev\u{fffd}[31mil.yml", "do not show"),
        ("vendor", "submodule"),
    ];
    for (path, words) in cases {
        let entry = snapshot.entries.get(path);
        assert!(matches!(entry, Some(Entry::Refused(why)) if why.contains(words)), "{path}: {entry:?}");
    }
    assert_eq!(text(&snapshot, "aws-auth.yml"), Some("first\n"));

    // A path that leads through a link is refused, too; what lies beside it does not matter.
    let paths = vec!["up/etc/aws-auth.yml".to_owned()];
    let snapshot = fetched(&GitSource::new(GitOptions { paths, ..bench.options() }).unwrap()).await;
    assert_eq!(snapshot.entries.keys().collect::<Vec<_>>(), ["up"]);
    assert!(snapshot.file("up/etc/aws-auth.yml").is_err());
}

#[tokio::test]
async fn a_repository_of_sha_256_is_refused() {
    let bench = Bench::new();
    let root = bench.repository.root.path();
    git(root, &["init", "--quiet", "--bare", "--object-format=sha256", "--initial-branch=main", "new.git"]);
    git(root, &["init", "--quiet", "--object-format=sha256", "--initial-branch=main", "new"]);
    git(&root.join("new"), &["commit", "--quiet", "--allow-empty", "-m", "new"]);
    git(&root.join("new"), &["push", "--quiet", "../new.git", "main"]);
    let over = bench.options().url.replace("access.git", "new.git");
    for url in [over, root.join("new.git").display().to_string()] {
        let error = refused(&GitSource::new(GitOptions { url, ..bench.options() }).unwrap()).await;
        assert!(told(&error).contains("SHA-256"), "{}", told(&error));
    }
}

//! Repositories that are too large, and copies of them that are damaged.

use std::fs;
use std::path::PathBuf;

use rolecall_core::observed::Knowledge;
use rolecall_core::source::Lineage;
use rolecall_engine::port::{Entry, FetchSource, PortErrorKind};
use rolecall_git::{Budget, GitOptions, GitSource};

use crate::bench::{Bench, fetched, refused, text, told};

#[tokio::test]
async fn small_packs_with_large_contents() {
    let bench = Bench::new();
    bench.repository.write("zeros.bin", &vec![0; 5_000_000]);
    bench.repository.push("zeros");
    let error = refused(&within(&bench, 200_000)).await;
    assert!(told(&error).contains("takes more memory"), "{}", told(&error));

    // Ten folders with ten folders each, eight times over: nine trees.
    let bench = Bench::new();
    let blob = bench.repository.git(&["rev-parse", "HEAD:aws-auth.yml"]);
    let mut tree = bench.repository.tree(&format!("100644 blob {blob}\tx\n"));
    for _ in 0..8 {
        let lines = (0..10).map(|number| format!("040000 tree {tree}\t{number}\n"));
        tree = bench.repository.tree(&lines.collect::<String>());
    }
    let commit = bench.repository.git(&["commit-tree", &tree, "-m", "bomb"]);
    bench.repository.git(&["push", "--quiet", "--force", "origin", &format!("{commit}:refs/heads/main")]);
    let error = refused(&bench.source()).await;
    assert!(told(&error).contains("files and folders"), "{}", told(&error));
}

type Change = fn(&mut Budget);

/// Bytes that cannot be packed.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_u32;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    std::iter::repeat_with(next).take(length).collect()
}

fn within(bench: &Bench, fetched_bytes: u64) -> GitSource {
    let budget = Budget { fetched_bytes, ..bench.options().budget };
    GitSource::new(GitOptions { budget, ..bench.options() }).unwrap()
}

#[tokio::test]
async fn a_repository_that_grew_is_refused_until_it_has_shrunk() {
    let bench = Bench::new();
    let source = within(&bench, 200_000);
    let first = fetched(&source).await;
    bench.repository.write("large.bin", &noise(300_000));
    bench.repository.push("large");
    let error = refused(&source).await;
    assert_eq!(error.kind, PortErrorKind::Invalid);
    assert!(told(&error).contains("too large: the server sends more than 200000 bytes"), "{}", told(&error));
    // As history it is not fetched: the tip fits again.
    bench.repository.git(&["rm", "--quiet", "large.bin"]);
    let commit = bench.repository.push("small");
    let snapshot = fetched(&source).await;
    assert_eq!(snapshot.commit, commit);
    assert_eq!(snapshot.entries, first.entries);
}

#[tokio::test]
async fn what_is_there_already_is_not_sent_again() {
    for is_old in [false, true] {
        let bench = Bench::new();
        bench.server.set(|desk| desk.is_old = is_old);
        bench.repository.write("large.bin", &noise(100_000));
        bench.repository.push("large");
        let source = bench.source();
        fetched(&source).await;
        bench.server.set(|desk| assert!(std::mem::take(&mut desk.sent) > 100_000));
        bench.repository.write("aws-auth.yml", b"second\n");
        bench.repository.push("second");
        assert_eq!(text(&fetched(&source).await, "aws-auth.yml"), Some("second\n"));
        bench.server.set(|desk| assert!(std::mem::take(&mut desk.sent) < 5_000));
        fetched(&source).await;
        bench.server.set(|desk| assert!(desk.sent < 1_000));
    }
}

#[tokio::test]
async fn fetches_of_one_source_take_turns() {
    let bench = Bench::new();
    let (one, other) = (bench.source(), bench.source());
    for _ in 0..3 {
        let commit = bench.repository.push("next");
        let (first, second) = tokio::join!(fetched(&one), fetched(&other));
        assert_eq!((first.commit, second.commit), (commit.clone(), commit));
    }
}

#[tokio::test]
async fn files_have_budgets_of_their_own() {
    let bench = Bench::new();
    bench.repository.write("large.yml", &noise(5_000));
    bench.repository.push("large");
    let with = |change: Change| {
        let mut options = bench.options();
        change(&mut options.budget);
        GitSource::new(options).unwrap()
    };
    let snapshot = fetched(&with(|budget| budget.file_bytes = 4_999)).await;
    assert!(matches!(&snapshot.entries["large.yml"], Entry::Refused(why) if why.contains("5000 bytes")));
    assert_eq!(text(&snapshot, "aws-auth.yml"), Some("first\n"));
    let cases: [(Change, &str); 3] = [
        (|budget| budget.read_bytes = 5_000, "5000 bytes"),
        (|budget| budget.files = 1, "more than 1 files and folders"),
        (|budget| budget.objects = 3, "more than 3 objects"),
    ];
    for (change, words) in cases {
        // Another copy: what is there already costs nothing.
        let mut options = bench.options();
        let cache = tempfile::tempdir().unwrap();
        options.cache = cache.path().to_owned();
        change(&mut options.budget);
        let source = GitSource::new(options).unwrap();
        for time in ["first", "second"] {
            let error = refused(&source).await;
            assert!(told(&error).contains(words), "{time}: {}", told(&error));
        }
    }
}

#[tokio::test]
async fn a_damaged_copy_is_begun_anew() {
    let bench = Bench::new();
    let source = bench.source();
    let first = fetched(&source).await;
    let mut files = fs::read_dir(bench.cache.path()).unwrap().map(|file| file.unwrap().path());
    let copy = files.find(|path| path.extension().unwrap() == "git").unwrap();
    let damages: [fn(PathBuf); 5] = [
        |copy| fs::remove_dir_all(copy).unwrap(),
        |copy| fs::write(copy.join("HEAD"), "nonsense").unwrap(),
        |copy| fs::write(copy.join("shallow.lock"), "").unwrap(),
        |copy| fs::write(copy.join("shallow"), "nonsense").unwrap(),
        |copy| {
            for file in fs::read_dir(copy.join("objects/pack")).unwrap() {
                let path = file.unwrap().path();
                fs::remove_file(&path).unwrap();
                fs::write(path, "nonsense").unwrap();
            }
        },
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        damage(copy.clone());
        let lineage = source.lineage(&first.commit, &"a".repeat(40)).await;
        assert_eq!(lineage, Ok(Knowledge::Known(Lineage::Diverged)), "damage {number}");
        damage(copy.clone());
        assert_eq!(fetched(&source).await, first, "damage {number}");
    }
}

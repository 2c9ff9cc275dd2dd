//! Commits that Git itself signed, with keys that `ssh-keygen` made.

use std::fs;
use std::process::Command;

use rolecall_engine::port::{FetchSource, PortErrorKind};
use rolecall_git::{AllowedSigners, GitOptions, GitSource};

use crate::bench::{Bench, fetched, refused, told};

/// A new key; gives its public half.
fn key(bench: &Bench, name: &str, kind: &[&str]) -> String {
    let path = bench.cache.path().join(name);
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-N", "", "-C", name, "-f"]).arg(&path).args(kind);
    let status =
        command.status().expect("this test needs `ssh-keygen` (Debian: `apt-get install openssh-client`)");
    assert!(status.success());
    fs::read_to_string(path.with_extension("pub")).unwrap().trim().to_owned()
}

fn push_signed(bench: &Bench, name: &str) -> String {
    let path = bench.cache.path().join(name);
    let signing = format!("user.signingkey={}", path.display());
    let options = ["-c", "gpg.format=ssh", "-c", &signing];
    let commit = ["commit", "--quiet", "--allow-empty", "-S", "-m", "signed\n\nwith a body\n"];
    bench.repository.git(&[&options[..], &commit[..]].concat());
    bench.repository.git(&["push", "--quiet", "--force", "origin", "HEAD:main"]);
    bench.repository.head()
}

fn trusting(bench: &Bench, lines: &str) -> GitSource {
    let signers = Some(AllowedSigners::parse(lines).unwrap());
    GitSource::new(GitOptions { signers, ..bench.options() }).unwrap()
}

#[tokio::test]
async fn signatures_of_every_kind_of_key() {
    let kinds: [&[&str]; 4] = [
        &["-t", "ed25519"],
        &["-t", "ecdsa", "-b", "256"],
        &["-t", "ecdsa", "-b", "384"],
        &["-t", "rsa", "-b", "2048"],
    ];
    for kind in kinds {
        let bench = Bench::new();
        let public = key(&bench, "ann", kind);
        let commit = push_signed(&bench, "ann");
        let snapshot =
            fetched(&trusting(&bench, &format!("ann@example.com namespaces=\"git\" {public}\n"))).await;
        assert_eq!(
            (snapshot.commit, snapshot.signer.as_deref()),
            (commit, Some("ann@example.com")),
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn who_is_not_allowed_changes_nothing() {
    let bench = Bench::new();
    let ann = key(&bench, "ann", &["-t", "ed25519"]);
    key(&bench, "eve", &["-t", "ed25519"]);
    let source = trusting(&bench, &format!("ann {ann}"));
    let error = refused(&source).await;
    assert_eq!(error.kind, PortErrorKind::Denied);
    assert!(
        told(&error).contains("is not signed") && told(&error).contains("nothing is changed"),
        "{}",
        told(&error)
    );

    let good = push_signed(&bench, "ann");
    assert_eq!(fetched(&source).await.commit, good);
    let bad = push_signed(&bench, "eve");
    assert_eq!(
        source.fetch(Some(&bad)).await.unwrap_err().kind,
        PortErrorKind::Denied,
        "known is not trusted"
    );
    let error = refused(&source).await;
    assert_eq!(error.kind, PortErrorKind::Denied);
    assert!(told(&error).contains("not one of the allowed"), "{}", told(&error));

    // A commit with a good signature, of another commit.
    let raw = bench.repository.git(&["cat-file", "commit", &good]).replace("with a body", "with a twist");
    fs::write(bench.repository.work().join("../forged"), format!("{raw}\n")).unwrap();
    let forged = bench.repository.git(&["hash-object", "-t", "commit", "-w", "../forged"]);
    bench.repository.git(&["push", "--quiet", "--force", "origin", &format!("{forged}:refs/heads/main")]);
    let error = refused(&source).await;
    assert!(told(&error).contains("does not fit the commit"), "{}", told(&error));

    for (options, words) in
        [("namespaces=\"file\"", "not meant for Git"), ("valid-before=\"20200101\"", "not valid any more")]
    {
        bench.repository.git(&["push", "--quiet", "--force", "origin", &format!("{good}:refs/heads/main")]);
        let error = refused(&trusting(&bench, &format!("ann {options} {ann}"))).await;
        assert!(told(&error).contains(words), "{}", told(&error));
    }
}

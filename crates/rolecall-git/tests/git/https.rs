//! What is fetched over TLS, and with what credentials.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_engine::port::{FetchSource, Fetched, PortErrorKind};
use rolecall_git::{AwsKeySource, AwsKeys, Credentials, GitOptions, GitSource, Reference};
use secrecy::SecretString;

use crate::bench::{Bench, fetched, refused, text, told};
use rolecall_testenv::git::Fault;

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

#[tokio::test]
async fn a_branch_and_what_is_new_on_it() {
    let bench = Bench::new();
    let source = bench.source();
    let first = fetched(&source).await;
    assert_eq!(first.commit, bench.repository.head());
    assert_eq!(text(&first, "aws-auth.yml"), Some("first\n"));
    assert_eq!(text(&first, "rolecall.yaml"), None);
    assert_eq!(source.fetch(Some(&first.commit)).await.unwrap(), Fetched::Unchanged);

    bench.repository.write("aws-auth.yml", b"second\n");
    bench.repository.write("clusters/prod/aws-auth.yml", b"prod\n");
    let commit = bench.repository.push("second");
    let Fetched::New(second) = source.fetch(Some(&first.commit)).await.unwrap() else { panic!("it is new") };
    assert_eq!(second.commit, commit);
    assert_eq!(text(&second, "aws-auth.yml"), Some("second\n"));
    assert_eq!(text(&second, "clusters/prod/aws-auth.yml"), Some("prod\n"));
}

#[tokio::test]
async fn the_old_protocol_is_spoken_too_also_for_what_is_new() {
    let bench = Bench::new();
    bench.server.set(|desk| desk.is_old = true);
    let source = bench.source();
    let first = fetched(&source).await;
    // The newer protocol asks for the list of references with a request of its own.
    assert_eq!(bench.server.desk.lock().unwrap().requests.len(), 2);
    for number in 0..3 {
        bench.repository.write("aws-auth.yml", format!("{number}\n").as_bytes());
        let commit = bench.repository.push("next");
        let next = fetched(&source).await;
        assert_eq!(next.commit, commit);
        assert_eq!(text(&next, "aws-auth.yml"), Some(format!("{number}\n").as_str()));
    }
    assert_ne!(fetched(&source).await.commit, first.commit);
}

#[tokio::test]
async fn tags_and_commits() {
    let bench = Bench::new();
    let first = bench.repository.head();
    bench.repository.git(&["tag", "-a", "v1", "-m", "one"]);
    bench.repository.git(&["tag", "light"]);
    bench.repository.git(&["push", "--quiet", "origin", "v1", "light"]);
    bench.repository.write("aws-auth.yml", b"later\n");
    bench.repository.push("later");
    for reference in
        [Reference::tag("v1").unwrap(), Reference::tag("light").unwrap(), Reference::commit(&first).unwrap()]
    {
        let source = GitSource::new(GitOptions { reference, ..bench.options() }).unwrap();
        assert_eq!(fetched(&source).await.commit, first);
        assert_eq!(text(&fetched(&source).await, "aws-auth.yml"), Some("first\n"));
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_from_what_is() {
    let bench = Bench::new();
    let absent = "a".repeat(40);
    let cases = [
        (Reference::branch("nope").unwrap(), PortErrorKind::NotFound, "no branch `nope` (it has `main`"),
        (Reference::tag("v9").unwrap(), PortErrorKind::NotFound, "no tag `v9` (it has `main`"),
        (Reference::commit(&absent).unwrap(), PortErrorKind::NotFound, "does not give out commit"),
    ];
    for is_old in [false, true] {
        bench.server.set(|desk| desk.is_old = is_old);
        for (reference, kind, words) in cases.clone() {
            let source = GitSource::new(GitOptions { reference, ..bench.options() }).unwrap();
            let error = refused(&source).await;
            assert_eq!(error.kind, kind, "{}", told(&error));
            assert!(told(&error).contains(words), "{}", told(&error));
        }
    }
}

#[tokio::test]
async fn only_the_paths_that_matter_are_read() {
    let bench = Bench::new();
    bench.repository.write("clusters/prod/aws-auth.yml", b"prod\n");
    bench.repository.write("clusters/test/aws-auth.yml", b"test\n");
    bench.repository.push("clusters");
    let paths = vec!["clusters/prod".to_owned(), "rolecall.yaml".to_owned()];
    let source = GitSource::new(GitOptions { paths, ..bench.options() }).unwrap();
    let snapshot = fetched(&source).await;
    assert_eq!(snapshot.entries.keys().collect::<Vec<_>>(), ["clusters/prod/aws-auth.yml"]);
}

#[tokio::test]
async fn credentials_are_shown_and_never_told() {
    let bench = Bench::new();
    let basic_of = |password: &str| Credentials::Basic {
        user: "ann".to_owned(),
        password: SecretString::from(password.to_owned()),
    };
    let token = Credentials::Token(SecretString::from("tok-3n"));
    let with = |credentials| GitSource::new(GitOptions { credentials, ..bench.options() }).unwrap();

    bench.server.set(|desk| desk.authorization = Some(basic("ann", "s3cr3t")));
    assert_eq!(fetched(&with(basic_of("s3cr3t"))).await.commit, bench.repository.head());
    for credentials in [Credentials::None, basic_of("wr0ng"), token.clone()] {
        let error = refused(&with(credentials.clone())).await;
        assert_eq!(error.kind, PortErrorKind::Unauthenticated);
        let all = format!("{error:?} {credentials:?} {}", told(&error));
        for secret in ["wr0ng", "tok-3n", &STANDARD.encode("ann:wr0ng")] {
            assert!(!all.contains(secret), "{all}");
        }
    }
    bench.server.set(|desk| desk.authorization = Some(basic("x-token-auth", "tok-3n")));
    assert_eq!(fetched(&with(token)).await.commit, bench.repository.head());
}

#[tokio::test]
async fn a_server_of_an_unknown_authority_sees_no_credentials() {
    let bench = Bench::new();
    let credentials = Credentials::Token(SecretString::from("tok-3n"));
    let source = GitSource::new(GitOptions { credentials, private_ca: None, ..bench.options() }).unwrap();
    let error = refused(&source).await;
    assert!(error.message.contains("certificate"), "{}", told(&error));
    assert!(bench.server.desk.lock().unwrap().requests.is_empty());
}

#[tokio::test]
async fn redirects_are_followed_on_the_server_and_nowhere_else() {
    let bench = Bench::new();
    let url = format!("https://localhost:{}/access", bench.server.port);
    let credentials = Credentials::Token(SecretString::from("tok-3n"));
    let source = || {
        GitSource::new(GitOptions { url: url.clone(), credentials: credentials.clone(), ..bench.options() })
    };
    bench.server.set(|desk| desk.fault = Fault::Redirect("/access.git".to_owned()));
    assert_eq!(fetched(&source().unwrap()).await.commit, bench.repository.head());

    let other = Bench::new();
    let elsewhere = format!("https://localhost:{}/access.git", other.server.port);
    bench.server.set(|desk| desk.fault = Fault::Redirect(elsewhere.clone()));
    let error = refused(&source().unwrap()).await;
    assert!(told(&error).contains(&elsewhere), "{}", told(&error));
    assert!(other.server.desk.lock().unwrap().requests.is_empty());
    bench.server.set(|desk| desk.fault = Fault::Redirect("/again".to_owned()));
    assert_eq!(refused(&source().unwrap()).await.kind, PortErrorKind::Invalid);
}

struct Keys;

impl AwsKeySource for Keys {
    fn keys(&self) -> rolecall_engine::port::PortFuture<'_, AwsKeys> {
        Box::pin(async { panic!("nobody may be asked") })
    }
}

#[test]
fn codecommits_signatures_go_to_codecommit_only() {
    let bench = Bench::new();
    let credentials = Credentials::CodeCommit(Arc::new(Keys));
    let with = |url: &str| {
        GitSource::new(GitOptions {
            url: url.to_owned(),
            credentials: credentials.clone(),
            ..bench.options()
        })
    };
    assert!(with("codecommit::eu-west-1://access").is_ok());
    assert!(with("https://git-codecommit-fips.us-east-1.amazonaws.com/v1/repos/access").is_ok());
    let error = with(&bench.options().url).err().unwrap();
    assert!(error.message.contains("CodeCommit"), "{error}");
}

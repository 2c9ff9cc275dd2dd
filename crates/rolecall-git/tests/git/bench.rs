//! A repository, its server, and sources that read it.

use std::time::{Duration, Instant};

use rolecall_engine::port::{FetchSource, Fetched, PortError, Snapshot};
use rolecall_git::{Budget, Credentials, GitOptions, GitSource, Reference};
use tempfile::TempDir;

use crate::repository::Repository;
use rolecall_testenv::git::Server;

pub(crate) struct Bench {
    pub(crate) repository: Repository,
    pub(crate) server: Server,
    pub(crate) cache: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let repository = Repository::new();
        let server = Server::start(repository.root.path());
        Self { repository, server, cache: tempfile::tempdir().unwrap() }
    }

    /// For `main` over HTTPS, without credentials.
    pub(crate) fn options(&self) -> GitOptions {
        GitOptions {
            url: format!("https://localhost:{}/access.git", self.server.port),
            reference: Reference::branch("main").unwrap(),
            paths: Vec::new(),
            credentials: Credentials::None,
            private_ca: Some(self.server.ca.clone()),
            ssh: None,
            signers: None,
            budget: Budget { time: Duration::from_secs(30), ..Budget::default() },
            cache: self.cache.path().to_owned(),
        }
    }

    pub(crate) fn source(&self) -> GitSource {
        GitSource::new(self.options()).unwrap()
    }
}

/// What is fetched by one who knows nothing.
pub(crate) async fn fetched(source: &GitSource) -> Snapshot {
    match source.fetch(None).await.unwrap() {
        Fetched::New(snapshot) => snapshot,
        Fetched::Unchanged => panic!("nothing was known"),
    }
}

/// Why nothing is fetched.
pub(crate) async fn refused(source: &GitSource) -> PortError {
    source.fetch(None).await.unwrap_err()
}

pub(crate) fn text<'a>(snapshot: &'a Snapshot, path: &str) -> Option<&'a str> {
    snapshot.file(path).unwrap().map(|bytes| std::str::from_utf8(bytes).unwrap())
}

/// The error together with its hint.
pub(crate) fn told(error: &PortError) -> String {
    format!("{error} ({})", error.hint.as_deref().unwrap_or_default())
}

/// How long `work` took.
pub(crate) async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    (work.await, start.elapsed())
}

//! The source of a resource, made of the Secret that it names: read again now and then, and when the source does not
//! let us in, since it may be another one by then. What is wrong with either is the source's trouble: what was applied
//! goes on being defended.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rolecall_core::observed::Knowledge;
use rolecall_core::project;
use rolecall_core::source::Lineage;
use rolecall_engine::port::{FetchSource, Fetched, PortError, PortErrorKind, PortFuture};
use rolecall_git::{AllowedSigners, Budget, Credentials, GitOptions, GitSource, Reference};
use rolecall_server::resource::SourceSpec;
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;

use super::Resources;
use crate::commands::serve::source::{ssh_by, without_secret};
use crate::failure::Failure;

/// How long what a Secret said is used.
const FRESH: Duration = Duration::from_mins(5);

/// So many sources are fetched at once: each may take some memory, and after a change of the leader all are due.
static TURNS: Semaphore = Semaphore::const_new(32);

/// A source that is opened when it is asked.
pub(super) struct Origin {
    resources: Arc<Resources>,
    spec: SourceSpec,
    folder: String,
    opened: Mutex<Option<Opened>>,
}

struct Opened {
    source: Arc<GitSource>,
    at: Instant,
    /// Files that the source needs as long as it lives.
    _files: Option<TempDir>,
}

type Secret = BTreeMap<String, SecretString>;

impl Origin {
    /// Of the files in `folder`.
    pub(super) fn new(resources: Arc<Resources>, spec: SourceSpec, folder: String) -> Self {
        Self { resources, spec, folder, opened: Mutex::default() }
    }

    async fn source(&self) -> Result<Arc<GitSource>, PortError> {
        let mut opened = self.opened.lock().await;
        if let Some(opened) = opened.as_ref().filter(|opened| opened.at.elapsed() < FRESH) {
            return Ok(Arc::clone(&opened.source));
        }
        let fresh = open(&self.resources, &self.spec, &self.folder).await.map_err(told)?;
        let source = Arc::clone(&fresh.source);
        *opened = Some(fresh);
        Ok(source)
    }

    async fn fetched(&self, known: Option<&str>) -> Result<Fetched, PortError> {
        let _turn = TURNS.acquire().await;
        let fetched = self.source().await?.fetch(known).await;
        let is_shut_out = matches!(
            &fetched,
            Err(PortError { kind: PortErrorKind::Unauthenticated | PortErrorKind::Denied, .. })
        );
        if is_shut_out {
            *self.opened.lock().await = None;
        }
        fetched
    }
}

/// What could not be opened, as the source's trouble.
fn told(failure: Failure) -> PortError {
    match failure.error.downcast::<PortError>() {
        Ok(error) => error,
        Err(error) => {
            let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            PortError::new(PortErrorKind::Invalid, "open", "`source`", causes.join(": "))
        }
    }
}

impl FetchSource for Origin {
    fn fetch<'a>(&'a self, known: Option<&'a str>) -> PortFuture<'a, Fetched> {
        Box::pin(self.fetched(known))
    }

    fn lineage<'a>(&'a self, commit: &'a str, earlier: &'a str) -> PortFuture<'a, Knowledge<Lineage>> {
        Box::pin(async move { self.source().await?.lineage(commit, earlier).await })
    }
}

async fn open(resources: &Resources, spec: &SourceSpec, folder: &str) -> Result<Opened, Failure> {
    let secret = match &spec.secret_ref {
        Some(reference) => resources.home.secret(&reference.name).await?,
        None => Secret::new(),
    };
    let reference = match (&spec.tag, &spec.commit) {
        (Some(tag), _) => Reference::tag(tag),
        (None, Some(commit)) => Reference::commit(commit),
        (None, None) => Reference::branch(spec.branch.as_deref().unwrap_or("main")),
    };
    let signers = exposed(&secret, "allowed_signers").map(AllowedSigners::parse).transpose()?;
    if spec.signed && signers.is_none() {
        return Err(Failure::new("commits must be signed, and the Secret has no `allowed_signers`"));
    }
    let files = ssh_files(&secret, &resources.cache)?;
    let ssh = files.as_ref().map(|files| ssh_by(files.path().join("key"), files.path().join("known_hosts")));
    let options = GitOptions {
        url: spec.url.clone(),
        reference: reference?,
        paths: project::paths(folder),
        credentials: credentials(&spec.url, &secret).await?,
        private_ca: exposed(&secret, "ca.crt").map(str::to_owned),
        ssh,
        signers,
        budget: Budget::default(),
        cache: resources.cache.clone(),
    };
    Ok(Opened { source: Arc::new(GitSource::new(options)?), at: Instant::now(), _files: files })
}

async fn credentials(url: &str, secret: &Secret) -> Result<Credentials, Failure> {
    let line =
        |key: &str| exposed(secret, key).map(|text| SecretString::from(text.trim_end_matches(['\n', '\r'])));
    Ok(match (line("token"), exposed(secret, "username"), line("password")) {
        (Some(token), ..) => Credentials::Token(token),
        (None, Some(user), Some(password)) => {
            Credentials::Basic { user: user.trim_end().to_owned(), password }
        }
        _ => without_secret(url).await?,
    })
}

/// The `ssh` program takes files only. They are readable by us alone, and gone with the source.
fn ssh_files(secret: &Secret, cache: &Path) -> Result<Option<TempDir>, Failure> {
    let Some((key, hosts)) = exposed(secret, "ssh-privatekey").zip(exposed(secret, "known_hosts")) else {
        return Ok(None);
    };
    let failed = |error| Failure::io("write the key for SSH", error);
    std::fs::create_dir_all(cache).map_err(failed)?;
    let folder = tempfile::Builder::new().prefix("ssh-").tempdir_in(cache).map_err(failed)?;
    for (name, text) in [("key", key), ("known_hosts", hosts)] {
        let mut file = tempfile::NamedTempFile::new_in(folder.path()).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.persist(folder.path().join(name)).map_err(|error| failed(error.error))?;
    }
    Ok(Some(folder))
}

fn exposed<'a>(secret: &'a Secret, key: &str) -> Option<&'a str> {
    secret.get(key).map(ExposeSecret::expose_secret)
}

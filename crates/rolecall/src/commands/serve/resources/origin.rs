//! The source of a resource, with the Secret that it names.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use rolecall_core::project;
use rolecall_git::{AllowedSigners, Budget, Credentials, GitOptions, GitSource, Reference};
use rolecall_server::resource::AccessSyncSpec;
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

use super::Shared;
use crate::commands::serve::source::{inside, ssh_by, without_secret};
use crate::failure::Failure;

/// A source, and the files that it needs as long as it lives.
pub(super) struct Origin {
    pub(super) source: GitSource,
    pub(super) folder: String,
    pub(super) files: Option<TempDir>,
}

type Secret = BTreeMap<String, SecretString>;

pub(super) async fn open(shared: &Shared, spec: &AccessSyncSpec) -> Result<Origin, Failure> {
    let secret = match &spec.source.secret_ref {
        Some(reference) => shared.resources.home.secret(&reference.name).await?,
        None => Secret::new(),
    };
    let folder = inside(spec.path.as_deref().unwrap_or_default()).to_owned();
    let source = &spec.source;
    let reference = match (&source.tag, &source.commit) {
        (Some(tag), _) => Reference::tag(tag),
        (None, Some(commit)) => Reference::commit(commit),
        (None, None) => Reference::branch(source.branch.as_deref().unwrap_or("main")),
    };
    let signers = exposed(&secret, "allowed_signers").map(AllowedSigners::parse).transpose()?;
    let files = ssh_files(&secret, &shared.resources.cache)?;
    let ssh = files.as_ref().map(|files| ssh_by(files.path().join("key"), files.path().join("known_hosts")));
    let options = GitOptions {
        url: source.url.clone(),
        reference: reference?,
        paths: project::paths(&folder),
        credentials: credentials(&source.url, &secret).await?,
        private_ca: exposed(&secret, "ca.crt").map(str::to_owned),
        ssh,
        signers,
        budget: Budget::default(),
        cache: shared.resources.cache.clone(),
    };
    Ok(Origin { source: GitSource::new(options)?, folder, files })
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

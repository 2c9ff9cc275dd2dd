//! From what the configuration says of the source and the receivers to what they are made of. Secrets come from files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rolecall_aws::{AwsSession, SessionOptions};
use rolecall_core::config::{ClusterConfig, NotifyConfig, ReceiverConfig, ReferenceConfig, SourceConfig};
use rolecall_core::project;
use rolecall_engine::port::PortFuture;
use rolecall_git::{
    AllowedSigners, AwsKeySource, AwsKeys, Budget, Credentials, GitOptions, GitSource, Reference, SshOptions,
    is_code_commit,
};
use rolecall_server::{notify, receive};
use secrecy::SecretString;

use crate::failure::Failure;
use crate::files;
use crate::target::variable;

/// The source of all `clusters`.
pub(super) async fn open(
    source: &SourceConfig,
    clusters: &[ClusterConfig],
    beside: Option<&Path>,
    cache: PathBuf,
) -> Result<GitSource, Failure> {
    let read = |file: &Option<String>| file.as_deref().map(|file| text(beside, file)).transpose();
    let folders = clusters.iter().map(folder);
    let mut paths: Vec<String> = folders.flat_map(project::paths).collect();
    paths.sort();
    paths.dedup();
    let reference = match &source.reference {
        ReferenceConfig::Branch(name) => Reference::branch(name),
        ReferenceConfig::Tag(name) => Reference::tag(name),
        ReferenceConfig::Commit(id) => Reference::commit(id),
    };
    let signers = read(&source.allowed_signers_file)?.map(|text| AllowedSigners::parse(&text)).transpose()?;
    let at = |file: &String| place(beside, file);
    let ssh = source.ssh_key_file.as_ref().zip(source.known_hosts_file.as_ref());
    let options = GitOptions {
        url: source.url.clone(),
        reference: reference?,
        paths,
        credentials: credentials(source, beside).await?,
        private_ca: read(&source.ca_file)?,
        ssh: ssh.map(|(key, hosts)| ssh_by(at(key), at(hosts))),
        signers,
        budget: Budget::default(),
        cache,
    };
    Ok(GitSource::new(options)?)
}

/// The `ssh` program with these files.
pub(super) fn ssh_by(key: PathBuf, known_hosts: PathBuf) -> SshOptions {
    SshOptions { program: PathBuf::from("ssh"), key, known_hosts }
}

/// The folder of a cluster's files in the repository.
pub(super) fn folder(cluster: &ClusterConfig) -> &str {
    inside(cluster.path.as_deref().unwrap_or_default())
}

/// A path from the root of the repository on, without the signs that say so.
pub(super) fn inside(path: &str) -> &str {
    let path = path.trim_start_matches("./").trim_matches('/');
    if path == "." { "" } else { path }
}

async fn credentials(source: &SourceConfig, beside: Option<&Path>) -> Result<Credentials, Failure> {
    let secret = |file: &String| text(beside, file).map(SecretString::from);
    Ok(match (&source.token_file, &source.username, &source.password_file) {
        (Some(token), ..) => Credentials::Token(secret(token)?),
        (None, Some(user), Some(password)) => {
            Credentials::Basic { user: user.clone(), password: secret(password)? }
        }
        _ => without_secret(&source.url).await?,
    })
}

/// Whoever runs in AWS may need no secret.
pub(super) async fn without_secret(url: &str) -> Result<Credentials, Failure> {
    if !is_code_commit(url) {
        return Ok(Credentials::None);
    }
    let session = AwsSession::load(&SessionOptions::default()).await?;
    Ok(Credentials::CodeCommit(Arc::new(Keys(session))))
}

/// The keys of an AWS session, as CodeCommit's passwords are made of them.
struct Keys(AwsSession);

impl AwsKeySource for Keys {
    fn keys(&self) -> PortFuture<'_, AwsKeys> {
        Box::pin(async {
            let keys = self.0.keys().await?;
            Ok(AwsKeys {
                access_key_id: keys.access_key_id,
                secret_access_key: keys.secret_access_key,
                session_token: keys.session_token,
            })
        })
    }
}

/// The receivers, with their secrets.
pub(super) fn receivers(
    receivers: &[ReceiverConfig],
    beside: Option<&Path>,
) -> Result<Vec<receive::Receiver>, Failure> {
    let receiver = |receiver: &ReceiverConfig| {
        let secret = SecretString::from(text(beside, &receiver.secret_file)?);
        Ok(receive::Receiver { name: receiver.name.clone(), kind: receiver.kind, secret })
    };
    receivers.iter().map(receiver).collect()
}

/// Who is notified, with their addresses.
pub(super) fn targets(
    notified: &[NotifyConfig],
    beside: Option<&Path>,
) -> Result<Vec<notify::Target>, Failure> {
    let target = |one: &NotifyConfig| {
        let secret = |file: &String| text(beside, file).map(SecretString::from);
        Ok(notify::Target {
            name: one.name.clone(),
            kind: one.kind,
            url: secret(&one.url_file)?,
            secret: one.secret_file.as_ref().map(secret).transpose()?,
        })
    };
    notified.iter().map(target).collect()
}

/// A file that the configuration names, without the line break at its end.
fn text(beside: Option<&Path>, file: &str) -> Result<String, Failure> {
    let text = files::read(&place(beside, file))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// Where a file is that the configuration names.
fn place(beside: Option<&Path>, file: &str) -> PathBuf {
    beside.unwrap_or(Path::new("")).join(file)
}

/// Where copies of repositories are, if the user has not named a folder.
pub(super) fn cache() -> Result<PathBuf, Failure> {
    let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")));
    cache.map(|cache| cache.join("rolecall/git")).ok_or_else(|| {
        Failure::new("there is no place for a copy of the repository")
            .hint("name a folder with `--cache`, or set `HOME`")
    })
}

//! `source:` and `serve:`, the parts of `rolecall.yaml` that only a controller reads.
//!
//! Secrets are never in it: it names the files that hold them.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use jiff::SignedDuration;

use super::fields::{Fields, Reader};
use crate::reconcile::Patience;

/// Where a controller finds the files of its clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceConfig {
    /// The repository's URL, or a folder.
    pub url: String,
    /// What of it is applied.
    pub reference: ReferenceConfig,
    /// The file that holds a token for HTTPS.
    pub token_file: Option<String>,
    /// The user name for HTTPS, with `password_file`.
    pub username: Option<String>,
    /// The file that holds the password.
    pub password_file: Option<String>,
    /// The file that holds the private key for SSH.
    pub ssh_key_file: Option<String>,
    /// The file with the keys of the SSH hosts that are known.
    pub known_hosts_file: Option<String>,
    /// The file with a private certificate authority for HTTPS.
    pub ca_file: Option<String>,
    /// The file that says whose signatures are accepted; without it, none are asked for.
    pub allowed_signers_file: Option<String>,
}

/// What of a repository is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceConfig {
    /// The newest commit of a branch.
    Branch(String),
    /// The commit of a tag.
    Tag(String),
    /// One commit.
    Commit(String),
}

/// How a controller works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeConfig {
    /// How often the source and the clusters are looked at without a reason.
    pub interval: SignedDuration,
    /// How long removals by hand stay.
    pub patience: Patience,
    /// Where it listens for webhooks, metrics and probes: an address with its port.
    pub listen: Option<String>,
    /// Whose webhooks it hears.
    pub receivers: Vec<ReceiverConfig>,
    /// Who is told what is new.
    pub notify: Vec<NotifyConfig>,
    /// Where several processes elect the one that works; without it, there is one.
    pub home: Option<HomeConfig>,
}

/// The cluster at which a controller is at home, in the namespace `rolecall`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeConfig {
    /// Its context in the kubeconfig; without it, the cluster that the controller's pod runs in.
    pub context: Option<String>,
    /// The Lease by which it is elected: controllers that keep other clusters have another one.
    pub lease: String,
}

/// Somebody who is told what is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifyConfig {
    /// What it is called in logs and metrics.
    pub name: String,
    /// How it is written.
    pub kind: NotifyKind,
    /// The file that holds the address, which is as good as a secret.
    pub url_file: String,
    /// The file that holds the secret by which a generic one is signed.
    pub secret_file: Option<String>,
}

/// How news are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotifyKind {
    /// Slack's incoming webhooks, and whoever takes the same.
    Slack,
    /// A JSON document, signed if there is a secret, as generic receivers are.
    Generic,
}

/// Somebody who tells of pushes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverConfig {
    /// The last part of its path, `/hooks/NAME`.
    pub name: String,
    /// Who sends.
    pub kind: ReceiverKind,
    /// The file that holds the secret.
    pub secret_file: String,
}

/// How deliveries are signed and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiverKind {
    /// GitHub, cloud and server.
    GitHub,
    /// GitLab, with its secret token.
    GitLab,
    /// Gitea and Forgejo.
    Gitea,
    /// Bitbucket, cloud and data center.
    Bitbucket,
    /// Whoever can compute an HMAC: `X-Rolecall-Signature` over `X-Rolecall-Timestamp`, a dot and the body.
    Generic,
}

/// Nobody wants to wait longer, or ask more often.
const INTERVALS: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(5), SignedDuration::from_hours(24));

/// A day at most, as holds have it.
const PATIENCE: (SignedDuration, SignedDuration) = (SignedDuration::ZERO, SignedDuration::from_hours(24));

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            interval: SignedDuration::from_mins(1),
            patience: Patience::default(),
            listen: None,
            receivers: Vec::new(),
            notify: Vec::new(),
            home: None,
        }
    }
}

pub(super) fn source(reader: &mut Reader<'_>, mut fields: Fields<'_>) -> Option<SourceConfig> {
    let holder = fields.node();
    let url = reader.text(&mut fields, "url");
    let mut references = Vec::new();
    references.extend(reader.text(&mut fields, "branch").map(ReferenceConfig::Branch));
    references.extend(reader.text(&mut fields, "tag").map(ReferenceConfig::Tag));
    references.extend(reader.text(&mut fields, "commit").map(ReferenceConfig::Commit));
    if references.len() > 1 {
        reader.error(holder, "a source has one of `branch`, `tag` and `commit`".to_owned(), None);
    }
    let source = SourceConfig {
        url: url.clone().unwrap_or_default(),
        reference: references.pop().unwrap_or_else(|| ReferenceConfig::Branch("main".to_owned())),
        token_file: reader.text(&mut fields, "tokenFile"),
        username: reader.text(&mut fields, "username"),
        password_file: reader.text(&mut fields, "passwordFile"),
        ssh_key_file: reader.text(&mut fields, "sshKeyFile"),
        known_hosts_file: reader.text(&mut fields, "knownHostsFile"),
        ca_file: reader.text(&mut fields, "caFile"),
        allowed_signers_file: reader.text(&mut fields, "allowedSignersFile"),
    };
    reader.finish(&fields);
    if url.is_none() {
        reader.error(holder, "a source needs a `url`".to_owned(), None);
    }
    let problem = match (&source.username, &source.password_file, &source.token_file) {
        (Some(_), None, _) | (None, Some(_), _) => Some("`username` and `passwordFile` go together"),
        (Some(_), _, Some(_)) => Some("a source has a `tokenFile`, or a `username` and a `passwordFile`"),
        _ if source.ssh_key_file.is_some() != source.known_hosts_file.is_some() => {
            Some("`sshKeyFile` and `knownHostsFile` go together")
        }
        _ => None,
    };
    if let Some(problem) = problem {
        reader.error(holder, problem.to_owned(), None);
    }
    url.map(|_| source)
}

pub(super) fn serve(reader: &mut Reader<'_>, mut fields: Fields<'_>) -> ServeConfig {
    let default = ServeConfig::default();
    if fields.is_empty("home") {
        let help = "write `home: {}` for the cluster that the controller runs in, or a `context`";
        reader.error(fields.node(), "`home` says nothing".to_owned(), Some(help.to_owned()));
    }
    let interval = reader.duration(&mut fields, "interval", INTERVALS);
    let heal_removals_after = reader.duration(&mut fields, "healRemovalsAfter", PATIENCE);
    let config = ServeConfig {
        interval: interval.unwrap_or(default.interval),
        patience: heal_removals_after
            .map_or(default.patience, |heal_removals_after| Patience { heal_removals_after }),
        listen: reader.text(&mut fields, "listen"),
        receivers: receivers(reader, &mut fields),
        notify: notify(reader, &mut fields),
        home: reader.mapping(&mut fields, "home").map(|fields| home(reader, fields)),
    };
    reader.finish(&fields);
    config
}

fn home(reader: &mut Reader<'_>, mut fields: Fields<'_>) -> HomeConfig {
    let context = reader.text(&mut fields, "context");
    let lease = reader.text_at(&mut fields, "lease");
    reader.finish(&fields);
    if let Some((name, node)) = &lease {
        let is_name = is_plain_name(name) && !name.starts_with('-') && !name.ends_with('-');
        if !is_name {
            let message = format!("`{name}` is no name of a Lease: write 1 to 63 of `a-z`, `0-9` and `-`");
            reader.error(*node, message, None);
        } else if name == "rolecall" {
            let message = "the Lease `rolecall` is the lock of deploys, and cannot be the controller's, too";
            reader.error(*node, message.to_owned(), Some("take another name, or none".to_owned()));
        }
    }
    HomeConfig { context, lease: lease.map_or_else(|| "rolecall-serve".to_owned(), |(name, _)| name) }
}

fn receivers(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Vec<ReceiverConfig> {
    let mut receivers: Vec<ReceiverConfig> = Vec::new();
    for item in reader.list(fields, "receivers") {
        let Some(mut fields) = reader.fields(item, "a receiver") else { continue };
        let kinds = [
            ("github", ReceiverKind::GitHub),
            ("gitlab", ReceiverKind::GitLab),
            ("gitea", ReceiverKind::Gitea),
            ("bitbucket", ReceiverKind::Bitbucket),
            ("generic", ReceiverKind::Generic),
        ];
        let holder = fields.node();
        let name = reader.text(&mut fields, "name");
        let kind = reader.choice(&mut fields, "kind", &kinds);
        let secret_file = reader.text(&mut fields, "secretFile");
        reader.finish(&fields);
        let (Some(name), Some(kind), Some(secret_file)) = (name, kind, secret_file) else {
            reader.error(holder, "a receiver needs a `name`, a `kind` and a `secretFile`".to_owned(), None);
            continue;
        };
        if !is_plain_name(&name) {
            reader.error(
                holder,
                format!("`{name}` is no name of a receiver: write 1 to 63 of `a-z`, `0-9` and `-`"),
                None,
            );
        } else if receivers.iter().any(|other| other.name == name) {
            reader.error(holder, format!("there are two receivers `{name}`"), None);
        }
        receivers.push(ReceiverConfig { name, kind, secret_file });
    }
    receivers
}

fn notify(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Vec<NotifyConfig> {
    let mut all: Vec<NotifyConfig> = Vec::new();
    for item in reader.list(fields, "notify") {
        let Some(mut fields) = reader.fields(item, "who is notified") else { continue };
        let kinds = [("slack", NotifyKind::Slack), ("generic", NotifyKind::Generic)];
        let holder = fields.node();
        let name = reader.text(&mut fields, "name");
        let kind = reader.choice(&mut fields, "kind", &kinds);
        let url_file = reader.text(&mut fields, "urlFile");
        let secret_file = reader.text(&mut fields, "secretFile");
        reader.finish(&fields);
        let (Some(name), Some(kind), Some(url_file)) = (name, kind, url_file) else {
            let message = "who is notified needs a `name`, a `kind` and a `urlFile`";
            reader.error(holder, message.to_owned(), None);
            continue;
        };
        if !is_plain_name(&name) {
            let message = format!("`{name}` is no name here: write 1 to 63 of `a-z`, `0-9` and `-`");
            reader.error(holder, message, None);
        } else if all.iter().any(|other| other.name == name) {
            reader.error(holder, format!("`{name}` is notified twice"), None);
        } else if kind == NotifyKind::Slack && secret_file.is_some() {
            let message = "Slack takes no signature: its address is the secret";
            reader.error(holder, message.to_owned(), Some("leave `secretFile` out".to_owned()));
        }
        all.push(NotifyConfig { name, kind, url_file, secret_file });
    }
    all
}

/// Does it fit into a path, a metric and the name of a Kubernetes object?
pub fn is_plain_name(name: &str) -> bool {
    let is_of_it = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len()) && name.bytes().all(is_of_it)
}

/// `90s`, `15m` or `1h`; `None` for anything else.
pub fn parsed_duration(text: &str) -> Option<SignedDuration> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let count: i32 = number.parse().ok().filter(|count| *count >= 0)?;
    let count = i64::from(count);
    match &text[number.len()..] {
        "s" => Some(SignedDuration::from_secs(count)),
        "m" => Some(SignedDuration::from_mins(count)),
        "h" => Some(SignedDuration::from_hours(count)),
        _ => None,
    }
}

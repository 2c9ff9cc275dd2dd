//! Where a repository is: what URLs mean, and which of them are not taken.
//!
//! A place never holds a credential: a URL with a password is refused, so that it cannot end up in a message.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use rolecall_core::source::code_commit_host;

use crate::problem::Problem;

#[cfg(test)]
mod tests;

/// The place of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Https(Web),
    Ssh(Shell),
    Local(PathBuf),
}

/// A repository behind HTTPS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Web {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Begins with a slash and does not end with one.
    pub(crate) path: String,
}

/// A repository behind SSH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shell {
    pub(crate) user: Option<String>,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) path: String,
}

impl Place {
    /// Reads a URL, or a path.
    pub(crate) fn parse(url: &str) -> Result<Self, Problem> {
        if url.is_empty() || url.chars().any(|c| c.is_control() || c == ' ') {
            return Err(Problem::invalid("the URL is empty, or has a blank or a control character in it"));
        }
        if let Some(rest) = url.strip_prefix("codecommit:") {
            return code_commit(rest);
        }
        match url.split_once("://") {
            Some(("https", rest)) => web(rest).map(Self::Https),
            Some(("ssh", rest)) => shell(rest).map(Self::Ssh),
            Some(("file", path)) if path.starts_with('/') => Ok(Self::Local(path.into())),
            Some(("http", _)) => {
                Err(Problem::invalid("`http://` is not taken: anybody on the way could change the files")
                    .hint("use `https://`; a private authority's certificate can be given"))
            }
            Some(_) => Err(Problem::invalid(
                "the URL's scheme is not one of `https`, `ssh`, `file` and `codecommit`",
            )),
            None => without_scheme(url),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Https(web) => write!(f, "https://{}{}", web.authority(), web.path),
            Self::Ssh(shell) => {
                let user = shell.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
                let host = format!("{user}{}", in_brackets(&shell.host));
                let port = shell.port.map(|port| format!(":{port}")).unwrap_or_default();
                match shell.path.chars().next() {
                    Some('/') => write!(f, "ssh://{host}{port}{}", shell.path),
                    Some('~') => write!(f, "ssh://{host}{port}/{}", shell.path),
                    // From the user's home on: no URL says that.
                    _ => write!(f, "{host}:{}", shell.path),
                }
            }
            Self::Local(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Web {
    /// The host as it stands in a URL and in the `Host` header.
    pub(crate) fn authority(&self) -> String {
        let host = in_brackets(&self.host);
        if self.port == 443 { host.into_owned() } else { format!("{host}:{}", self.port) }
    }
}

/// A host as it stands before a port.
fn in_brackets(host: &str) -> Cow<'_, str> {
    if host.contains(':') { format!("[{host}]").into() } else { host.into() }
}

impl Shell {
    pub(crate) fn destination(&self) -> String {
        match &self.user {
            Some(user) => format!("{user}@{}", self.host),
            None => self.host.clone(),
        }
    }
}

/// `//REPOSITORY`, `:REGION://REPOSITORY`: the URLs of AWS' own helper.
fn code_commit(rest: &str) -> Result<Place, Problem> {
    let form = || Problem::invalid("a CodeCommit URL is `codecommit::REGION://REPOSITORY`");
    let (region, name) = rest.split_once("//").ok_or_else(form)?;
    let region = region.trim_matches(':');
    if name.contains('@') {
        return Err(Problem::invalid("a profile in a CodeCommit URL means something on one machine only")
            .hint("leave it out: the credentials that the program runs with are used"));
    }
    let is_name =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if region.is_empty() {
        return Err(form().hint("there is no default region: say it in the URL"));
    }
    if !is_name(name) || !is_name(region) {
        return Err(form());
    }
    Ok(Place::Https(Web { host: code_commit_host(region), port: 443, path: format!("/v1/repos/{name}") }))
}

fn web(rest: &str) -> Result<Web, Problem> {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if authority.contains('@') {
        return Err(Problem::invalid("the URL has a user or a password in it")
            .hint("give credentials apart from the URL: URLs are shown and kept"));
    }
    let (host, port) = host_and_port(authority)?;
    if path.contains(['?', '#', '\\', '"', '<', '>']) {
        return Err(Problem::invalid("the URL's path has a character in it that does not belong there"));
    }
    if !path.is_ascii() {
        return Err(Problem::invalid("the URL's path must be percent-encoded"));
    }
    let path = format!("/{}", path.trim_end_matches('/'));
    Ok(Web { host, port: port.unwrap_or(443), path })
}

fn shell(rest: &str) -> Result<Shell, Problem> {
    let (authority, path) = rest.split_once('/').ok_or_else(|| Problem::invalid("the URL has no path"))?;
    let (user, authority) = match authority.rsplit_once('@') {
        Some((user, authority)) => (Some(user), authority),
        None => (None, authority),
    };
    let (host, port) = host_and_port(authority)?;
    let path = if path.starts_with('~') { path.to_owned() } else { format!("/{path}") };
    Ok(Shell { user: user.map(user_name).transpose()?, host, port, path: shell_path(&path)? })
}

/// The form that scp has, `git@host:path`; anything else is a folder, which must be named in full.
fn without_scheme(text: &str) -> Result<Place, Problem> {
    let scp = text.split_once(':').filter(|(before, _)| !before.contains('/') && before.len() > 1);
    let Some((before, path)) = scp else {
        if text.starts_with('/') {
            return Ok(Place::Local(text.into()));
        }
        return Err(
            Problem::invalid("a folder must be named from the root on").hint("for example `/srv/access`")
        );
    };
    let (user, host) = match before.rsplit_once('@') {
        Some((user, host)) => (Some(user_name(user)?), host),
        None => (None, before),
    };
    let (host, _) = host_and_port(host)?;
    Ok(Place::Ssh(Shell { user, host, port: None, path: shell_path(path)? }))
}

fn user_name(user: &str) -> Result<String, Problem> {
    let is_name = user.chars().all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c));
    if user.is_empty() || user.starts_with('-') || !is_name {
        return Err(Problem::invalid("the URL's user is not a plain name")
            .hint("SSH takes a key, never a password in the URL"));
    }
    Ok(user.to_owned())
}

fn shell_path(path: &str) -> Result<String, Problem> {
    if path.is_empty() || path == "/" || path.starts_with('-') {
        return Err(Problem::invalid("the URL has no path, or one that looks like an option"));
    }
    Ok(path.to_owned())
}

/// A name, an IPv4 address or an IPv6 address in brackets, and a port if there is one.
fn host_and_port(authority: &str) -> Result<(String, Option<u16>), Problem> {
    let wrong = || Problem::invalid("the URL's host is not a name or an address");
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or_else(wrong)?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| wrong())?;
            (host, if rest.is_empty() { "" } else { rest.strip_prefix(':').ok_or_else(wrong)? })
        }
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    let is_host = host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:".contains(c));
    if host.is_empty() || host.starts_with('-') || !is_host {
        return Err(wrong());
    }
    let port = match port {
        "" => None,
        port => Some(port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?),
    };
    Ok((host.to_ascii_lowercase(), port))
}

//! The file of allowed signers, in the format of `ssh-keygen -Y verify` (ALLOWED SIGNERS in its manual).
//!
//! A line that cannot be read is an error, and so is an option that is not known: who is trusted must not
//! depend on what is skipped.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rolecall_engine::port::PortError;

use super::wire::Reader;
use crate::problem::Problem;

/// Whose signatures are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedSigners(Vec<Line>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    principals: String,
    key: Vec<u8>,
    namespaces: Option<String>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl AllowedSigners {
    /// Reads the file. One without any signer is refused: it would stop every change.
    pub fn parse(text: &str) -> Result<Self, PortError> {
        let invalid = |message: String| Problem::invalid(message).of("read", "`allowed signers`");
        let mut lines = Vec::new();
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if !line.is_empty() && !line.starts_with('#') {
                let line = Line::parse(line).map_err(|why| invalid(format!("line {number}: {why}")))?;
                lines.push(line);
            }
        }
        if lines.is_empty() {
            return Err(invalid("there is no signer in it".to_owned()));
        }
        Ok(Self(lines))
    }

    /// Who the key belongs to; or why it is not accepted for a commit of that time.
    pub(super) fn signer(&self, key: &[u8], at: Timestamp) -> Result<&str, String> {
        let mut why = "its key is not one of the allowed signers'".to_owned();
        for line in self.0.iter().filter(|line| line.key == key) {
            match line.objection(at) {
                None => return Ok(&line.principals),
                Some(objection) => why = format!("the key of `{}` {objection}", line.principals),
            }
        }
        Err(why)
    }
}

impl Line {
    /// `PRINCIPALS [OPTIONS] KIND BASE64 [COMMENT]`
    fn parse(line: &str) -> Result<Self, String> {
        let (principals, rest) = word(line);
        let (second, after) = word(rest);
        let (options, kind, rest) = if is_kind(second) {
            (String::new(), second.to_owned(), after)
        } else {
            let (kind, rest) = word(after);
            (second.to_owned(), kind.to_owned(), rest)
        };
        let (base64, _) = word(rest);
        let key = STANDARD.decode(base64).map_err(|_| "the key's base64 is broken".to_owned())?;
        if !is_kind(&kind) || Reader(&key).string() != Some(kind.as_bytes()) {
            return Err(
                "the key is not of the kind that stands before it, or of one that is not known".to_owned()
            );
        }
        let principals = principals.trim_matches('"').to_owned();
        let mut parsed = Self { principals, key, namespaces: None, from: None, until: None };
        for option in split(&options, ',') {
            parsed.set(option)?;
        }
        Ok(parsed)
    }

    fn set(&mut self, option: &str) -> Result<(), String> {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = value.trim_matches('"');
        match name.to_ascii_lowercase().as_str() {
            "namespaces" => self.namespaces = Some(value.to_owned()),
            "valid-after" => self.from = Some(time(value)?),
            "valid-before" => self.until = Some(time(value)?),
            "cert-authority" => return Err("certificates of an authority are not supported".to_owned()),
            _ => return Err("it has an option that is not known".to_owned()),
        }
        Ok(())
    }

    /// What speaks against the key for a commit of that time.
    fn objection(&self, at: Timestamp) -> Option<&'static str> {
        let for_git = self.namespaces.as_ref().is_none_or(|list| list.split(',').any(|name| name == "git"));
        if !for_git {
            return Some("is not meant for Git");
        }
        if self.from.is_some_and(|from| at < from) {
            return Some("was not valid yet when the commit was made");
        }
        self.until
            .is_some_and(|until| at >= until)
            .then_some("was not valid any more when the commit was made")
    }
}

fn is_kind(word: &str) -> bool {
    ["ssh-ed25519", "sk-ssh-ed25519@openssh.com", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ssh-rsa"]
        .contains(&word)
}

/// The first word, whose quoted parts may have blanks, and the rest.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let mut is_quoted = false;
    let end = text.find(|c: char| {
        is_quoted ^= c == '"';
        c.is_whitespace() && !is_quoted
    });
    text.split_at(end.unwrap_or(text.len()))
}

/// The parts between separators that are not quoted.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    let parts = text.split(move |c: char| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    });
    parts.filter(|part| !part.is_empty())
}

/// `YYYYMMDD[HHMM[SS]][Z]`. Without the `Z` ssh-keygen takes the machine's time zone; here it is UTC always.
fn time(value: &str) -> Result<Timestamp, String> {
    let digits = value.strip_suffix(['Z', 'z']).unwrap_or(value);
    let is_whole = matches!(digits.len(), 8 | 12 | 14) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let time = is_whole.then(|| DateTime::strptime("%Y%m%d%H%M%S", format!("{digits:0<14}")).ok()).flatten();
    let time = time.and_then(|time| time.to_zoned(TimeZone::UTC).ok());
    time.map(|time| time.timestamp()).ok_or_else(|| "a time is not `YYYYMMDD` or `YYYYMMDDHHMMSS`".to_owned())
}

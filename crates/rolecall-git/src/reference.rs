//! What of a repository is fetched: a branch, a tag or one commit.

use std::fmt;

use gix::ObjectId;
use rolecall_engine::port::PortError;

use crate::problem::Problem;

/// What a source points to. Made by its constructors only, which check the name as Git does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Branch(String),
    Tag(String),
    Commit(ObjectId),
}

/// What is asked of a server for it.
pub(crate) enum Asked {
    /// A reference by its full name.
    Name(String),
    /// A commit.
    Id(ObjectId),
}

impl Reference {
    /// The tip of a branch, by its short name.
    pub fn branch(name: &str) -> Result<Self, PortError> {
        checked(name).map(|name| Self(Kind::Branch(name)))
    }

    /// A tag, annotated or not, by its short name.
    pub fn tag(name: &str) -> Result<Self, PortError> {
        checked(name).map(|name| Self(Kind::Tag(name)))
    }

    /// One commit, by its id in full.
    pub fn commit(id: &str) -> Result<Self, PortError> {
        if let (true, Ok(id)) = (is_commit_id(id), ObjectId::from_hex(id.as_bytes())) {
            return Ok(Self(Kind::Commit(id)));
        }
        Err(Problem::invalid(
            "a commit is named by all 40 digits of its id: a shorter one may mean another tomorrow",
        )
        .of("read", "`commit`"))
    }

    pub(crate) fn asked(&self) -> Asked {
        match &self.0 {
            Kind::Branch(name) => Asked::Name(format!("refs/heads/{name}")),
            Kind::Tag(name) => Asked::Name(format!("refs/tags/{name}")),
            Kind::Commit(id) => Asked::Id(*id),
        }
    }

    /// What to ask for, and where to keep it.
    pub(crate) fn refspec(&self) -> String {
        match self.asked() {
            Asked::Name(name) => format!("+{name}:{KEPT}"),
            Asked::Id(id) => format!("+{id}:{KEPT}"),
        }
    }
}

/// Where the cache keeps what was fetched last.
pub(crate) const KEPT: &str = "refs/rolecall/source";

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Branch(name) => write!(f, "branch `{name}`"),
            Kind::Tag(name) => write!(f, "tag `{name}`"),
            Kind::Commit(id) => write!(f, "commit `{id}`"),
        }
    }
}

/// Is it the id of a commit, in full?
pub(crate) fn is_commit_id(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn checked(name: &str) -> Result<String, PortError> {
    let is_fine = !name.starts_with("refs/")
        && !name.starts_with('-')
        && !name.contains('*')
        && gix::validate::reference::branch_name(format!("refs/heads/{name}").as_str().into()).is_ok();
    if is_fine {
        return Ok(name.to_owned());
    }
    Err(Problem::invalid("it is not the short name of a branch or a tag, such as `main`")
        .of("read", "`reference`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_as_git_does() {
        for name in ["main", "release/1.0", "v1.2.3", "ümlaut", "a@b"] {
            assert!(Reference::branch(name).is_ok(), "{name}");
        }
        for name in [
            "",
            "/",
            "a..b",
            "-x",
            "a b",
            "a~1",
            "a:b",
            "a^",
            "x.lock",
            "a/.b",
            "@{u}",
            "refs/heads/main",
            "a*",
            "a\u{7}",
        ] {
            assert!(Reference::branch(name).is_err(), "{name:?}");
        }
        assert!(Reference::commit(&"a".repeat(40)).is_ok());
        for id in ["", "abc", "HEAD", &"g".repeat(40), &"a".repeat(41)] {
            assert!(Reference::commit(id).is_err(), "{id}");
        }
    }

    #[test]
    fn what_is_asked_for_is_forced() {
        assert_eq!(Reference::tag("v1").unwrap().refspec(), "+refs/tags/v1:refs/rolecall/source");
        assert_eq!(Reference::branch("main").unwrap().to_string(), "branch `main`");
    }
}

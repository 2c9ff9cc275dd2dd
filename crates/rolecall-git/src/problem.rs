//! What can be wrong with a source, one function a condition: what happened, what can be done about it, and the
//! next step. No credential is ever part of either.

use std::time::Duration;

use rolecall_core::render::is_harmful;
use rolecall_engine::port::{PortError, PortErrorKind};

/// A condition of a source, before it is known which source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: PortErrorKind,
    pub(crate) message: String,
    hint: Option<String>,
    retry_after: Option<Duration>,
    /// The history is larger than the budget: with less history it may fit.
    pub(crate) is_over_budget: bool,
    /// What we hold of the repository may be at fault: without it, it may work.
    pub(crate) is_of_the_cache: bool,
}

impl Problem {
    /// A condition without a next step.
    pub(crate) fn new(kind: PortErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message, hint: None, retry_after: None, is_over_budget: false, is_of_the_cache: false }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, said of a source.
    pub(crate) fn of(self, operation: &str, source: &str) -> PortError {
        let mut error = PortError::new(self.kind, operation, source, self.message);
        error.hint = self.hint;
        error.retry_after = self.retry_after;
        error
    }

    /// What was configured cannot be meant.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(PortErrorKind::Invalid, message)
    }

    pub(crate) fn unauthenticated() -> Self {
        Self::new(PortErrorKind::Unauthenticated, "the server asks for credentials, or refuses those it got")
            .hint("is the token right, and still valid? A repository that does not exist may answer like this, too")
    }

    pub(crate) fn denied() -> Self {
        Self::new(PortErrorKind::Denied, "the server knows the credentials, and does not allow reading").hint(
            "reading is enough: `codecommit:GitPull`, or a token that may read the repository's contents",
        )
    }

    pub(crate) fn no_repository() -> Self {
        Self::new(PortErrorKind::NotFound, "there is no repository at this address")
            .hint("or it may not be seen with these credentials: many servers then say that it is not there")
    }

    pub(crate) fn throttled(retry_after: Option<Duration>) -> Self {
        let mut problem = Self::new(PortErrorKind::Throttled, "the server asks for fewer requests");
        problem.retry_after = retry_after;
        problem
    }

    pub(crate) fn failing(status: u16) -> Self {
        Self::new(PortErrorKind::Unavailable, format!("the server failed with HTTP {status}"))
    }

    pub(crate) fn unexpected(status: u16) -> Self {
        Self::new(PortErrorKind::Other, format!("the server answered with HTTP {status}"))
    }

    pub(crate) fn redirected(to: &str) -> Self {
        Self::new(PortErrorKind::Invalid, format!("the server sends us elsewhere, to `{to}`"))
            .hint("if that is right, write that address into the source: credentials are not carried over")
    }

    pub(crate) fn not_git() -> Self {
        Self::new(PortErrorKind::Invalid, "what answers there does not speak Git's smart HTTP")
            .hint("is it the address that `git clone` takes? A sign-in page answers like this, too")
    }

    pub(crate) fn unreachable(why: impl std::fmt::Display) -> Self {
        Self::new(
            PortErrorKind::Unavailable,
            format!("the server cannot be reached: {}", short(&why.to_string())),
        )
    }

    pub(crate) fn certificate(why: impl std::fmt::Display) -> Self {
        let why = short(&why.to_string());
        Self::new(PortErrorKind::Unavailable, format!("the server's certificate is not trusted: {why}"))
            .hint("a private authority's certificate can be given to the source")
    }

    pub(crate) fn cut(why: impl std::fmt::Display) -> Self {
        Self::new(PortErrorKind::Unavailable, format!("the connection broke: {}", short(&why.to_string())))
    }

    pub(crate) fn too_slow(after: Duration) -> Self {
        Self::new(PortErrorKind::Timeout, format!("there was no answer within {} s", after.as_secs_f32()))
    }

    pub(crate) fn over_budget(what: &str) -> Self {
        let mut problem = Self::new(PortErrorKind::Invalid, format!("the repository is too large: {what}"))
            .hint("keep the access files in a repository of their own, or raise the source's budget");
        problem.is_over_budget = true;
        problem
    }

    /// `others` are the branches and tags that there are.
    pub(crate) fn no_reference(wanted: &str, others: &[String]) -> Self {
        if others.is_empty() {
            return Self::new(
                PortErrorKind::NotFound,
                "the repository is empty: it has no branch and no tag",
            )
            .hint("nothing is changed in the cluster until there are commits again");
        }
        let some: Vec<String> = others.iter().take(5).map(|other| format!("`{}`", shown(other))).collect();
        Self::new(PortErrorKind::NotFound, format!("the repository has no {wanted}"))
            .hint(format!("it has {}; nothing is changed in the cluster", some.join(", ")))
    }

    pub(crate) fn not_a_commit(wanted: &str) -> Self {
        Self::invalid(format!("the {wanted} does not point to a commit"))
    }

    pub(crate) fn no_commit(commit: &str) -> Self {
        Self::new(PortErrorKind::NotFound, format!("the server does not give out commit `{commit}`"))
            .hint("it may not exist, or the server gives out tips only: name a branch or a tag")
    }

    /// Git's own reading failed, where the connection did not: the server sends nonsense, or our copy is damaged.
    pub(crate) fn unreadable(why: impl std::fmt::Display) -> Self {
        let message = format!("what the server sent cannot be used: {}", short(&why.to_string()));
        let mut problem = Self::new(PortErrorKind::Other, message);
        problem.is_of_the_cache = true;
        problem
    }

    pub(crate) fn sha_256() -> Self {
        Self::invalid("the repository names its commits by SHA-256, which is not supported yet")
    }

    pub(crate) fn cache(what: &str, why: impl std::fmt::Display) -> Self {
        Self::new(PortErrorKind::Other, format!("{what} failed: {}", short(&why.to_string())))
            .hint("the folder for sources must be writable, and have room")
    }

    pub(crate) fn no_local(why: impl std::fmt::Display) -> Self {
        Self::new(PortErrorKind::NotFound, format!("there is no repository: {}", short(&why.to_string())))
    }

    pub(crate) fn no_ssh(program: &str) -> Self {
        Self::new(PortErrorKind::Other, format!("there is no program `{program}`"))
            .hint("SSH needs OpenSSH's client, which the image from scratch does not have: use HTTPS, or another image")
    }

    pub(crate) fn ssh(said: &str) -> Self {
        let message = format!("ssh ended: {}", short(said));
        if said.contains("Host key verification failed") || said.contains("host key is known") {
            return Self::new(PortErrorKind::Unauthenticated, "the server's host key is not a known one")
                .hint("put the server's key, from a place you trust, into the source's known hosts");
        }
        if said.contains("Permission denied") {
            return Self::new(PortErrorKind::Unauthenticated, message);
        }
        Self::new(PortErrorKind::Unavailable, message)
    }

    pub(crate) fn unsigned(commit: &str) -> Self {
        Self::new(
            PortErrorKind::Denied,
            format!("commit `{commit}` is not signed, and signatures are required"),
        )
        .hint("nothing is changed in the cluster; sign with `git commit -S` and a key of the allowed signers")
    }

    pub(crate) fn untrusted(commit: &str, why: &str) -> Self {
        Self::new(PortErrorKind::Denied, format!("the signature of commit `{commit}` is not accepted: {why}"))
            .hint("nothing is changed in the cluster; the allowed signers say whose signatures are")
    }
}

/// A foreign text as a part of a message: one line of bounded length, without control characters.
fn short(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    shown(&line.join(" ")).chars().take(300).collect()
}

/// A foreign name without characters that play tricks on a terminal.
pub(crate) fn shown(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) { '\u{fffd}' } else { c }).collect()
}

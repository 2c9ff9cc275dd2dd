//! What a test can say: when (which request) and then (what happens to it).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Method;

/// One line of a script.
#[derive(Debug, Clone)]
pub struct Rule {
    pub when: Match,
    pub then: Fault,
}

/// Which requests a rule is about; all of them until something narrows it.
#[derive(Debug, Clone, Default)]
pub struct Match {
    method: Option<Method>,
    path: Option<String>,
    nth: Option<usize>,
}

/// What happens to a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Answered here, with a Kubernetes `Status`; the API server never sees it.
    Answer { status: u16, retry_after_secs: Option<u32> },
    /// Passed on after a while.
    Delay(Duration),
    /// The connection is closed, the API server never sees the request.
    CutBefore,
    /// The API server has carried the request out, and the connection is closed
    /// before a byte of the answer is passed on.
    CutAfter,
    /// Neither passed on nor answered, until the client goes away.
    Hang,
    /// The head of the answer is passed on, and nothing of its body: a connection
    /// that died without a word.
    Mute,
    /// The hook runs to its end, then the request is passed on: somebody else
    /// was quicker.
    Meanwhile(Hook),
    /// The hook runs, then as [`Fault::Hang`]: a hook that kills the client
    /// stops it before this request.
    StopBefore(Hook),
    /// The API server has carried the request out, the hook runs, and the answer
    /// is held back: a hook that kills the client stops it after this request.
    StopAfter(Hook),
}

/// Something that a test wants done at that moment, on a thread of its own; it
/// may block and may call the cluster.
#[derive(Clone)]
pub struct Hook(pub(super) Arc<dyn Fn(&RequestLine) + Send + Sync>);

/// What a hook is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLine {
    /// From 1, since the script was set.
    pub number: usize,
    pub method: Method,
    /// Path and query.
    pub path: String,
}

impl Rule {
    pub fn new(when: Match, then: Fault) -> Self {
        Self { when, then }
    }
}

impl Match {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests whose path and query contain `part`.
    pub fn path(part: &str) -> Self {
        Self::any().and_path(part)
    }

    /// Requests of this method.
    pub fn method(method: Method) -> Self {
        Self { method: Some(method), ..Self::default() }
    }

    /// ... and whose path and query contain `part`.
    #[must_use]
    pub fn and_path(mut self, part: &str) -> Self {
        self.path = Some(part.to_owned());
        self
    }

    /// ... and only the nth of them, counted from 1 since the script was set.
    #[must_use]
    pub fn nth(mut self, n: usize) -> Self {
        self.nth = Some(n);
        self
    }

    fn is_about(&self, request: &RequestLine) -> bool {
        self.method.as_ref().is_none_or(|method| *method == request.method)
            && self.path.as_ref().is_none_or(|part| request.path.contains(part))
    }
}

impl Fault {
    /// An answer without `Retry-After`.
    pub fn answer(status: u16) -> Self {
        Self::Answer { status, retry_after_secs: None }
    }
}

impl Hook {
    pub fn new(act: impl Fn(&RequestLine) + Send + Sync + 'static) -> Self {
        Self(Arc::new(act))
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// The rules with how many requests each has been about so far.
#[derive(Default)]
pub(super) struct Script(Vec<(Rule, usize)>);

impl Script {
    pub(super) fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self(rules.into_iter().map(|rule| (rule, 0)).collect())
    }

    /// Counts the request for every rule that is about it and gives the fault
    /// of the first that matches.
    pub(super) fn decide(&mut self, request: &RequestLine) -> Option<Fault> {
        let mut decision = None;
        for (rule, seen) in &mut self.0 {
            if !rule.when.is_about(request) {
                continue;
            }
            *seen += 1;
            if decision.is_none() && rule.when.nth.is_none_or(|nth| nth == *seen) {
                decision = Some(rule.then.clone());
            }
        }
        decision
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_matches_decides_and_each_counts_for_itself() {
        let mut script = Script::new([
            Rule::new(Match::method(Method::PATCH).and_path("/aws-auth").nth(2), Fault::CutBefore),
            Rule::new(Match::any().nth(3), Fault::CutAfter),
            Rule::new(Match::path("/leases"), Fault::Hang),
        ]);
        let mut check = |number, method, path: &str, expect: &str| {
            let request = RequestLine { number, method, path: path.into() };
            assert_eq!(format!("{:?}", script.decide(&request)), expect, "request {number}");
        };
        check(1, Method::PATCH, "/configmaps/aws-auth", "None");
        check(2, Method::GET, "/leases/x", "Some(Hang)");
        check(3, Method::PATCH, "/configmaps/aws-auth", "Some(CutBefore)");
        check(4, Method::PATCH, "/configmaps/aws-auth", "None");
        check(5, Method::GET, "/leases/x", "Some(Hang)");
    }
}

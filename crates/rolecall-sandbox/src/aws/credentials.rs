//! Access keys as a client holds them.
//! Whether a key is still good is the directory's knowledge, not written here.

use std::fmt;

/// An access key: long-lived (`AKIA…`), or of a session (`ASIA…`, with a session token).
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Not a secret; AWS logs it.
    pub access_key_id: String,
    /// Forty characters.
    pub secret_access_key: String,
    /// Present exactly for a session's key.
    pub session_token: Option<String>,
}

impl Credentials {
    /// Returns the variables from which AWS clients read credentials.
    ///
    /// A child should not inherit others beside them: a left-over `AWS_SESSION_TOKEN` or `AWS_PROFILE` wins.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("AWS_ACCESS_KEY_ID", self.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret_access_key.clone()),
        ];
        variables.extend(self.session_token.clone().map(|token| ("AWS_SESSION_TOKEN", token)));
        variables
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

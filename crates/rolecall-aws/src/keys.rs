//! The keys of a session, for what is signed elsewhere: CodeCommit's passwords.

use std::fmt;

use rolecall_engine::port::PortError;
use secrecy::SecretString;

use crate::session::AwsSession;

/// AWS credentials that are valid now.
pub struct SigningKeys {
    /// Who signs.
    pub access_key_id: String,
    /// What with.
    pub secret_access_key: SecretString,
    /// Goes with keys that end.
    pub session_token: Option<SecretString>,
}

impl AwsSession {
    /// The keys, found or renewed.
    pub async fn keys(&self) -> Result<SigningKeys, PortError> {
        let credentials = self.credentials().await?;
        Ok(SigningKeys {
            access_key_id: credentials.access_key_id().to_owned(),
            secret_access_key: SecretString::from(credentials.secret_access_key()),
            session_token: credentials.session_token().map(SecretString::from),
        })
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys").finish_non_exhaustive()
    }
}

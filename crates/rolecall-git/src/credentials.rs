//! What a server is shown. Whoever holds a secret here writes its `Debug` by hand.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rolecall_engine::port::PortError;
use secrecy::{ExposeSecret, SecretString};

use crate::code_commit::{self, AwsKeySource};
use crate::place::Web;
use crate::problem::Problem;

/// Credentials for HTTPS.
#[derive(Clone)]
pub enum Credentials {
    /// The repository is public.
    None,
    /// A user and a password.
    Basic {
        /// Who.
        user: String,
        /// A password, or a token where the server wants a certain user with it.
        password: SecretString,
    },
    /// A token by itself. It goes where a password goes, which is what the forges ask for.
    Token(SecretString),
    /// CodeCommit by IAM.
    CodeCommit(Arc<dyn AwsKeySource>),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic { .. } => "Basic",
            Self::Token(_) => "Token",
            Self::CodeCommit(_) => "CodeCommit",
        })
    }
}

impl Credentials {
    /// Do they go with this place?
    pub(crate) fn check(&self, web: &Web) -> Result<(), Problem> {
        match self {
            Self::CodeCommit(_) if code_commit::region(&web.host).is_none() => Err(Problem::invalid(
                "this is not a host of CodeCommit, whose signatures go nowhere else",
            )
            .hint("such as `git-codecommit.eu-west-1.amazonaws.com`; FIPS, China and VPC endpoints do, too")),
            Self::Basic { user, .. } if user.contains(':') => {
                Err(Problem::invalid("a user's name cannot have a colon in it"))
            }
            _ => Ok(()),
        }
    }

    /// The `Authorization` header for requests that are made from now on.
    pub(crate) async fn header(&self, web: &Web, now: Timestamp) -> Result<Option<SecretString>, PortError> {
        Ok(match self {
            Self::None => None,
            Self::Basic { user, password } => Some(basic(user, password)),
            // GitHub and GitLab take any user beside a token, Bitbucket and Azure DevOps this one, too.
            Self::Token(token) => Some(basic("x-token-auth", token)),
            Self::CodeCommit(source) => {
                let keys = source.keys().await?;
                let region = code_commit::region(&web.host).unwrap_or_default();
                let (user, password) = code_commit::user_and_password(&keys, web, region, now);
                Some(basic(&user, &password))
            }
        })
    }
}

fn basic(user: &str, password: &SecretString) -> SecretString {
    let pair = format!("{user}:{}", password.expose_secret());
    SecretString::from(format!("Basic {}", STANDARD.encode(pair)))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rolecall_engine::port::PortFuture;

    use super::*;
    use crate::code_commit::AwsKeys;

    /// Gives other keys every time.
    struct Keys(AtomicUsize);

    impl AwsKeySource for Keys {
        fn keys(&self) -> PortFuture<'_, AwsKeys> {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                Ok(AwsKeys {
                    access_key_id: format!("AKID{number}"),
                    secret_access_key: SecretString::from("secret"),
                    session_token: Some(SecretString::from("token")),
                })
            })
        }
    }

    #[tokio::test]
    async fn codecommit_gets_a_new_password_for_every_fetch() {
        let web = Web {
            host: "git-codecommit.eu-west-1.amazonaws.com".to_owned(),
            port: 443,
            path: "/v1/repos/access".to_owned(),
        };
        let credentials = Credentials::CodeCommit(Arc::new(Keys(AtomicUsize::new(0))));
        for (number, now) in ["2026-11-24T15:04:05Z", "2026-11-24T15:19:05Z"].iter().enumerate() {
            let header = credentials.header(&web, now.parse().unwrap()).await.unwrap().unwrap();
            let encoded = header.expose_secret().strip_prefix("Basic ").unwrap();
            let pair = String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap();
            let time = now.replace(['-', ':'], "");
            assert!(pair.starts_with(&format!("AKID{number}%token:{time}")), "{pair}");
        }
    }

    #[test]
    fn names_that_no_header_can_carry() {
        let web = Web { host: "git.example.com".to_owned(), port: 443, path: "/a".to_owned() };
        let basic = Credentials::Basic { user: "a:b".to_owned(), password: SecretString::from("x") };
        assert!(basic.check(&web).is_err());
    }
}

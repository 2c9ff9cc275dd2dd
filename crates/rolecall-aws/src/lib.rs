//! The AWS adapter: credentials, EKS tokens, what EKS knows about a cluster, and who the caller is.
//!
//! It is the only crate that names an AWS SDK type, and none of them is in its public API.
//! It decides nothing about access, and it retries no more than one dropped connection: that is the engine's.

mod access_entries;
mod caller;
mod clock;
mod credentials;
mod eks;
mod error;
mod http_client;
mod keys;
mod presign;
mod redeem;
mod session;
mod token_source;

pub use eks::{ClusterName, EksCluster};
pub use keys::SigningKeys;
pub use redeem::{StsAnswer, redeem};
pub use session::{AssumeRole, AwsSession, SessionOptions};
pub use token_source::{MintedToken, TokenSource};

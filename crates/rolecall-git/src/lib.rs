//! The Git source: fetches a commit, judges its signature, reads the files that matter.
//!
//! It is the only crate that names gix, and nothing of gix is in its public API. It knows no AWS SDK: CodeCommit's
//! passwords are made from keys that come in as strings. It decides nothing about access, and tries nothing again
//! but a copy of a repository that is in doubt.

mod problem;

mod place;
mod reference;

mod code_commit;
mod credentials;

mod signature;

mod budget;
mod cache;
mod fetch;
mod http;
mod lineage;
mod ssh;
mod tree;
mod work;

mod source;

pub use budget::Budget;
pub use code_commit::{AwsKeySource, AwsKeys, is_code_commit};
pub use credentials::Credentials;
pub use reference::Reference;
pub use signature::AllowedSigners;
pub use source::{GitOptions, GitSource};
pub use ssh::SshOptions;

//! The adapter against the practice AWS, through the environment as a user would set it.

mod clusters;
mod credentials;
mod practice;
mod probe;
mod tokens;

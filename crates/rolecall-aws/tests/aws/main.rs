//! The adapter against the practice AWS and MiniStack, through the environment as a user would set it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "everything here is a test")]

mod chain;
mod clusters;
mod credentials;
mod ministack;
mod practice;
mod probe;
mod tokens;

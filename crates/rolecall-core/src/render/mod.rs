//! How a plan is told: as JSON, which is the contract, and as text for people. Both from the same value.

mod explanation;
mod json;
mod text;
mod whoami;

#[cfg(test)]
mod tests;

pub use explanation::{Explained, ExplainedBy};
pub use json::{API_VERSION, findings, plan};
pub use text::{Line, Tone, plan_text};
pub use whoami::{whoami_json, whoami_page};

//! What `rolecall serve` is made of: who may say that something moved, and what is seen from outside.
//!
//! - [`receive`]: webhooks, from a request to a nudge for the controller.
//! - [`metrics`]: what is counted.
//! - [`http`]: the server before both.
//!
//! It decides nothing about access. A webhook says "look", and the line is walked as ever.

pub mod http;
pub mod metrics;
pub mod receive;

//! What `rolecall serve` is made of: what keeps clusters as their files say, and what is seen from outside.
//!
//! - [`control`]: one loop a cluster, which wakes for pushes, writes to the map, and in time.
//! - [`lead`]: which of several processes does so.
//! - [`receive`]: webhooks, from a request to a nudge for the controller.
//! - [`resource`]: the custom resource, and what is told of it.
//! - [`metrics`]: what is counted.
//! - [`notify`]: telling people what is new.
//! - [`http`]: the server before both.
//!
//! It decides nothing about access: that is the core's, and the line is walked by the engine as ever. A webhook
//! says "look", and no more.

pub mod control;
pub mod http;
pub mod lead;
pub mod metrics;
pub mod notify;
pub mod receive;
pub mod resource;

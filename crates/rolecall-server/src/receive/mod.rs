//! Webhooks: who may tell that something moved, and what he says moved.
//!
//! Verifying is pure: headers, body, secret and the time go in, a verdict comes out. What is remembered between
//! deliveries (how many came, and which) is in [`Receivers`]. Nothing here reads a socket, fetches, or decides
//! which cluster a push concerns.

mod bucket;
mod header;
mod push;
mod receiver;
mod receivers;
mod refusal;
mod replay;
mod signature;
#[cfg(test)]
mod tests;
mod verify;

pub use bucket::Rate;
pub use push::{Push, is_of};
pub use receiver::{Receiver, ReceiverError};
pub use receivers::{Answer, Now, Nudge, Receivers};
pub use refusal::Refusal;
pub(crate) use verify::signed;
pub use verify::{Arrived, DeliveryId, Verified, verify};

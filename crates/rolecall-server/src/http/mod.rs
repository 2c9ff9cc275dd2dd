//! The server of `rolecall serve`: `/hooks/NAME`, `/healthz`, `/readyz`, `/metrics`, and nothing else.
//!
//! Plain HTTP/1.1, one request a connection, and an end to everything: to reading the head, to reading the body,
//! to the connection, to stopping. TLS is the business of what stands before it. A [`Site`] need not have all
//! parts, so that what the world may reach (`/hooks`) and what only the cluster may (the rest) can listen at
//! two addresses; then nobody who holds all connections of one delays the probes of the other.

mod answer;
mod body;
mod connection;
mod health;
mod hooks;
mod limits;
mod route;
mod server;

pub use health::Health;
pub use limits::Limits;
pub use route::Site;
pub use server::serve;

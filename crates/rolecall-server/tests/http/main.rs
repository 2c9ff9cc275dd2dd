//! The server as a client meets it: real sockets on loopback, good clients and bad ones.

mod bodies;
mod client;
mod exposition;
mod hooks;
mod load;
mod metrics;
mod practice;
mod shutdown;
mod slow;

//! The line from files to a cluster, and the ports it goes through.

pub mod port;

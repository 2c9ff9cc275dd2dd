//! The practice AWS, asked by what nobody here wrote: botocore's signatures and the AWS CLI.

#![expect(clippy::unwrap_used, clippy::panic, reason = "everything here is a test")]

mod accepted;
mod command_line;
mod directory;
mod faults;
mod python;
mod refused;
mod wire;
mod world;

//! The practice AWS, asked by what nobody here wrote: botocore's signatures and the AWS CLI.

mod accepted;
mod command_line;
mod directory;
mod faults;
mod python;
mod refused;
mod wire;
mod world;

//! The Git source against Debian's `git`: behind TLS, over a pretended `ssh`, and in a folder.

#![expect(clippy::unwrap_used, clippy::panic, reason = "everything here is a test")]

mod bench;
mod repository;

mod faults;
mod folder;
mod growth;
mod https;
mod lineage;
#[cfg(unix)]
mod odd;
mod signed;
#[cfg(unix)]
mod ssh;

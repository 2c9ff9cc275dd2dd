//! Free loopback ports for servers that must be told their port before they
//! start.
//!
//! They are taken below the range that the kernel gives to outgoing
//! connections, so between the choice and the server's own bind nobody but
//! another test run can take one, and that one chooses at random too.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;

use anyhow::{Context, Result};

const RANGE: std::ops::Range<u16> = 12_000..32_000;
/// The authenticator's health port cannot be moved, so nobody else gets it.
const AUTHENTICATOR_HEALTH: u16 = 21_363;
const ATTEMPTS: usize = 1_000;

/// A port on 127.0.0.1 that nobody listens on and that this process has not
/// handed out before.
pub(crate) fn free() -> Result<u16> {
    static TAKEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut taken = TAKEN.lock().expect("nothing panics while it holds this lock");
    (0..ATTEMPTS)
        .map(|_| random_port())
        .find(|&port| port != AUTHENTICATOR_HEALTH && !taken.contains(&port) && is_free(port))
        .inspect(|&port| {
            taken.insert(port);
        })
        .context("no free loopback port found")
}

fn random_port() -> u16 {
    // Each `RandomState` is seeded differently: randomness without a crate.
    let random = RandomState::new().hash_one(());
    let width = u64::from(RANGE.end - RANGE.start);
    RANGE.start + u16::try_from(random % width).expect("the range is narrower than u16")
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

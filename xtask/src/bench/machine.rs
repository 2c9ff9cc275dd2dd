//! Under which conditions numbers were measured. Nothing that names one machine.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::product::Profile;
use crate::tidy;

/// How many processes wanted to run, on average over the last minute.
pub(super) fn load() -> Result<f64> {
    let text = fs::read_to_string("/proc/loadavg").context("read the load")?;
    text.split(' ').next().unwrap_or_default().parse().context("read the load")
}

/// A sentence for the document; `before` is the load at the beginning.
pub(super) fn conditions(before: f64, runs: usize, profile: Profile) -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let after = load()?;
    Ok(format!(
        "Measured at commit `{}` with {runs} runs of each command, in turn, after one that is not counted, on \
         a machine with {cores} cores and {} GiB of memory.\n\
         Its load average over the last minute was {before:.1} at the beginning and {after:.1} at the end \
         (the measured commands and the API server are part of it; a machine with nothing else to do begins \
         near 0).\n\
         The profile was `{}`.",
        revision()?,
        memory_gib()?,
        profile.name()
    ))
}

fn revision() -> Result<String> {
    let output = Command::new("git")
        .args(["rev-parse", "--short=10", "HEAD"])
        .current_dir(tidy::root())
        .output()
        .context("start `git`")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn memory_gib() -> Result<u64> {
    let text = fs::read_to_string("/proc/meminfo").context("read the memory's size")?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:")).context("it is there")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().context("read the memory's size")?;
    Ok((kib + (1 << 19)) >> 20)
}

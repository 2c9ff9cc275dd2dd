//! Builds the binary that users get, and says where it is.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::tidy;

/// How it is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Profile {
    /// Fast to build.
    Debug,
    /// What is shipped: optimised as a whole, minutes to build.
    Release,
    /// Optimised in parts, for a quick look.
    FastRelease,
}

impl Profile {
    /// The name that cargo knows it by.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Debug => "dev",
            Self::Release => "release",
            Self::FastRelease => "fast-release",
        }
    }
}

/// Builds `rolecall` and gives its path.
pub(crate) fn build(profile: Profile) -> Result<PathBuf> {
    build_package("rolecall", profile)
}

/// Builds the binary of this package of the workspace, which bears the package's name, and gives its path.
pub(crate) fn build_package(package: &str, profile: Profile) -> Result<PathBuf> {
    // Talk, on stderr, and nobody may be left to hear it.
    let _ = writeln!(std::io::stderr(), "building `{package}` (profile `{}`)", profile.name());
    let output = cargo()
        .args(["build", "--quiet", "--package", package, "--bin", package, "--profile", profile.name()])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .context("start `cargo build`")?;
    ensure!(output.status.success(), "`{package}` could not be built");
    executable(&String::from_utf8_lossy(&output.stdout))
        .with_context(|| format!("cargo does not say where it has put `{package}`"))
}

/// The cargo that runs us, in the clone.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    cargo.current_dir(tidy::root());
    cargo
}

/// The path in cargo's messages, of which there is one a line.
fn executable(messages: &str) -> Option<PathBuf> {
    let values = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    values.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_in_the_last_message_that_has_one() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":null}\n\
                        {\"reason\":\"compiler-artifact\",\"executable\":\"/t/rolecall\"}\n\
                        {\"reason\":\"build-finished\",\"success\":true}\n";
        assert_eq!(executable(messages), Some(PathBuf::from("/t/rolecall")));
        assert_eq!(executable(""), None);
    }
}

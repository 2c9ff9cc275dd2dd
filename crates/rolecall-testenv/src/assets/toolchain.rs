//! Says within a second which tools of the machine are missing, all of them at
//! once, and how to get each.

use std::process::Command;

use anyhow::{Result, bail};

use super::run;

/// What the newest of the pinned modules asks for.
const GO: [u32; 3] = [1, 26, 3];
/// What `testenv/python/requirements.txt` was resolved for.
const PYTHON: [u32; 2] = [3, 11];

/// Checks the tools that building the assets takes.
pub(super) fn check() -> Result<()> {
    let complaints: Vec<String> = [check_go(), check_git(), check_python(), check_cc()]
        .into_iter()
        .filter_map(|check| check.err().map(|error| format!("- {error:#}")))
        .collect();
    if complaints.is_empty() {
        return Ok(());
    }
    bail!("the test environment cannot be set up on this machine:\n{}", complaints.join("\n"))
}

fn check_go() -> Result<()> {
    let hint = "get it from https://go.dev/dl, or any Go from 1.21 on with `GOTOOLCHAIN=auto`";
    let Ok(found) = run(Command::new("go").args(["env", "GOVERSION", "GOTOOLCHAIN"])) else {
        bail!("`go` is missing (1.26.3 or newer is needed); {hint}");
    };
    let (version, toolchain) = found.split_once('\n').unwrap_or((&found, ""));
    // Before Go 1.21 the answer is empty; `local` forbids fetching a newer one.
    let fetches = !["", "local"].contains(&toolchain.trim());
    if numbers(version) < GO.to_vec() && !fetches {
        bail!("`go` is too old ({version}; 1.26.3 or newer is needed); {hint}");
    }
    Ok(())
}

fn check_git() -> Result<()> {
    if run(Command::new("git").arg("--version")).is_err() {
        bail!("`git` is missing; on Debian: apt-get install git");
    }
    Ok(())
}

fn check_python() -> Result<()> {
    let hint = "on Debian: apt-get install python3 python3-venv";
    let Ok(version) = run(Command::new("python3").arg("--version")) else {
        bail!("`python3` is missing (3.11 or newer is needed); {hint}");
    };
    if numbers(&version) < PYTHON.to_vec() {
        bail!("`python3` is too old ({}; 3.11 or newer is needed); {hint}", version.trim());
    }
    if run(Command::new("python3").args(["-c", "import venv, ensurepip"])).is_err() {
        bail!("`python3` has no `venv` module; {hint}");
    }
    Ok(())
}

fn check_cc() -> Result<()> {
    if run(Command::new("cc").arg("--version")).is_err() {
        bail!("a C compiler (`cc`) is missing; on Debian: apt-get install build-essential");
    }
    Ok(())
}

/// The numbers in `go1.26.8` or `Python 3.11.7`.
fn numbers(version: &str) -> Vec<u32> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn versions_compare_by_their_numbers() {
        let check = |version: &str, expect: &[u32]| assert_eq!(numbers(version), expect, "{version}");
        check("go1.26.8", &[1, 26, 8]);
        check("Python 3.11.7\n", &[3, 11, 7]);
        check("go1.27rc1", &[1, 27, 1]);
        assert!(numbers("go1.9") < numbers("go1.26.3"));
    }
}

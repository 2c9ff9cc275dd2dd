//! Says within a second which tools of the machine are missing, all of them at once, and how to get each.
//!
//! What Rust itself needs is cargo's to say. Nothing is installed, and no cache is looked at.

use std::process::Command;

/// What the newest of the pinned modules asks for.
const GO: [u32; 3] = [1, 26, 3];
/// What `testenv/python/requirements.txt` was resolved for.
const PYTHON: [u32; 2] = [3, 11];

/// What the test environment needs and this machine does not have: a sentence each, with where to get it.
pub fn missing() -> Vec<String> {
    [check_system(), check_go(), check_git(), check_python(), check_cc()]
        .into_iter()
        .filter_map(Result::err)
        .collect()
}

fn check_system() -> Result<(), String> {
    if cfg!(target_os = "linux") {
        return Ok(());
    }
    Err(String::from("the test environment runs on Linux only; `cargo xtask test --fast` needs none"))
}

fn check_go() -> Result<(), String> {
    let hint = "get it from https://go.dev/dl, or any Go from 1.21 on with `GOTOOLCHAIN=auto`";
    let Some(found) = output_of("go", &["env", "GOVERSION", "GOTOOLCHAIN"]) else {
        return Err(format!("`go` is missing (1.26.3 or newer is needed); {hint}"));
    };
    let (version, toolchain) = found.split_once('\n').unwrap_or((&found, ""));
    // Before Go 1.21 the answer is empty; `local` forbids fetching a newer one.
    let fetches = !["", "local"].contains(&toolchain.trim());
    if numbers(version) < GO.to_vec() && !fetches {
        return Err(format!("`go` is too old ({version}; 1.26.3 or newer is needed); {hint}"));
    }
    Ok(())
}

fn check_git() -> Result<(), String> {
    match output_of("git", &["--version"]) {
        Some(_) => Ok(()),
        None => Err(String::from("`git` is missing; on Debian: apt-get install git")),
    }
}

fn check_python() -> Result<(), String> {
    let hint = "on Debian: apt-get install python3 python3-venv";
    let Some(version) = output_of("python3", &["--version"]) else {
        return Err(format!("`python3` is missing (3.11 or newer is needed); {hint}"));
    };
    if numbers(&version) < PYTHON.to_vec() {
        return Err(format!("`python3` is too old ({}; 3.11 or newer is needed); {hint}", version.trim()));
    }
    match output_of("python3", &["-c", "import venv, ensurepip"]) {
        Some(_) => Ok(()),
        None => Err(format!("`python3` has no `venv` module; {hint}")),
    }
}

fn check_cc() -> Result<(), String> {
    match output_of("cc", &["--version"]) {
        Some(_) => Ok(()),
        None => {
            Err(String::from("a C compiler (`cc`) is missing; on Debian: apt-get install build-essential"))
        }
    }
}

/// What a program prints; `None` where it cannot be started or fails.
fn output_of(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
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

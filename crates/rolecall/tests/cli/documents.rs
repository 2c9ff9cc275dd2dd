//! What the README and the guides show is what the program prints, and every command that they name is run.
//!
//! `UPDATE=1 cargo test -p rolecall --test cli documents` writes what is shown anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::Desk;

const DOCUMENTS: [&str; 3] = ["README.md", "README.ja.md", "docs/check.md"];

#[test]
fn what_a_document_shows_is_what_is_printed() {
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let desk = example();
        let mut fresh = String::new();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            fresh.extend([line, "\n"]);
            if line != "```console" {
                continue;
            }
            let command = lines.next().unwrap().strip_prefix("$ ").unwrap().to_owned();
            while lines.next_if(|line| *line != "```").is_some() {}
            fresh.extend(["$ ", &command, "\n", &shell(&desk, &command).1]);
        }
        if std::env::var_os("UPDATE").is_some() {
            fs::write(root().join(document), &fresh).unwrap();
        }
        assert!(fresh.contains("```console\n"), "{document}");
        let is_fresh = fs::read_to_string(root().join(document)).unwrap() == fresh;
        assert!(is_fresh, "`{document}` does not show what is printed: run it with UPDATE=1");
    }
}

/// Those with their output are above; these stand in workflows and scripts.
#[test]
fn what_a_guide_names_is_understood() {
    let text = fs::read_to_string(root().join("docs/check.md")).unwrap();
    let desk = example();
    fs::remove_file(desk.path("broken.yml")).unwrap();
    let mut count = 0;
    for line in text.lines() {
        let line = line.trim_start_matches([' ', '-']).trim_start_matches("run: ");
        let is_command =
            ["rolecall ", "kubectl rolecall ", "ln -s "].iter().any(|start| line.starts_with(start));
        if is_command {
            let (status, said) = shell(&desk, line);
            assert_eq!(status, 0, "{line}: {said}");
            count += 1;
        }
    }
    assert_eq!(count, 10, "there are other commands than when this was written");
    assert!(desk.read("rolecall.sarif").contains("\"version\": \"2.1.0\""));
    assert!(desk.read("man1/rolecall-check.1").contains(".TH"));
}

/// pre-commit puts the files behind the entry.
#[test]
fn the_hooks_run() {
    let hooks = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap();
    let entries: Vec<&str> = hooks.lines().filter_map(|line| line.trim().strip_prefix("entry: ")).collect();
    assert_eq!(entries, ["rolecall check", "rolecall check --fix"]);
    for entry in entries {
        let desk = example();
        assert_eq!(shell(&desk, &format!("{entry} aws-auth.yml mistakes.yml")).0, 0);
        assert_eq!(shell(&desk, &format!("{entry} aws-auth.yml broken.yml")).0, 3);
    }
}

/// A copy of the example outside of the clone, where no commit is known.
fn example() -> Desk {
    let desk = Desk::new();
    for name in ["aws-auth.yml", "observed.yaml", "broken.yml", "mistakes.yml"] {
        desk.write(name, &fs::read_to_string(root().join("docs/example").join(name)).unwrap());
    }
    fs::create_dir_all(desk.path(".local/bin")).unwrap();
    desk
}

/// Exit status, and what a terminal would show.
fn shell(desk: &Desk, command: &str) -> (i32, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_rolecall"));
    let mine = [desk.path(".local/bin"), program.parent().unwrap().to_owned()];
    let path = std::env::var_os("PATH").unwrap();
    let folders: Vec<PathBuf> = mine.into_iter().chain(std::env::split_paths(&path)).collect();
    // What `kubectl rolecall` does: it runs the first `kubectl-rolecall` on the PATH.
    let command = command.replace("kubectl rolecall", "kubectl-rolecall");
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .current_dir(desk.path(""))
        .env_clear()
        .env("PATH", std::env::join_paths(folders).unwrap())
        .env("HOME", desk.path(""))
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

//! The reference of the command line is what `--help` prints.
//!
//! `UPDATE=1 cargo test -p rolecall --test cli reference` writes it anew.

use std::fs;
use std::path::Path;

use crate::run::Desk;

/// Every command, in the order of `rolecall --help`.
const COMMANDS: &[&[&str]] = &[
    &[],
    &["check"],
    &["plan"],
    &["apply"],
    &["verify"],
    &["drift"],
    &["explain"],
    &["map"],
    &["map", "list"],
    &["map", "add"],
    &["map", "set"],
    &["map", "remove"],
    &["map", "fmt"],
    &["token"],
    &["token", "inspect"],
    &["token", "verify"],
    &["whoami"],
    &["kubeconfig"],
    &["bootstrap", "cluster"],
    &["bootstrap", "controller"],
    &["serve"],
    &["reconcile"],
    &["rule"],
    &["completions"],
];

#[test]
fn the_reference_is_fresh() {
    let desk = Desk::new().set("COLUMNS", "100");
    let mut page = "# Command line\n\nWhat `--help` prints; a test keeps it so.\n".to_owned();
    for command in COMMANDS {
        let help = desk.run(&[command, &["--help"][..]].concat()).ends(0).stdout;
        let name = [&["rolecall"], *command].concat().join(" ");
        page.extend(["\n## `", &name, "`\n\n```text\n", help.trim_end(), "\n```\n"]);
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/cli.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &page).unwrap();
    }
    let is_fresh = fs::read_to_string(&file).unwrap_or_default() == page;
    assert!(is_fresh, "`docs/reference/cli.md` is not what `--help` says: run it with UPDATE=1");
}

#[test]
fn every_command_has_its_part() {
    let help = Desk::new().run(&["--help"]).ends(0).stdout;
    let commands =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for line in commands.filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        let name = line.split_whitespace().next().unwrap();
        let is_known = COMMANDS.iter().any(|command| command.first() == Some(&name));
        assert!(is_known || name == "help", "`{name}` is not in the reference");
    }
}

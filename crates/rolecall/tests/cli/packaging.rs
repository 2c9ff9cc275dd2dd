//! What packages hold besides the program: completions, manual pages, and its name as a plugin of kubectl.

use crate::run::Desk;

#[test]
fn every_shell_gets_a_script() {
    let desk = Desk::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = desk.run(&["completions", shell]).ends(0).quietly().stdout;
        for word in ["kubeconfig", "token", "check"] {
            assert!(script.contains(word), "`{word}` is not in the script for {shell}");
        }
        // The others complete flags and commands only, whatever the value.
        assert_eq!(script.contains("RC004"), ["bash", "zsh"].contains(&shell), "{shell}");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let desk = Desk::new();
    desk.run(&["man", "--out", "man/man1"]).ends(0).says("note: the manual pages are in `man/man1`");
    assert!(desk.read("man/man1/rolecall.1").contains("rolecall\\-check(1)"));
    assert!(desk.read("man/man1/rolecall-check.1").contains("\\-\\-stdin\\-filename"));
    assert!(desk.read("man/man1/rolecall-bootstrap-cluster.1").contains("\\-\\-deployer"));
    assert!(!desk.run(&["--help"]).stdout.contains("\n  man "), "it is for packagers");
}

#[cfg(unix)]
#[test]
fn a_plugin_of_kubectl_calls_itself_one() {
    let desk = Desk::new();
    let plugin = desk.path("kubectl-rolecall");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_rolecall"), &plugin).unwrap();
    let says = |arguments: &[&str]| {
        let output = std::process::Command::new(&plugin).args(arguments).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    assert!(says(&["--help"]).contains("Usage: kubectl rolecall [OPTIONS] <COMMAND>"));
    assert!(says(&["check", "--nonsense"]).contains("Usage: kubectl rolecall check [OPTIONS] [PATH]..."));
    assert!(desk.run(&["--help"]).stdout.contains("Usage: rolecall [OPTIONS] <COMMAND>"));
}

//! Shell completions.

use crate::run::Desk;

#[test]
fn every_shell_gets_a_script() {
    let desk = Desk::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = desk.run(&["completions", shell]).ends(0).quietly().stdout;
        for word in ["kubeconfig", "token", "apply"] {
            assert!(script.contains(word), "`{word}` is not in the script for {shell}");
        }
    }
}

//! Our reading of a map and the authenticator's own agree about generated documents.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::process::Command;

/// Runs the comparison and checks that it has found nothing.
fn check(arguments: &[&str]) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_xtask")).arg("differential").args(arguments).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("no disagreement"), "{told}");
}

#[test]
fn twenty_thousand_documents_read_alike() {
    check(&["--count", "20000", "--seed", "20261124"]);
}

#[test]
fn three_hundred_documents_through_the_server_let_the_same_people_in() {
    check(&["--server", "--count", "300", "--seed", "20261124"]);
}

#[test]
fn a_hundred_documents_through_the_server_with_its_sso_gate_on() {
    check(&["--server", "--sso-role-match", "--count", "100", "--seed", "20261124"]);
}

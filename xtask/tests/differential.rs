//! Our reading of a map and the authenticator's own agree about generated documents.

use std::process::Command;

#[test]
fn twenty_thousand_documents_read_alike() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["differential", "--count", "20000", "--seed", "20261124"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("no disagreement"), "{told}");
}

//! What `ssh` is told.

use super::*;

#[test]
fn the_program_is_told_to_check_the_host() {
    let shell = Shell {
        user: Some("git".to_owned()),
        host: "example.com".to_owned(),
        port: Some(2222),
        path: "/it's here".to_owned(),
    };
    let options =
        SshOptions { program: "ssh".into(), key: "/keys/id".into(), known_hosts: "/keys/known".into() };
    let told: Vec<String> =
        arguments(&shell, &options).into_iter().map(|word| word.into_string().unwrap()).collect();
    for option in [
        "StrictHostKeyChecking=yes",
        "UserKnownHostsFile=/keys/known",
        "GlobalKnownHostsFile=/dev/null",
        "BatchMode=yes",
        "IdentityFile=/keys/id",
    ] {
        assert!(told.iter().any(|word| word == option), "{option}");
    }
    assert_eq!(told[..2], ["-F", "none"]);
    assert_eq!(told[told.len() - 3..], ["--", "git@example.com", r"git-upload-pack '/it'\''s here'"]);
}

use super::SourceId;

fn check(url: &str, expected: &str) {
    assert_eq!(SourceId::repository(url, "aws-auth.yml").to_string(), expected, "{url}");
}

#[test]
fn every_url_of_a_repository_is_one_source() {
    let expected = "git.example.com/team/access//aws-auth.yml";
    check("https://git.example.com/team/access.git", expected);
    check("https://user:secret@git.example.com/team/access", expected);
    check("ssh://git@git.example.com:22/team/access.git", expected);
    check("git@git.example.com:team/access.git", expected);
    check("https://GIT.example.com/team/access/", expected);
}

#[test]
fn a_folder_without_a_remote_is_named_by_itself() {
    check("access", "access//aws-auth.yml");
}

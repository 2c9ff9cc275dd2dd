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

#[test]
fn what_was_done_by_hand_gives_way() {
    let repository = SourceId::repository("https://git.example.com/a", "f");
    let check = |owner: &SourceId, other: &SourceId, expected: bool| {
        assert_eq!(owner.gives_way_to(other), expected, "{owner} to {other}");
    };
    check(&SourceId::bootstrap(), &repository, true);
    check(&SourceId::bootstrap(), &SourceId::cli(), true);
    check(&SourceId::cli(), &repository, true);
    check(&SourceId::cli(), &SourceId::bootstrap(), false);
    check(&repository, &SourceId::cli(), false);
    check(&repository, &SourceId::repository("https://git.example.com/b", "f"), false);
}

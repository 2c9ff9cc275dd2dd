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
fn different_repositories_are_different_sources() {
    check("https://git.example.com:8443/a.git", "git.example.com:8443/a//aws-auth.yml");
    check("ssh://git@git.example.com:2222/a", "git.example.com:2222/a//aws-auth.yml");
    check("https://git.example.com/@team/a", "git.example.com/@team/a//aws-auth.yml");
    check("https://git.example.com/Team/A", "git.example.com/Team/A//aws-auth.yml");
    check("/srv/A.git", "/srv/A//aws-auth.yml");
    check("file:///srv/A.git", "/srv/A//aws-auth.yml");
    check("C:\\doors", "C:\\doors//aws-auth.yml");
    check("codecommit://doors", "codecommit/doors//aws-auth.yml");
}

#[test]
fn code_commit_is_one_source_by_https_and_by_its_helper() {
    let expected = "git-codecommit.eu-west-1.amazonaws.com/v1/repos/doors//aws-auth.yml";
    check("codecommit::eu-west-1://doors", expected);
    check("codecommit::eu-west-1://somebody@doors", expected);
    check("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/doors", expected);
    check("ssh://APKAEXAMPLE@git-codecommit.eu-west-1.amazonaws.com/v1/repos/doors", expected);
    let china = "git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/doors//aws-auth.yml";
    check("codecommit::cn-north-1://doors", china);
}

#[test]
fn no_part_of_a_password_is_told() {
    let expected = "git.example.com/a//aws-auth.yml";
    check("https://user:se/cr@et@git.example.com/a", expected);
    check("user:secret@git.example.com/a", expected);
    check("https://token@git.example.com/a", expected);
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

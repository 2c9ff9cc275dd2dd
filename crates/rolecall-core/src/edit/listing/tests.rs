use super::*;
use alloc::vec;

const META: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\n";

fn listed(data: &str) -> Vec<Listed> {
    let text = format!("{META}data:\n{data}");
    let (document, findings) = AwsAuthDocument::parse("f", &text);
    of_file(&document.unwrap(), &findings)
}

fn role(arn: &str) -> String {
    format!("  mapRoles: |\n    - rolearn: {arn}\n      username: dev\n")
}

fn kinds(listed: &Listed) -> Vec<MarkKind> {
    listed.marks.iter().map(|mark| mark.kind).collect()
}

#[test]
fn who_matches_nobody_is_marked_whatever_the_reason() {
    let check = |data: &str, told: &str| {
        let list = listed(data);
        assert_eq!(list.len(), 1, "{data}");
        assert_eq!(kinds(&list[0]), vec![MarkKind::MatchesNobody], "{data}");
        assert!(list[0].marks[0].message.contains(told), "{:?}", list[0].marks);
    };
    check(&role("arn:aws:iam::111122223333:role/a/dev"), "has a path");
    check(&role("\"arn:aws:iam::111122223333:role/dev \""), "blanks around the ARN");
    check(&role("arn:aws:iam::1111:role/dev"), "is not the id of an account");
    check(&role("arn:aws:iam::{{ACCOUNT}}:role/dev"), "matches nobody");
    check(&role("arn:aws:iam::111122223333:role/dév"), "no principal has this ARN");
    check("  mapAccounts: |\n    - \"1234\"\n", "is not the id of an account");
    assert_eq!(kinds(&listed(&role("arn:aws:iam::111122223333:role/dev"))[0]), vec![]);
    assert_eq!(kinds(&listed("  mapAccounts: |\n    - \"012345678901\"\n")[0]), vec![]);
}

#[test]
fn what_is_lost_or_dropped_is_listed_in_its_place() {
    let arn = "arn:aws:iam::111122223333:role/dev";
    let data = format!(
        "{}    - userarn: {arn}2\n    - rolearn: {arn}3\n      username: 12\n      groups: [a, 7]\n    - text\n",
        role(arn)
    );
    let list = listed(&data);
    let told: Vec<(usize, &str, usize)> = list
        .iter()
        .map(|one| {
            (one.index, one.mapping.principal.as_str(), one.place.as_ref().map_or(0, |place| place.line))
        })
        .collect();
    let (second, third) = (format!("{arn}2"), format!("{arn}3"));
    assert_eq!(told, [(0, arn, 8), (1, &second, 10), (2, &third, 11), (3, "text", 14)]);
    let expected = [vec![], vec![MarkKind::Dropped], vec![MarkKind::Lost; 2], vec![MarkKind::Dropped]];
    assert_eq!(list.iter().map(kinds).collect::<Vec<_>>(), expected);
    assert_eq!(list[2].mapping.groups, ["a", ""]);
    assert!(list[1].marks[0].message.contains("it has no `rolearn`"), "{:?}", list[1].marks);
    let accounts = listed("  mapAccounts: |\n    - \"012345678901\"\n    - {a: b}\n");
    assert_eq!(accounts.iter().map(kinds).collect::<Vec<_>>(), [vec![], vec![MarkKind::Dropped]]);
}

#[test]
fn secrets_are_not_listed() {
    let key = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
    let data = format!(
        "  mapRoles: |\n    - rolearn: {key}\n      username: {key}\n      groups: [a, {key}]\n    - userarn: {key}\n"
    );
    let list = listed(&data);
    assert_eq!((list.len(), list[0].mapping.username.as_str()), (2, "*".repeat(20).as_str()));
    assert!(!format!("{list:?}").contains(&key), "{list:?}");
}

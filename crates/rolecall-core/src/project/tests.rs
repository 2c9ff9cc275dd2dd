use alloc::collections::BTreeMap;
use alloc::string::ToString;

use super::*;

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n  mapRoles: |\n    - rolearn: arn:aws:iam::111122223333:role/dev\n      username: dev\n      groups: [view]\n";
const CONFIG: &str = "apiVersion: rolecall.dev/v1alpha1\nkind: Config\npolicy:\n  unmanaged: refuse\n";

fn read(files: &[(&str, &str)], folder: &str) -> Result<(DesiredAccess, Vec<Finding>), Unusable> {
    let files: BTreeMap<&str, &[u8]> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let asked = paths(folder);
    let file = |path: &str| {
        assert!(asked.contains(&path.to_string()), "{path} is not among those that are fetched");
        if files.get(path) == Some(&&b"!"[..]) {
            Err(format!("`{path}` is a symbolic link"))
        } else {
            Ok(files.get(path).copied())
        }
    };
    desired(file, folder, ("https://git.example.com/doors.git", "c0ffee", Timestamp::UNIX_EPOCH))
}

#[test]
fn the_map_and_the_nearest_configuration_are_taken() {
    let (desired, findings) = read(&[("aws-auth.yml", MAP)], "").unwrap();
    assert_eq!(desired.revision().source.to_string(), "git.example.com/doors//aws-auth.yml");
    assert_eq!((desired.revision().commit.as_deref(), findings.len()), (Some("c0ffee"), 0));
    let files = [
        ("clusters/prod/aws-auth.yaml", MAP),
        ("clusters/rolecall.yaml", CONFIG),
        ("rolecall.yaml", "kind: ["),
    ];
    let (desired, _) = read(&files, "clusters/prod").unwrap();
    assert_eq!(desired.policy().unmanaged, crate::policy::Unmanaged::Refuse);
    assert_eq!(desired.revision().source.to_string(), "git.example.com/doors//clusters/prod/aws-auth.yaml");
}

#[test]
fn what_is_wrong_is_told_with_its_file() {
    let check = |files: &[(&str, &str)], folder: &str, expected: &str| {
        let told = match read(files, folder).unwrap_err() {
            Unusable::NoMap(why) => why,
            Unusable::Findings(findings) => format!("{} {}", findings[0].place.file, findings[0].code),
        };
        assert_eq!(told, expected);
    };
    check(&[], "", "there is no `aws-auth.yml` or `aws-auth.yaml` in the root of the repository");
    check(&[], "a/b", "there is no `aws-auth.yml` or `aws-auth.yaml` in `a/b`");
    check(&[("a/aws-auth.yml", "!")], "a", "`a/aws-auth.yml` is a symbolic link");
    check(&[("aws-auth.yml", MAP), ("rolecall.yaml", "!")], "", "`rolecall.yaml` is a symbolic link");
    check(&[("aws-auth.yml", MAP), ("rolecall.yaml", "kind: [")], "", "rolecall.yaml RC014");
    check(&[("a/aws-auth.yml", &MAP.replace("[view]", "[view"))], "a", "a/aws-auth.yml RC004");
}

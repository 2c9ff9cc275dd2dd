//! Files that must not change anything: refused with their place, the map unchanged, everybody still in.

use rolecall_testenv::story::{Cast, manifest};

use crate::{cast, with_admin};

#[test]
fn bad_files_change_nothing() {
    let cast = cast();
    cast.commit("", &with_admin()).unwrap();
    cast.pipeline.rolecall(&["apply", "--yes"]).unwrap().succeeded().unwrap();
    let version = cast.version().unwrap();
    let good = std::fs::read_to_string(cast.repository.join("aws-auth.yml")).unwrap();

    let indent = good.replacen("      username", "       username", 1);
    check(&cast, &indent, 3, "aws-auth.yml:9:");
    check(&cast, "", 3, "aws-auth.yml:1:1");
    check(&cast, &good.replace("namespace: kube-system", "namespace: default"), 3, "aws-auth.yml:5:14");
    let many = "- rolearn: arn:aws:iam::111122223333:role/r\n  username: r\n".repeat(20_000);
    check(&cast, &manifest(&many, ""), 3, "aws-auth.yml:");
    check(&cast, "\u{0}", 3, "aws-auth.yml:1:1");

    std::fs::remove_file(cast.repository.join("aws-auth.yml")).unwrap();
    let missing = cast.pipeline.rolecall(&["apply", "--yes"]).unwrap();
    assert_eq!(missing.status, Some(1), "{missing}");
    assert!(missing.says("aws-auth.yml"), "{missing}");

    assert_eq!(cast.version().unwrap(), version);
    cast.admin.knock().unwrap().succeeded().unwrap();
}

fn check(cast: &Cast, text: &str, status: i32, place: &str) {
    cast.write(text).unwrap();
    for command in [&["plan"][..], &["apply", "--yes"]] {
        let told = cast.pipeline.rolecall(command).unwrap();
        assert_eq!(told.status, Some(status), "{told}");
        assert!(told.says(place), "no {place} in {told}");
    }
}

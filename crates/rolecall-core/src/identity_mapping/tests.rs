use super::{EntryKey, IdentityMapping, Section, equal_fold, lower};

fn mapping(username: &str, groups: &[&str]) -> IdentityMapping {
    IdentityMapping {
        principal: "p".into(),
        username: username.into(),
        groups: groups.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn the_order_of_groups_is_no_difference() {
    assert!(mapping("a", &["x", "y", "x"]).grants_the_same(&mapping("a", &["y", "x"])));
    assert!(!mapping("a", &["x"]).grants_the_same(&mapping("a", &["x", "y"])));
    assert!(!mapping("a", &["x"]).grants_the_same(&mapping("A", &["x"])));
}

#[test]
fn keys_ignore_case_and_survive_json() {
    let key = EntryKey::new(Section::MapUsers, "arn:aws:iam::1:user/Ann");
    assert_eq!(key, EntryKey::new(Section::MapUsers, "ARN:aws:iam::1:user/ann"));
    assert_ne!(key, EntryKey::new(Section::MapRoles, "arn:aws:iam::1:user/ann"));
    let json = serde_json::to_string(&key).unwrap();
    assert_eq!(json, r#""mapUsers/arn:aws:iam::1:user/ann""#);
    assert_eq!(serde_json::from_str::<EntryKey>(&json).unwrap(), key);
    assert!(serde_json::from_str::<EntryKey>(r#""mapGroups/x""#).is_err());
}

#[test]
fn letters_fold_as_in_go() {
    assert!(equal_fold("ROLE\u{212a}", "rolek"), "the Kelvin sign is a k");
    assert!(equal_fold("\u{17f}", "S"), "the long s is an s");
    assert!(!equal_fold("\u{131}", "i"), "the dotless i stands alone");
    assert_eq!(lower("\u{130}A"), "ia");
}

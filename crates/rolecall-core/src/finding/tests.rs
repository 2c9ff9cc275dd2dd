use super::nearest;

#[test]
fn the_nearest_word_is_near() {
    let known = ["rolearn", "username", "groups"];
    assert_eq!(nearest("group", &known), Some("groups"));
    assert_eq!(nearest("UserName", &known), Some("username"));
    assert_eq!(nearest("rolearns", &known), Some("rolearn"));
    assert_eq!(nearest("comment", &known), None);
}

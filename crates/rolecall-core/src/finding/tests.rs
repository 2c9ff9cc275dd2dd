use super::nearest;

#[test]
fn the_nearest_word_is_near() {
    let known = ["rolearn", "username", "groups"];
    assert_eq!(nearest("group", &known), Some("groups"));
    assert_eq!(nearest("UserName", &known), Some("username"));
    assert_eq!(nearest("rolearns", &known), Some("rolearn"));
    assert_eq!(nearest("comment", &known), None);
    let known = ["arn:aws:iam::111122223333:role/pipeline", "arn:aws:iam::111122223333:role/e"];
    assert_eq!(nearest("arn:aws:iam::111122223333:role/pipelin", &known), Some(known[0]));
    assert_eq!(nearest("arn:aws:iam::111122223333:role/onc", &known), None);
    assert_eq!(nearest("arn:aws:iam::111122223333:role/z", &known), None);
    assert_eq!(nearest("arn:aws:iam::111122223334:role/pipeline", &known), Some(known[0]));
}

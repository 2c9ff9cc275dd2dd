//! What peers do and we do not, one test a defect.

use rolecall_core::edit::{NamedPrincipal, RefusalKind, Selected};
use rolecall_core::effective::{EffectiveMap, SectionReading};
use rolecall_core::identity_mapping::Section;
use rolecall_core::plan::Action;
use rolecall_core::principal::PrincipalArn;
use serde_json::{Value, json};

use super::by_hand::File;
use super::row;
use super::stage::{Data, Stage, data, desired, manifest};

/// The rows that these tests are about.
pub(crate) const SHOWN: &[&str] = &[
    "eksctl cm.remove_role_one_of_duplicates",
    "eksctl cm.remove_user_one_of_duplicates",
    "eksctl cm.remove_user",
    "0hardik1/kubesplaining (read from code) awsauth.roleARN_spelling",
    "keikoproj/aws-auth get.malformed",
    "keikoproj/aws-auth upsert.empty_groups",
    "keikoproj/aws-auth upsert.append_groups",
    "keikoproj/aws-auth remove.not_found",
    "keikoproj/aws-auth remove.by_username_empty",
    "keikoproj/aws-auth remove.role_groups_differ",
    "keikoproj/aws-auth remove.user_username_differs",
    "eksctl cm.add_account",
    "eksctl cli.iamidentitymapping.create_duplicate_role",
    "eksctl cli.iamidentitymapping.delete_is_fifo",
    "keikoproj/aws-auth (observed) arn.not_an_arn",
    "keikoproj/aws-auth (observed) arn.user_under_mapRoles",
    "keikoproj/aws-auth (observed) write.noop_still_updates",
    "keikoproj/aws-auth (observed) foreign.comments_lost",
    "keikoproj/aws-auth (observed) duplicate.upsert_rewrites_both",
    "keikoproj/aws-auth (observed) foreign.sso_block_destroyed",
    "keikoproj/aws-auth (observed) foreign.unknown_data_key_lost",
    "TierMobility/aws-auth-operator diff",
    "Qovery/iam-eks-user-mapper (observed) writes_every_interval",
    "Qovery/iam-eks-user-mapper (observed) order_is_random",
    "Qovery/iam-eks-user-mapper arn.root_or_self.root",
    "Qovery/iam-eks-user-mapper arn.valid.group.Developers",
    "Qovery/iam-eks-user-mapper arn.valid.group.division_abc.Developers",
    "Qovery/iam-eks-user-mapper arn.valid.instance-profile.Webserver",
    "Qovery/iam-eks-user-mapper arn.valid.mfa.JaneDoeMFA",
    "Qovery/iam-eks-user-mapper arn.valid.oidc-provider.GoogleProvider",
    "Qovery/iam-eks-user-mapper arn.valid.saml-provider.ADFSProvider",
    "Qovery/iam-eks-user-mapper arn.valid.server-certificate.ProdServerCert",
    "maruina/aws-auth-manager pattern.role_gov",
    "maruina/aws-auth-manager creates_configmap",
    "maruina/aws-auth-manager (read from code) foreign_entries",
    "maruina/aws-auth-manager (read from code) order_of_items",
    "gp42/aws-auth-operator (read from code) foreign_mapUsers",
    "gp42/aws-auth-operator (read from code) checksum.group_swap",
    "cluster-api-provider-aws crd.role_with_user_arn",
    "cluster-api-provider-aws crd.user_with_role_arn",
    "justinas-b/aws-iam-authenticator-sso-wrapper configmap.get_absent",
    "justinas-b/aws-iam-authenticator-sso-wrapper (read from code) source_unparsable",
];

fn role(name: &str, groups: &[&str]) -> Value {
    json!({ "rolearn": format!("arn:aws:iam::111122223333:role/{name}"), "username": name, "groups": groups })
}

fn user(name: &str, groups: &[&str]) -> Value {
    json!({ "userarn": format!("arn:aws:iam::111122223333:user/{name}"), "username": name, "groups": groups })
}

/// Whoever is taken out is out: no second line of the same principal stays behind.
#[test]
fn eksctl_removes_one_of_two_duplicates_and_we_both() {
    for case in ["cm.remove_role_one_of_duplicates", "cm.remove_user_one_of_duplicates"] {
        let row = row(&format!("eksctl {case}"));
        let mut stage = Stage::new(data(&row["input"]["before"])).owned();
        stage.apply(&[]).unwrap();
        assert!(EffectiveMap::read(stage.data()).is_empty(), "{case}");
    }
}

/// Others' duplicates stay as they are while somebody else is taken out.
#[test]
fn removing_one_user_leaves_duplicates_of_another_alone() {
    let row = row("eksctl cm.remove_user");
    let mut stage = Stage::new(data(&row["input"]["before"])).owned();
    let alice = stage.entries(Section::MapUsers)[0].clone();
    stage.apply(&[alice]).unwrap();
    assert_eq!(json!(stage.entries(Section::MapUsers)), row["expected"]["mapUsers"]);
}

#[test]
fn kubesplaining_overlooks_keys_in_other_case_and_we_read_them() {
    let row = row("0hardik1/kubesplaining (read from code) awsauth.roleARN_spelling");
    let reading = SectionReading::read(Section::MapRoles, row["input"]["mapRoles_raw"].as_str());
    assert!(reading.entries()[0].mapping.is_cluster_admin());
}

#[test]
fn keikoproj_cannot_read_empty_quotes_and_we_can() {
    let row = row("keikoproj/aws-auth get.malformed");
    let map = EffectiveMap::read(&data(&row["input"]["before"]).unwrap());
    assert!(map.is_empty() && map.unreadable().is_empty());
}

/// A peer leaves the key out; our author's `groups: []` stays as it was written.
#[test]
fn keikoproj_drops_an_empty_list_of_groups_and_we_write_what_was_written() {
    let mut stage = Stage::new(None);
    stage.apply(&[role("node-1", &[])]).unwrap();
    assert!(stage.data()["mapRoles"].contains("\"groups\":[]"), "{:?}", stage.data());
}

/// The authenticator keeps such an entry, and so do we, but nobody is taken to enter by it.
#[test]
fn keikoproj_maps_what_is_no_arn_and_we_count_on_nobody_behind_it() {
    let text = "- rolearn: not an arn\n  username: a\n  groups: [g]\n";
    let reading = SectionReading::read(Section::MapRoles, Some(text));
    assert!(!reading.entries()[0].can_match());
    assert!(PrincipalArn::parse("not an arn").is_err());
}

/// By hand it is refused, so that it does not come into a map.
#[test]
fn keikoproj_adds_what_is_no_arn_and_we_refuse_it() {
    let entry = json!({ "rolearn": "not an arn", "username": "a", "groups": ["g"] });
    assert_eq!(File::new(&json!({})).add(&entry, false).unwrap_err().kind, RefusalKind::Senseless);
}

#[test]
fn keikoproj_adds_a_user_to_the_roles_and_we_put_it_where_it_belongs() {
    let mut file = File::new(&json!({}));
    let entry = json!({ "rolearn": "arn:aws:iam::111122223333:user/a", "username": "a", "groups": ["g"] });
    file.add(&entry, false).unwrap();
    assert!(file.entries(Section::MapRoles).is_empty());
    assert_eq!(file.entries(Section::MapUsers), [user("a", &["g"])]);
}

/// The groups come to those that are there, as with the peer; so does the username, if one is given.
#[test]
fn keikoproj_appends_groups_and_so_do_we() {
    let row = row("keikoproj/aws-auth upsert.append_groups");
    let mut file = File::new(&row["input"]["before"]);
    for entry in row["input"]["entries"].as_array().unwrap() {
        file.add(entry, true).unwrap();
    }
    assert_eq!(file.entries(Section::MapRoles)[0]["groups"], row["expected"]["role_groups"]);
    assert_eq!(file.entries(Section::MapUsers)[0]["groups"], row["expected"]["user_groups"]);
    assert_eq!(file.entries(Section::MapRoles)[0]["username"], "this:is:a:test");
}

/// Scripts may take out twice: it is said that nobody is there, and that is no failure.
#[test]
fn keikoproj_fails_where_nobody_is_there_and_we_say_so() {
    let row = row("keikoproj/aws-auth remove.not_found");
    let mut file = File::new(&row["input"]["before"]);
    let roles = file.entries(Section::MapRoles);
    let arn = row["input"]["args"][0]["rolearn"].as_str().unwrap();
    let notes = file.remove(Selected::Principal(arn.to_owned())).unwrap();
    assert!(notes[0].contains("there is no entry"), "{notes:?}");
    assert_eq!(file.entries(Section::MapRoles), roles);
    let notes = file.remove(Selected::Username(String::new())).unwrap();
    assert!(notes[0].contains("there is no entry"), "{notes:?}");
}

/// Who is meant is the principal: what its entry says besides does not keep it in.
#[test]
fn keikoproj_keeps_whose_groups_differ_and_we_take_out_who_is_named() {
    for case in ["remove.role_groups_differ", "remove.user_username_differs"] {
        let row = row(&format!("keikoproj/aws-auth {case}"));
        let named = &row["input"]["args"][0];
        let (key, section) = if named.get("rolearn").is_some() {
            ("rolearn", Section::MapRoles)
        } else {
            ("userarn", Section::MapUsers)
        };
        let mut file = File::new(&row["input"]["before"]);
        file.remove(Selected::Principal(named[key].as_str().unwrap().to_owned())).unwrap();
        assert!(file.entries(section).is_empty(), "{case}");
    }
}

#[test]
fn eksctl_takes_any_number_for_an_account_and_we_only_twelve_digits() {
    let row = row("eksctl cm.add_account");
    assert!(NamedPrincipal::account(row["input"]["account"].as_str().unwrap()).is_err());
    assert!(NamedPrincipal::account("012345678901").is_ok());
}

/// A second line for a principal takes the first one's groups away without a word.
#[test]
fn eksctl_adds_duplicates_and_removes_the_first_and_we_keep_one_entry_a_principal() {
    let row = row("eksctl cli.iamidentitymapping.create_duplicate_role");
    let mut entry = row["expected"]["yaml"][0].clone();
    entry["rolearn"] = json!("arn:aws:iam::111122223333:role/eksctl-testing-XYZ");
    let mut file = File::new(&json!({}));
    file.add(&entry, false).unwrap();
    file.add(&entry, false).unwrap();
    assert_eq!(file.entries(Section::MapRoles).len(), 1);
    file.remove(Selected::Principal(entry["rolearn"].as_str().unwrap().to_owned())).unwrap();
    assert!(file.entries(Section::MapRoles).is_empty());
}

/// It works in the authenticator, whichever section it stands in, so it is read; a peer takes it silently.
#[test]
fn keikoproj_and_cluster_api_disagree_about_users_among_roles_and_we_read_them_as_upstream_does() {
    let text = "- rolearn: arn:aws:iam::111122223333:user/a\n  username: a\n";
    assert_eq!(SectionReading::read(Section::MapRoles, Some(text)).entries().len(), 1);
}

#[test]
fn keikoproj_writes_when_nothing_changes_and_we_do_not() {
    let row = row("keikoproj/aws-auth (observed) write.noop_still_updates");
    let mut stage = Stage::new(data(&row["input"]["before"]));
    let same = [stage.entries(Section::MapRoles), stage.entries(Section::MapUsers)].concat();
    assert!(stage.apply(&same).unwrap().calls().is_empty());
}

#[test]
fn qovery_writes_at_every_interval_and_we_do_not() {
    let mut stage = Stage::new(None);
    assert!(!stage.apply(&[role("a", &["g"])]).unwrap().calls().is_empty());
    assert!(stage.apply(&[role("a", &["g"])]).unwrap().calls().is_empty());
}

#[test]
fn keikoproj_loses_comments_and_we_keep_every_byte() {
    let row = row("keikoproj/aws-auth (observed) foreign.comments_lost");
    let before = data(&row["input"]["before"]).unwrap();
    let mut stage = Stage::new(Some(before.clone()));
    stage.apply(&[role("b", &["g"])]).unwrap();
    assert!(stage.data()["mapRoles"].starts_with(&before["mapRoles"]), "{:?}", stage.data());
    assert_eq!(stage.entries(Section::MapRoles).len(), 2);
}

/// One principal, one answer: the duplicates say the same afterwards, whichever the authenticator takes.
#[test]
fn keikoproj_rewrites_duplicates_without_a_word_and_we_make_it_one_change() {
    let row = row("keikoproj/aws-auth (observed) duplicate.upsert_rewrites_both");
    let mut stage = Stage::new(data(&row["input"]["before"]));
    let plan = stage.apply(&[role("x", &["new"])]).unwrap();
    assert_eq!((plan.changes().len(), plan.count(Action::Update)), (1, 1));
    assert!(stage.entries(Section::MapRoles).iter().all(|entry| *entry == role("x", &["new"])));
}

#[test]
fn keikoproj_destroys_sso_entries_and_we_keep_them() {
    let row = row("keikoproj/aws-auth (observed) foreign.sso_block_destroyed");
    let before = data(&row["input"]["before"]).unwrap();
    let mut stage = Stage::new(Some(before.clone()));
    stage.apply(&[role("b", &["g"])]).unwrap();
    assert!(stage.data()["mapRoles"].starts_with(&before["mapRoles"]), "{:?}", stage.data());
}

#[test]
fn keikoproj_drops_other_data_keys_and_we_keep_them() {
    let row = row("keikoproj/aws-auth (observed) foreign.unknown_data_key_lost");
    let mut stage = Stage::new(data(&row["input"]["before"]));
    stage.apply(&[role("b", &["g"])]).unwrap();
    assert_eq!(stage.data()["otherTool"], "x");
}

/// Compared by ARN, an entry that goes is one change, not a change of all that follow.
#[test]
fn tiermobility_compares_by_position_and_we_by_principal() {
    let row = row("TierMobility/aws-auth-operator diff");
    let mut stage = Stage::new(data(&json!({ "mapRoles": row["input"]["a"] }))).owned();
    let plan = stage.apply(row["input"]["b"].as_array().unwrap()).unwrap();
    assert_eq!((plan.changes().len(), plan.count(Action::Remove)), (1, 1));
}

#[test]
fn qovery_and_maruina_write_in_random_order_and_we_in_the_authors() {
    let names = ["c", "a", "f", "b", "e", "d"];
    let roles: Vec<Value> = names.iter().map(|name| role(name, &["g"])).collect();
    for _ in 0..20 {
        let mut stage = Stage::new(None);
        stage.apply(&roles).unwrap();
        assert_eq!(stage.entries(Section::MapRoles), roles);
    }
}

/// The root of an account is somebody whom the authenticator can map; a group or a certificate is nobody.
#[test]
fn qovery_takes_any_arn_and_we_only_principals() {
    let arn = |name: &str| row(&format!("Qovery/iam-eks-user-mapper {name}"))["input"]["arn"].clone();
    assert!(PrincipalArn::parse(arn("arn.root_or_self.root").as_str().unwrap()).is_ok());
    for name in SHOWN.iter().filter_map(|name| name.strip_prefix("Qovery/iam-eks-user-mapper arn.valid.")) {
        let arn = arn(&format!("arn.valid.{name}"));
        assert!(PrincipalArn::parse(arn.as_str().unwrap()).is_err(), "{arn}");
    }
}

#[test]
fn maruina_refuses_other_partitions_and_we_map_them() {
    let row = row("maruina/aws-auth-manager pattern.role_gov");
    let entry = json!({ "rolearn": row["input"]["arn"], "username": "a", "groups": ["g"] });
    let mut stage = Stage::new(None);
    stage.apply(std::slice::from_ref(&entry)).unwrap();
    assert_eq!(stage.entries(Section::MapRoles), [entry]);
}

/// Where there is no map yet, it is made; nothing has to be there before.
#[test]
fn some_peers_need_a_map_to_begin_with_and_we_make_one() {
    let mut stage = Stage::new(None);
    stage.apply(&[user("a", &["g"])]).unwrap();
    assert_eq!(stage.entries(Section::MapUsers), [user("a", &["g"])]);
}

#[test]
fn maruina_and_gp42_wipe_what_others_wrote_and_we_keep_it() {
    let node = role("node", &["system:nodes"]);
    let before = json!({ "mapRoles": [node], "mapUsers": [user("theirs", &["g"])] });
    let mut stage = Stage::new(data(&before));
    stage.apply(&[user("ours", &["g"])]).unwrap();
    assert_eq!(stage.entries(Section::MapRoles), [node]);
    assert_eq!(stage.entries(Section::MapUsers), [user("theirs", &["g"]), user("ours", &["g"])]);
}

#[test]
fn gp42_does_not_see_two_users_who_swap_groups_and_we_do() {
    let mut stage = Stage::new(data(&json!({ "mapUsers": [user("alice", &["a"]), user("bob", &["b"])] })));
    let plan = stage.apply(&[user("alice", &["b"]), user("bob", &["a"])]).unwrap();
    assert_eq!(plan.count(Action::Update), 2);
}

#[test]
fn justinas_b_writes_an_empty_map_for_a_broken_source_and_we_refuse_it() {
    let broken = manifest(&[role("a", &["g"])]).replace("[{", "[{[");
    assert!(desired(&broken).is_err());
    let mut stage =
        Stage::new(Some(Data::from([("mapRoles".to_owned(), json!([role("a", &["g"])]).to_string())])));
    let before = stage.data().clone();
    assert!(stage.apply(&[json!({ "rolearn": 5 })]).is_err());
    assert_eq!(*stage.data(), before);
}

//! Each cause, with what speaks for it and against it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;

use super::*;
use crate::cluster::{AccessEntry, AuthenticationMode};
use crate::effective::{EffectiveMap, TemplateValues, explain, explain_observed};
use crate::fixtures::{observed, role};
use crate::observed::{Knowledge, ObservedAccess};
use crate::principal::PrincipalArn;
use crate::token::{CallerIdentity, InspectContext, PREFIX, Remark, Verification, judge_answer, verify};

const NOW: &str = "2023-04-28T00:00:00Z";
const URL: &str = "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15\
    &X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAR2TG44V6AS3ZZE7C%2F20230428%2Feu-west-1%2Fsts%2Faws4_request\
    &X-Amz-Date=20230428T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=5ec2e7";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/dev/me";

fn token(url: &str) -> Verification {
    let context =
        InspectContext { now: NOW.parse().unwrap(), partition: Some("aws"), region: Some("eu-west-1") };
    verify(&format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(url)), &context)
}

fn good() -> CallerIdentity {
    CallerIdentity::from_sts(SESSION, "111122223333", "AROAX:me").unwrap()
}

fn sts_says(code: &str) -> Result<CallerIdentity, Remark> {
    judge_answer(403, format!(r#"{{"Error":{{"Code":"{code}","Message":""}}}}"#).as_bytes(), "prod")
}

fn by_map(roles: &str, mode: Option<AuthenticationMode>, entries: &[&str]) -> ObservedExplanation {
    let entry = |arn: &&str| AccessEntry {
        principal_arn: (*arn).to_owned(),
        entry_type: "STANDARD".to_owned(),
        username: "by-entry".to_owned(),
        groups: Vec::new(),
        cluster_policies: Vec::new(),
    };
    let there = match mode {
        Some(mode) => ObservedAccess {
            mode: Knowledge::Known(mode),
            access_entries: Knowledge::Known(entries.iter().map(entry).collect()),
            ..observed(roles, None)
        },
        None => observed(roles, None),
    };
    explain_observed(&there, &PrincipalArn::parse(SESSION).unwrap(), &TemplateValues::default())
}

fn refusal<'a>(
    token: &'a Verification,
    explanation: Result<&'a ObservedExplanation, &'a str>,
) -> Refusal<'a> {
    Refusal {
        credential: Credential::Token,
        server_ahead: Some(SignedDuration::ZERO),
        token: Some(token),
        cluster_name: Some("prod"),
        plugin_cluster: None,
        mode: None,
        explanation,
        is_map_saved: false,
    }
}

fn likelihood(refusal: &Refusal<'_>, code: &str) -> Option<Likelihood> {
    causes(refusal).iter().find(|cause| cause.code == code).map(|cause| cause.likelihood)
}

fn first(refusal: &Refusal<'_>) -> (&'static str, Likelihood) {
    let causes = causes(refusal);
    assert!(causes.is_sorted_by_key(|cause| cause.likelihood));
    for cause in &causes {
        assert_eq!(cause.hint.is_empty(), cause.likelihood == Likelihood::RuledOut, "{cause:?}");
    }
    (causes[0].code, causes[0].likelihood)
}

#[test]
fn what_sts_says_of_the_token_is_certain() {
    let check = |answer, code| {
        let token = token(URL).answered(answer);
        assert_eq!(first(&refusal(&token, Err("no"))), (code, Likelihood::Certain));
    };
    check(sts_says("ExpiredToken"), "credentials");
    check(sts_says("InvalidClientTokenId"), "credentials");
    check(sts_says("SignatureDoesNotMatch"), "clusterName");
    let own = |from: &str, to: &str, code| {
        let token = token(&URL.replace(from, to));
        assert_eq!(first(&refusal(&token, Err("no"))), (code, Likelihood::Certain));
    };
    own("X-Amz-Date=20230428", "X-Amz-Date=20230427", "clock");
    own("amazonaws.com", "amazonaws.com.cn", "region");
    own("GetCallerIdentity", "GetSessionToken", "token");
}

#[test]
fn a_good_token_rules_out_what_it_can_and_leaves_the_map() {
    let token = token(URL).answered(Ok(good()));
    let unread = refusal(&token, Err("no"));
    assert_eq!(first(&unread), ("notMapped", Likelihood::Likely));
    for code in ["credentials", "clusterName", "token", "clock"] {
        assert_eq!(likelihood(&unread, code), Some(Likelihood::RuledOut), "{code}");
    }
    for code in ["rolePath", "apiMode", "delay"] {
        assert_eq!(likelihood(&unread, code), Some(Likelihood::Possible), "{code}");
    }
    let by_map_alone = Refusal { mode: Some(AuthenticationMode::ConfigMap), ..unread };
    assert_eq!(likelihood(&by_map_alone, "apiMode"), Some(Likelihood::RuledOut));
    let path = by_map(&role("team/dev", &["g"]), Some(AuthenticationMode::ConfigMap), &[]);
    assert_eq!(first(&refusal(&token, Ok(&path))), ("notMapped", Likelihood::Certain));
    assert!(causes(&refusal(&token, Ok(&path)))[0].message.contains("path"));
    // Nobody asked EKS: an access entry may be the way in.
    let unasked = by_map("", None, &[]);
    assert_eq!(first(&refusal(&token, Ok(&unasked))), ("notMapped", Likelihood::Likely));
    let mapped = by_map(&role("dev", &["g"]), Some(AuthenticationMode::ConfigMap), &[]);
    assert_eq!(first(&refusal(&token, Ok(&mapped))), ("delay", Likelihood::Likely));
    let entry = by_map("", Some(AuthenticationMode::Api), &["arn:aws:iam::111122223333:role/x/dev"]);
    assert_eq!(first(&refusal(&token, Ok(&entry))), ("staleAccessEntry", Likelihood::Likely));
    let api = by_map(&role("dev", &["g"]), Some(AuthenticationMode::Api), &[]);
    assert_eq!(first(&refusal(&token, Ok(&api))), ("apiMode", Likelihood::Certain));
}

#[test]
fn a_file_is_believed_as_far_as_it_is_what_the_cluster_has() {
    let token = token(URL).answered(Ok(good()));
    let of = |map: &ObservedExplanation| causes(&Refusal { is_map_saved: true, ..refusal(&token, Ok(map)) });
    let path = of(&by_map(&role("team/dev", &["g"]), Some(AuthenticationMode::ConfigMap), &[]));
    assert_eq!((path[0].code, path[0].likelihood), ("notMapped", Likelihood::Likely));
    assert!(path[0].message.ends_with(", if the file is what the cluster has"), "{path:?}");
    let likelihood = |causes: &[super::Cause], code: &str| {
        causes.iter().find(|cause| cause.code == code).map(|cause| cause.likelihood)
    };
    assert_eq!(likelihood(&path, "otherMap"), Some(Likelihood::Possible));
    let mapped = of(&by_map(&role("dev", &["g"]), Some(AuthenticationMode::ConfigMap), &[]));
    assert_eq!((mapped[0].code, mapped[0].likelihood), ("otherMap", Likelihood::Likely));
    // A section in which nobody of his kind stands explains nothing.
    let other = "- rolearn: arn:aws:iam::111122223333:role/ops\n x";
    let map = EffectiveMap::read(&[("mapUsers".to_owned(), other.to_owned())].into());
    let found = explain(&map, &PrincipalArn::parse(SESSION).unwrap(), &TemplateValues::default());
    assert!(matches!(found.verdict, Verdict::Denied(denial) if denial.code == "notMapped"));
}

#[test]
fn a_clock_is_judged_by_how_far_it_is_off() {
    let token = token(URL).answered(sts_says("Other"));
    let of = |mins: i64| {
        let refusal =
            Refusal { server_ahead: Some(SignedDuration::from_mins(mins)), ..refusal(&token, Err("no")) };
        likelihood(&refusal, "clock").unwrap()
    };
    assert_eq!([of(0), of(1)], [Likelihood::RuledOut; 2]);
    assert_eq!([of(6), of(-2)], [Likelihood::Possible; 2]);
    assert_eq!(of(-6), Likelihood::Likely, "STS takes no signature from so far in the future");
    assert_eq!([of(16), of(-16)], [Likelihood::Certain; 2]);
}

#[test]
fn a_plugin_for_another_cluster_is_named() {
    let of = |answer| {
        let token = token(URL).answered(answer);
        let refusal = Refusal { plugin_cluster: Some("staging"), ..refusal(&token, Err("no")) };
        causes(&refusal).into_iter().find(|cause| cause.code == "clusterName").unwrap()
    };
    let certain = of(sts_says("SignatureDoesNotMatch"));
    assert_eq!(certain.likelihood, Likelihood::Certain);
    assert!(certain.message.contains("`staging`") && certain.hint.contains("--cluster-name prod"));
    assert_eq!(of(judge_answer(503, b"", "prod")).likelihood, Likelihood::Likely);
}

#[test]
fn what_is_no_token_of_eks_is_told_as_such() {
    let context = InspectContext { now: NOW.parse().unwrap(), partition: None, region: None };
    let jwt = verify("eyJhbGciOi", &context);
    assert_eq!(first(&refusal(&jwt, Err("no"))), ("notAnEksToken", Likelihood::Likely));
    let with = |credential| Refusal { credential, token: None, ..refusal(&jwt, Err("no")) };
    assert_eq!(first(&with(Credential::Nothing)), ("noCredentials", Likelihood::Certain));
    assert_eq!(first(&with(Credential::ClientCertificate)), ("certificate", Likelihood::Likely));
}

#[test]
fn the_way_in_is_what_predicts_the_username() {
    let caller = |username: &str, arn: Option<&str>| Caller {
        username: username.to_owned(),
        groups: Vec::new(),
        canonical_arn: arn.map(str::to_owned),
    };
    let arn = Some("arn:aws:iam::111122223333:role/dev");
    let mapped = by_map(&role("dev", &["g"]), Some(AuthenticationMode::ConfigMap), &[]);
    let is =
        |way: &WayIn, kind: &str| assert_eq!(serde_json::to_value(way).unwrap()["kind"], kind, "{way:?}");
    is(&way_in(&caller("dev", arn), None, Ok(&mapped)), "mapEntry");
    is(&way_in(&caller("other", arn), None, Ok(&mapped)), "unknown");
    is(&way_in(&caller("dev", arn), None, Err("no")), "unknown");
    let entry =
        by_map("", Some(AuthenticationMode::ApiAndConfigMap), &["arn:aws:iam::111122223333:role/dev"]);
    is(&way_in(&caller("by-entry", arn), None, Ok(&entry)), "accessEntry");
    is(&way_in(&caller("x", arn), None, Ok(&by_map("", None, &[]))), "unknown");
    is(&way_in(&caller("admin", None), Some("X509SHA256=00"), Err("no")), "clientCertificate");
    is(&way_in(&caller("system:serviceaccount:a:b", None), Some("JTI=1"), Err("no")), "serviceAccount");
    is(&way_in(&caller("jane", None), None, Err("no")), "unknown");
}

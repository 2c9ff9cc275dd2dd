//! The people who knock: principals of every kind, some of whom generated maps hit, nearly hit or miss.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rolecall_core::effective::TemplateValues;
use rolecall_core::principal::{PrincipalArn, PrincipalKind};
use rolecall_sandbox::aws::{Credentials, Principal, RoleSpec};
use rolecall_testenv::{ACCOUNT, Cluster, private_dns_name};

/// An account that generated maps name less often.
const OTHER: &str = "444455556666";
/// Tokens are good for a quarter of an hour; a token names a principal, so any document may be asked about.
const RENEW_AFTER: Duration = Duration::from_mins(10);
/// Outlives the longest run.
const SESSION: Duration = Duration::from_hours(240);

/// Role, path, account and session of those who come with a session.
const SESSIONS: &[(&str, &str, &str, &str)] = &[
    ("dev", "/", ACCOUNT, "me@example.com"),
    ("dev", "/", ACCOUNT, "i-0123456789abcdef0"),
    ("dev", "/", OTHER, "me"),
    ("nodes", "/", ACCOUNT, "i-01234567"),
    ("nodes", "/", ACCOUNT, "i-0123"),
    ("Ops", "/", ACCOUNT, "@@"),
    ("deep", "/team/", ACCOUNT, "{{AccessKeyID}}"),
    ("AWSReservedSSO_Adm_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/", ACCOUNT, "ann"),
];

/// Path, name and account of users.
const USERS: &[(&str, &str, &str)] =
    &[("/", "ann", ACCOUNT), ("/team/", "bob", ACCOUNT), ("/", "Cat", ACCOUNT), ("/", "ann", OTHER)];

/// Somebody with a token.
pub(super) struct Person {
    /// As STS tells it.
    pub(super) arn: PrincipalArn,
    pub(super) values: TemplateValues,
    credentials: Credentials,
    token: String,
}

/// Everybody, with tokens that are still good.
pub(super) struct Cast {
    people: Vec<Person>,
    minted: Instant,
}

impl Cast {
    /// The two sentinels, first the role's and then the user's, and all others.
    pub(super) fn assemble(cluster: &Cluster) -> Result<Self> {
        let directory = cluster.directory();
        let mut known: Vec<(String, Credentials)> = Vec::new();
        let sentinel = ("sentinel", "/", ACCOUNT, "s");
        for (name, path, account, session) in std::iter::once(&sentinel).chain(SESSIONS) {
            let role =
                directory.add_role(RoleSpec { path: (*path).to_owned(), ..RoleSpec::new(account, name) });
            let arn = format!("arn:aws:sts::{account}:assumed-role/{name}/{session}");
            known.push((arn, directory.assume_role_session(&role, session, SESSION)));
        }
        for (index, (path, name, account)) in
            std::iter::once(&("/", "sentinel", ACCOUNT)).chain(USERS).enumerate()
        {
            let user = directory.add_user(account, path, name);
            let at = if index == 0 { 1 } else { known.len() };
            known.insert(at, (user.arn.clone(), directory.add_access_key(&user)));
        }
        for (arn, id) in [
            (format!("arn:aws:iam::{ACCOUNT}:root"), ACCOUNT.to_owned()),
            (format!("arn:aws:iam::{OTHER}:root"), OTHER.to_owned()),
            (format!("arn:aws:sts::{ACCOUNT}:federated-user/fed"), format!("{ACCOUNT}:fed")),
        ] {
            known.push((arn.clone(), directory.add_access_key(&Principal { arn, id })));
        }
        let people = known.into_iter().map(|(arn, credentials)| person(cluster, &arn, credentials));
        Ok(Self { people: people.collect::<Result<_>>()?, minted: Instant::now() })
    }

    /// Everybody but the sentinels.
    pub(super) fn others(&self) -> &[Person] {
        &self.people[2..]
    }

    pub(super) fn sentinel_role(&self) -> &Person {
        &self.people[0]
    }

    pub(super) fn sentinel_user(&self) -> &Person {
        &self.people[1]
    }

    /// Makes new tokens where the old ones are about to end.
    pub(super) fn renew(&mut self, cluster: &Cluster) -> Result<()> {
        if self.minted.elapsed() > RENEW_AFTER {
            self.minted = Instant::now();
            for person in &mut self.people {
                person.token = cluster.mint_token_natively(&person.credentials)?;
            }
        }
        Ok(())
    }
}

impl Person {
    pub(super) fn token(&self) -> &str {
        &self.token
    }
}

fn person(cluster: &Cluster, arn: &str, credentials: Credentials) -> Result<Person> {
    let arn = PrincipalArn::parse(arn).with_context(|| format!("`{arn}`"))?;
    let values = TemplateValues {
        account_id: None,
        session_name: None,
        access_key_id: Some(credentials.access_key_id.clone()),
        ec2_private_dns: arn.session().map(private_dns_name),
    };
    debug_assert!(arn.kind() != PrincipalKind::Role, "STS tells sessions, not roles");
    let token = cluster.mint_token_natively(&credentials)?;
    Ok(Person { arn, values, credentials, token })
}

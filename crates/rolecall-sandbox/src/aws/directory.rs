//! Who and what exists: roles, access keys, sessions, clusters.
//! A test builds it in code and may change it while the server runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::clock::Clock;
use super::cluster::Cluster;
use super::credentials::Credentials;
use super::principal::{Principal, RoleSpec};
use super::random;

/// The accounts of the practice AWS; clones share the state.
#[derive(Clone, Default)]
pub struct Directory {
    state: Arc<Mutex<State>>,
    clock: Clock,
}

#[derive(Default)]
struct State {
    roles: BTreeMap<String, Role>,
    keys: BTreeMap<String, Key>,
    clusters: BTreeMap<String, KnownCluster>,
    denied: BTreeSet<(String, String)>,
}

/// A role with the id that it was given.
#[derive(Clone)]
pub(super) struct Role {
    pub(super) principal: Principal,
    pub(super) spec: RoleSpec,
}

/// An access key as AWS knows it.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) principal: Principal,
    pub(super) secret: String,
    pub(super) session: Option<Session>,
}

/// What is special about a session's key.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) name: String,
    pub(super) token: String,
    pub(super) expires_at: Timestamp,
}

/// A cluster with the times that EKS would tell.
#[derive(Clone)]
pub(super) struct KnownCluster {
    pub(super) cluster: Cluster,
    pub(super) created_at: Timestamp,
    /// When the access entries were last changed.
    pub(super) entries_modified_at: Timestamp,
}

impl Directory {
    /// Returns a directory with nobody in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an IAM user; `path` begins and ends with a slash.
    ///
    /// A second user of the same name is like one that was deleted and made again: same ARN, another id.
    pub fn add_user(&self, account: &str, path: &str, name: &str) -> Principal {
        Principal {
            arn: format!("arn:aws:iam::{account}:user{path}{name}"),
            id: random::principal_id("AIDA"),
        }
    }

    /// Adds a role, in place of one with the same ARN; sessions of the former go on.
    pub fn add_role(&self, spec: RoleSpec) -> Principal {
        let principal = Principal { arn: spec.arn(), id: random::principal_id("AROA") };
        let role = Role { principal: principal.clone(), spec };
        self.lock().roles.insert(principal.arn.clone(), role);
        principal
    }

    /// Removes a role, so that it cannot be assumed any more.
    pub fn remove_role(&self, arn: &str) {
        self.lock().roles.remove(arn);
    }

    /// Gives a user a long-lived access key.
    pub fn add_access_key(&self, user: &Principal) -> Credentials {
        self.add_key(user, "AKIA", None)
    }

    /// Removes an access key or a session's key.
    pub fn remove_access_key(&self, access_key_id: &str) {
        self.lock().keys.remove(access_key_id);
    }

    /// Opens a session of a role without a call to STS, and without asking whom the role trusts.
    pub fn assume_role_session(&self, role: &Principal, session_name: &str, ttl: Duration) -> Credentials {
        self.open_session(role, session_name, ttl).0
    }

    /// Ends a session now: its key is answered with `ExpiredToken`.
    pub fn expire_session(&self, access_key_id: &str) {
        let now = self.now();
        if let Some(session) = self.lock().keys.get_mut(access_key_id).and_then(|key| key.session.as_mut()) {
            session.expires_at = now;
        }
    }

    /// Adds a cluster, or replaces the one with the same account, region and name.
    pub fn put_cluster(&self, cluster: Cluster) {
        let now = self.now();
        let mut state = self.lock();
        let (created_at, entries_modified_at) = match state.clusters.get(&cluster.arn()) {
            Some(known) if known.cluster.access_entries == cluster.access_entries => {
                (known.created_at, known.entries_modified_at)
            }
            Some(known) => (known.created_at, now),
            None => (now, now),
        };
        state.clusters.insert(cluster.arn(), KnownCluster { cluster, created_at, entries_modified_at });
    }

    /// Removes a cluster.
    pub fn remove_cluster(&self, arn: &str) {
        self.lock().clusters.remove(arn);
    }

    /// Forbids a principal an action, such as `eks:ListAccessEntries` or `sts:AssumeRole`.
    ///
    /// A role's sessions are forbidden it too. `sts:GetCallerIdentity` cannot be forbidden, as in AWS.
    pub fn deny(&self, principal_arn: &str, action: &str) {
        self.lock().denied.insert((principal_arn.to_owned(), action.to_owned()));
    }

    /// Takes a [`Directory::deny`] back.
    pub fn allow(&self, principal_arn: &str, action: &str) {
        self.lock().denied.remove(&(principal_arn.to_owned(), action.to_owned()));
    }

    /// Sets how far the practice AWS's clock is ahead of the machine's; negative for behind.
    pub fn shift_clock(&self, secs: i64) {
        self.clock.shift(secs);
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn key(&self, access_key_id: &str) -> Option<Key> {
        self.lock().keys.get(access_key_id).cloned()
    }

    pub(super) fn role(&self, arn: &str) -> Option<Role> {
        self.lock().roles.get(arn).cloned()
    }

    pub(super) fn is_denied(&self, principal_arn: &str, action: &str) -> bool {
        self.lock().denied.contains(&(principal_arn.to_owned(), action.to_owned()))
    }

    pub(super) fn cluster(&self, account: &str, region: &str, name: &str) -> Option<KnownCluster> {
        self.lock().clusters.get(&Cluster::new(account, region, name).arn()).cloned()
    }

    /// Returns the names of the clusters in one account and region, sorted.
    pub(super) fn cluster_names(&self, account: &str, region: &str) -> Vec<String> {
        let state = self.lock();
        let clusters = state.clusters.values().map(|known| &known.cluster);
        let mine = clusters.filter(|cluster| cluster.account == account && cluster.region == region);
        mine.map(|cluster| cluster.name.clone()).collect()
    }

    pub(super) fn open_session(
        &self,
        role: &Principal,
        name: &str,
        ttl: Duration,
    ) -> (Credentials, Timestamp) {
        let ttl = SignedDuration::try_from(ttl).unwrap_or(SignedDuration::MAX);
        let expires_at = self.now().checked_add(ttl).unwrap_or(Timestamp::MAX);
        let session = Session { name: name.to_owned(), token: random::session_token(), expires_at };
        (self.add_key(role, "ASIA", Some(session)), expires_at)
    }

    fn add_key(&self, principal: &Principal, prefix: &str, session: Option<Session>) -> Credentials {
        let credentials = Credentials {
            access_key_id: random::access_key_id(prefix),
            secret_access_key: random::secret(),
            session_token: session.as_ref().map(|session| session.token.clone()),
        };
        let secret = credentials.secret_access_key.clone();
        let key = Key { principal: principal.clone(), secret, session };
        self.lock().keys.insert(credentials.access_key_id.clone(), key);
        credentials
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Directory {
    /// Shows names and key ids, never a secret or token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Directory")
            .field("roles", &state.roles.keys())
            .field("keys", &state.keys.keys())
            .field("clusters", &state.clusters.keys())
            .field("denied", &state.denied)
            .finish()
    }
}

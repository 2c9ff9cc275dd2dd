//! A controller's passes: a push is applied, drift is healed, and what cannot be applied leaves what was.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rolecall_core::Timestamp;
use rolecall_core::observed::Knowledge;
use rolecall_core::observed::ObservedAccess;
use rolecall_core::policy::{Growth, Policy};
use rolecall_core::reconcile::{HOLD_ANNOTATION, Patience};
use rolecall_core::record::Outcome;
use rolecall_core::source::Lineage;
use rolecall_engine::fake::{FakeCluster, Moment, Step};
use rolecall_engine::line::{Line, Reading};
use rolecall_engine::port::{
    Entry, FetchSource, Fetched, NoHistory, PortError, PortErrorKind, PortFuture, Snapshot,
};
use rolecall_engine::reconcile::{Done, News, Project, Standing, State, Trouble, Work, pass};

use crate::stage::{Ear, OWN, alter_roles, cluster, error, names, role};

/// A repository whose branch points to one commit at a time.
struct Repository(Mutex<Result<Snapshot, PortError>>);

impl Repository {
    fn new(names: &[&str]) -> Self {
        let repository = Self(Mutex::new(Err(error(PortErrorKind::Unavailable))));
        repository.push("c1", &file(names));
        repository
    }

    fn push(&self, commit: &str, text: &str) {
        let entries = BTreeMap::from([("aws-auth.yml".to_owned(), Entry::File(text.as_bytes().to_vec()))]);
        *self.0.lock().unwrap() = Ok(Snapshot {
            commit: commit.to_owned(),
            committed_at: Timestamp::UNIX_EPOCH,
            signer: None,
            paths: Vec::new(),
            entries,
        });
    }

    fn vanish(&self) {
        *self.0.lock().unwrap() = Err(error(PortErrorKind::Unavailable));
    }
}

impl FetchSource for Repository {
    fn fetch<'a>(&'a self, known: Option<&'a str>) -> PortFuture<'a, Fetched> {
        let fetched = self.0.lock().unwrap().clone().map(|snapshot| {
            if known == Some(&snapshot.commit) { Fetched::Unchanged } else { Fetched::New(snapshot) }
        });
        Box::pin(std::future::ready(fetched))
    }

    fn lineage<'a>(&'a self, commit: &'a str, from: &'a str) -> PortFuture<'a, Knowledge<Lineage>> {
        // They are numbered in their order.
        let lineage = if commit > from { Lineage::Descendant } else { Lineage::Ancestor };
        let lineage = Knowledge::Known(lineage);
        Box::pin(std::future::ready(Ok(lineage)))
    }
}

fn file(names: &[&str]) -> String {
    let roles: String = names.iter().map(|name| role(name)).collect();
    let indented: String = format!("{OWN}{roles}").lines().flat_map(|line| ["    ", line, "\n"]).collect();
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n  mapRoles: |\n{indented}"
    )
}

/// A cluster, its repository, and the controller between them.
struct Stage {
    cluster: FakeCluster,
    repository: Repository,
    news: News,
    state: State,
    policy: Option<Policy>,
}

impl Stage {
    /// `dev` is applied and verified.
    async fn new() -> Self {
        let mut stage = Self {
            cluster: cluster(&[]),
            repository: Repository::new(&["dev"]),
            news: News::default(),
            state: State::default(),
            policy: None,
        };
        let standing = stage.pass().await;
        assert!(
            matches!(&standing.done, Some(Done::Applied(report)) if report.outcome == Some(Outcome::Verified))
        );
        assert!(stage.pass().await.is_ready());
        assert_eq!(names(&stage.cluster), ["deployer", "dev"]);
        stage
    }

    async fn pass(&mut self) -> Standing {
        let line = Line {
            reading: Reading { observe: &self.cluster, clock: &self.cluster, history: &NoHistory },
            change: &self.cluster,
            records: Some(&self.cluster),
            lock: &self.cluster,
        };
        let project = Project {
            url: "https://git.example.com/doors".to_owned(),
            folder: String::new(),
            policy: self.policy.clone(),
        };
        self.news = self.news.after_a_fetch(&self.repository).await;
        let work = Work {
            line,
            news: &self.news,
            source: &self.repository,
            project: &project,
            patience: Patience::default(),
            holder: "controller",
            watcher: &Ear::default(),
        };
        pass(work, &mut self.state).await
    }

    /// Somebody else's hand, before the next pass.
    fn meanwhile(&self, deed: impl FnOnce(&mut ObservedAccess) + Send + 'static) {
        self.cluster.before(Step::Observe, deed);
    }
}

fn reasons(standing: &Standing) -> Vec<&'static str> {
    standing.trouble.iter().map(Trouble::reason).collect()
}

#[tokio::test]
async fn a_push_is_applied_and_drift_is_healed() {
    let mut stage = Stage::new().await;
    stage.repository.push("c2", &file(&["dev", "new"]));
    assert!(matches!(stage.pass().await.done, Some(Done::Applied(_))));
    assert_eq!(names(&stage.cluster), ["deployer", "dev", "new"]);
    assert!(stage.pass().await.is_ready());

    stage.meanwhile(|observed| alter_roles(observed, String::clear));
    let standing = stage.pass().await;
    assert!(matches!(standing.done, Some(Done::Healed(_))), "{standing:?}");
    assert_eq!(names(&stage.cluster), ["deployer", "dev", "new"]);
    assert!(stage.pass().await.is_ready());
    let applied = stage.cluster.records().len();
    assert_eq!(applied, 3, "a heal leaves a record as well");
}

#[tokio::test]
async fn a_commit_that_cannot_be_used_changes_nothing_and_what_was_applied_is_defended() {
    let mut stage = Stage::new().await;
    for (commit, text, reason, told) in [
        ("c2", "apiVersion: v1\nkind: [", "Unusable", "aws-auth.yml:2:"),
        ("c3", "", "Unusable", "aws-auth.yml:1:1"),
        (
            "c4",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n  mapRoles: |\n    []\n",
            "Refused",
            "RG01: ",
        ),
    ] {
        stage.repository.push(commit, text);
        let standing = stage.pass().await;
        assert_eq!(reasons(&standing), [reason], "{commit}");
        assert!(standing.trouble[0].is_stalled());
        let message = standing.trouble[0].to_string();
        assert!(message.contains(told), "{message}");
        assert_eq!(names(&stage.cluster), ["deployer", "dev"]);
        stage.meanwhile(|observed| alter_roles(observed, |roles| *roles = "- {".to_owned()));
        let standing = stage.pass().await;
        assert!(matches!(standing.done, Some(Done::Healed(_))), "{commit} {standing:?}");
        assert_eq!(reasons(&standing), [reason], "and the commit is still told");
        assert_eq!(names(&stage.cluster), ["deployer", "dev"]);
    }
    stage.repository.push("c5", &file(&["dev", "new"]));
    assert!(matches!(stage.pass().await.done, Some(Done::Applied(_))));
    assert!(stage.pass().await.is_ready());
}

#[tokio::test]
async fn a_source_or_a_cluster_that_fails_is_told_and_the_other_goes_on() {
    let mut stage = Stage::new().await;
    stage.repository.vanish();
    stage.meanwhile(|observed| alter_roles(observed, String::clear));
    let standing = stage.pass().await;
    assert_eq!(reasons(&standing), ["SourceFailed"]);
    assert!(matches!(standing.done, Some(Done::Healed(_))));
    assert_eq!(names(&stage.cluster), ["deployer", "dev"]);

    stage.cluster.fail(Step::Observe, Moment::Before, error(PortErrorKind::Denied));
    stage.repository.push("c2", &file(&[]));
    let standing = stage.pass().await;
    assert_eq!((reasons(&standing), standing.commit.as_deref()), (vec!["ClusterFailed"], Some("c2")));
    assert!(matches!(stage.pass().await.done, Some(Done::Applied(_))));
}

#[tokio::test]
async fn every_step_of_a_pass_may_fail_and_the_next_one_carries_on() {
    for step in [Step::Observe, Step::Begin, Step::Execute, Step::Complete, Step::WriteLedger, Step::Acquire]
    {
        for moment in [Moment::Before, Moment::After] {
            let mut stage = Stage::new().await;
            stage.repository.push("c2", &file(&["dev", "new"]));
            stage.cluster.fail(step, moment, error(PortErrorKind::Other));
            let mut passes = 1;
            while !stage.pass().await.is_ready() {
                passes += 1;
                assert!(passes < 6, "{step:?} {moment:?}");
            }
            assert_eq!(names(&stage.cluster), ["deployer", "dev", "new"], "{step:?} {moment:?}");
            assert!(stage.cluster.records().values().all(|record| record.completion.is_some()));
        }
    }
}

#[tokio::test]
async fn after_a_restart_nodes_are_put_back_from_the_record() {
    let mut stage = Stage::new().await;
    stage.meanwhile(|observed| alter_roles(observed, |roles| roles.push_str(NODE)));
    stage.repository.push("c2", &file(&["dev", "new"]));
    assert!(matches!(stage.pass().await.done, Some(Done::Applied(_))));
    // Nothing was looked at since, and the process is another one.
    stage.state = State::default();
    stage.meanwhile(|observed| alter_roles(observed, String::clear));
    stage.cluster.fail(Step::Recall, Moment::Before, error(PortErrorKind::Unavailable));
    let standing = stage.pass().await;
    assert_eq!(
        reasons(&standing),
        ["ClusterFailed"],
        "without the record it would not be known what was there"
    );
    assert!(names(&stage.cluster).is_empty());
    assert!(matches!(stage.pass().await.done, Some(Done::Healed(_))));
    assert!(has_node(&stage), "{:?}", names(&stage.cluster));
}

const NODE: &str = "- rolearn: arn:aws:iam::111122223333:role/node\n  username: system:node:{{EC2PrivateDNSName}}\n  groups: ['system:bootstrappers', 'system:nodes']\n";

fn has_node(stage: &Stage) -> bool {
    names(&stage.cluster).iter().any(|name| name.starts_with("system:node:"))
}

#[tokio::test]
async fn a_push_over_a_broken_map_is_applied_after_what_was_there_is_back() {
    for is_restarted in [false, true] {
        let mut stage = Stage::new().await;
        stage.meanwhile(|observed| alter_roles(observed, |roles| roles.push_str(NODE)));
        stage.repository.push("c2", &file(&["dev", "new"]));
        assert!(matches!(stage.pass().await.done, Some(Done::Applied(_))));
        if is_restarted {
            (stage.state, stage.news) = (State::default(), News::default());
        }
        stage.repository.push("c3", &file(&["dev", "newer"]));
        stage.meanwhile(|observed| alter_roles(observed, String::clear));
        let standing = stage.pass().await;
        assert!(matches!(standing.done, Some(Done::Applied(_))), "{is_restarted}: {standing:?}");
        assert!(has_node(&stage), "{is_restarted}: {:?}", names(&stage.cluster));
        assert!(names(&stage.cluster).contains(&"newer".to_owned()));
        assert!(stage.pass().await.is_ready());
    }
}

#[tokio::test]
async fn after_a_restart_what_was_applied_is_defended_though_the_newest_commit_cannot_be_used() {
    let mut stage = Stage::new().await;
    stage.meanwhile(|observed| alter_roles(observed, |roles| roles.push_str(NODE)));
    stage.repository.push("c2", &file(&["dev", "new"]));
    assert!(matches!(stage.pass().await.done, Some(Done::Applied(_))));
    (stage.state, stage.news) = (State::default(), News::default());
    for commit in ["kind: [", "", &file(&["dev"]).replace("mapRoles", "mapFools")] {
        stage.repository.push("c3", commit);
        stage.state = State::default();
        stage.meanwhile(|observed| alter_roles(observed, String::clear));
        let standing = stage.pass().await;
        assert!(matches!(standing.done, Some(Done::Healed(_))), "{commit}: {standing:?}");
        assert_eq!(reasons(&standing).len(), 1, "and it is told: {standing:?}");
        assert_eq!(standing.applied.as_deref(), Some("c2"));
        assert!(has_node(&stage));
        let standing = stage.pass().await;
        assert!(standing.done.is_none() && standing.drift.is_empty(), "{standing:?}");
    }
}

#[tokio::test]
async fn the_owner_of_a_cluster_demands_more_than_the_repository() {
    let mut stage = Stage::new().await;
    stage.state = State::default();
    stage.policy = Some(Policy { growth: Growth::Refuse, ..Policy::default() });
    stage.repository.push("c2", &file(&["dev"]).replace("groups: [ops]", "groups: ['system:masters']"));
    let standing = stage.pass().await;
    assert_eq!(reasons(&standing), ["Refused"]);
    assert_eq!(standing.applied.as_deref(), Some("c1"), "as the record tells");
    stage.policy = None;
    stage.state = State::default();
    let standing = stage.pass().await;
    assert!(matches!(standing.done, Some(Done::Applied(_))), "{standing:?}");
    assert_eq!(standing.applied.as_deref(), Some("c2"));
}

#[tokio::test]
async fn a_heal_that_wrote_nothing_is_not_one_that_somebody_undid() {
    let mut stage = Stage::new().await;
    stage.meanwhile(|observed| alter_roles(observed, String::clear));
    for _ in 0..4 {
        stage.cluster.fail(Step::Acquire, Moment::Before, error(PortErrorKind::Unavailable));
        assert_eq!(reasons(&stage.pass().await), ["Failed"]);
    }
    assert!(matches!(stage.pass().await.done, Some(Done::Healed(_))));
    assert_eq!(names(&stage.cluster), ["deployer", "dev"]);
}

#[tokio::test]
async fn a_hold_lets_a_break_glass_edit_stand() {
    let mut stage = Stage::new().await;
    stage.meanwhile(|observed| {
        alter_roles(observed, |roles| roles.push_str("- {"));
        let map = observed.map.as_mut().unwrap();
        map.annotations
            .insert(HOLD_ANNOTATION.to_owned(), "1970-01-01T01:00:00Z because of an incident".to_owned());
    });
    let standing = stage.pass().await;
    assert_eq!(standing.hold.as_ref().map(|hold| hold.reason.as_str()), Some("of an incident"));
    assert!(standing.done.is_none() && !standing.is_ready() && standing.wake_at.is_some());
    assert!(names(&stage.cluster).is_empty(), "it is as the hand left it");
}

#[tokio::test]
async fn a_branch_that_goes_back_is_refused_and_what_was_applied_is_defended() {
    let mut stage = Stage::new().await;
    stage.repository.push("c2", &file(&[]));
    assert!(matches!(stage.pass().await.done, Some(Done::Applied(_))));
    assert!(stage.pass().await.is_ready());
    stage.repository.push("c1", &file(&["dev"]));
    let standing = stage.pass().await;
    assert_eq!(reasons(&standing), ["Refused"]);
    assert!(standing.trouble[0].to_string().starts_with("RG09: "), "{}", standing.trouble[0]);
    assert_eq!(names(&stage.cluster), ["deployer"], "whoever left stays out");
    // Also where going back would change nothing, it is the newer one that is defended.
    stage.repository.push("c0", &file(&[]));
    assert!(stage.pass().await.trouble.is_empty());
    stage.meanwhile(|observed| alter_roles(observed, String::clear));
    let standing = stage.pass().await;
    assert!(matches!(standing.done, Some(Done::Healed(_))), "{standing:?}");
    assert_eq!(names(&stage.cluster), ["deployer"]);
}

#[tokio::test]
async fn a_newer_apply_by_somebody_else_is_not_undone_while_a_commit_cannot_be_used() {
    let mut stage = Stage::new().await;
    stage.repository.push("c2", "kind: [");
    stage.pass().await;
    // A pipeline of the same source has applied a later commit.
    stage.meanwhile(|observed| {
        alter_roles(observed, |roles| roles.push_str(&role("newer")));
        let mut ledger = observed.ledger().unwrap().clone();
        ledger.applied.values_mut().for_each(|applied| applied.revision.commit = Some("c3".to_owned()));
        let resource_version = "9".to_owned();
        observed.ledger =
            rolecall_core::observed::Knowledge::Known(Some(rolecall_core::observed::ObservedLedger {
                resource_version,
                ledger,
            }));
    });
    let standing = stage.pass().await;
    assert_eq!(reasons(&standing), ["Unusable"]);
    assert!(standing.done.is_none());
    assert_eq!(names(&stage.cluster), ["deployer", "dev", "newer"]);
}

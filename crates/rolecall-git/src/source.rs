//! The Git source: one place, one reference, the paths that matter.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use rolecall_core::observed::Knowledge;
use rolecall_core::source::Lineage;
use rolecall_engine::port::{FetchSource, Fetched, PortError, PortFuture};
use rustls::ClientConfig;

use crate::budget::{Budget, Meter};
use crate::cache;
use crate::credentials::Credentials;
use crate::http::{self, Wire};
use crate::place::Place;
use crate::problem::Problem;
use crate::reference::{Reference, is_commit_id};
use crate::signature::AllowedSigners;
use crate::ssh::SshOptions;
use crate::tree::Paths;
use crate::work::{Way, Work};

/// What a Git source is made of.
#[derive(Debug, Clone)]
pub struct GitOptions {
    /// `https://…`, `ssh://…`, `git@host:…`, `codecommit::REGION://…`, or a folder.
    pub url: String,
    /// What to fetch.
    pub reference: Reference,
    /// The files and folders that matter; none means all.
    pub paths: Vec<String>,
    /// For HTTPS.
    pub credentials: Credentials,
    /// A private authority for HTTPS, in PEM.
    pub private_ca: Option<String>,
    /// For SSH.
    pub ssh: Option<SshOptions>,
    /// Whose signatures are accepted; without them, none are asked for.
    pub signers: Option<AllowedSigners>,
    /// What it may cost.
    pub budget: Budget,
    /// A folder for copies of repositories, for any number of sources. It may be emptied between two fetches.
    pub cache: PathBuf,
}

/// A source in Git.
pub struct GitSource {
    place: Place,
    credentials: Credentials,
    tls: Option<Arc<ClientConfig>>,
    ssh: Option<SshOptions>,
    work: Arc<Work>,
}

impl GitSource {
    /// Checks what can be checked without the network.
    pub fn new(options: GitOptions) -> Result<Self, PortError> {
        let of_url = |problem: Problem| problem.of("read", "`source URL`");
        let place = Place::parse(&options.url).map_err(of_url)?;
        let tls = match &place {
            Place::Https(web) => {
                options.credentials.check(web).map_err(of_url)?;
                Some(http::tls::config(options.private_ca.as_deref())?)
            }
            Place::Ssh(_) if options.ssh.is_none() => {
                let problem = Problem::invalid("SSH needs a key, and the keys of the hosts that are known");
                return Err(of_url(problem));
            }
            _ => None,
        };
        let paths = Paths::new(&options.paths).map_err(|problem| problem.of("read", "`source paths`"))?;
        // The reference belongs to it: two sources of one repository do not take turns, nor undo each other's work.
        let folder = cache::folder(&options.cache, &format!("{place} {}", options.reference));
        let work = Work {
            reference: options.reference,
            paths,
            signers: options.signers,
            budget: options.budget,
            folder,
        };
        Ok(Self { place, credentials: options.credentials, tls, ssh: options.ssh, work: Arc::new(work) })
    }

    /// The source in backticks, for people.
    fn name(&self) -> String {
        format!("`{}`", self.place)
    }

    async fn way(&self, meter: &Arc<Meter>) -> Result<Way, PortError> {
        Ok(match (&self.place, &self.tls, &self.ssh) {
            (Place::Https(web), Some(tls), _) => {
                let authorization = self.credentials.header(web, Timestamp::now()).await?;
                let path = std::sync::Mutex::new(web.path.clone());
                let (web, tls, meter) = (web.clone(), Arc::clone(tls), Arc::clone(meter));
                Way::Https(Arc::new(Wire { web, tls, authorization, meter, path }))
            }
            (Place::Ssh(shell), _, Some(ssh)) => Way::Ssh(shell.clone(), ssh.clone()),
            (Place::Local(path), ..) => Way::Local(path.clone()),
            _ => return Err(Problem::invalid("the source is not complete").of("read", &self.name())),
        })
    }

    /// Does `job` on a thread that may block, and with an end.
    async fn run<T: Send + 'static>(
        &self,
        operation: &str,
        job: impl FnOnce(&Work, &Way, &Arc<Meter>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, PortError> {
        let meter = Arc::new(Meter::new(self.work.budget));
        let way = self.way(&meter).await?;
        let stop = Stop(Arc::clone(&meter));
        let (work, of_job) = (Arc::clone(&self.work), Arc::clone(&meter));
        let task = tokio::task::spawn_blocking(move || job(&work, &way, &of_job));
        // Everything on the thread looks at the clock by itself; a disk that hangs does not.
        let grace = meter.end() + std::time::Duration::from_secs(5);
        let done = tokio::time::timeout_at(grace.into(), task).await;
        drop(stop);
        match done {
            Ok(Ok(done)) => done.map_err(|problem| problem.of(operation, &self.name())),
            Ok(Err(_)) => Err(Problem::unreadable("reading it broke off").of(operation, &self.name())),
            Err(_) => Err(meter.too_slow().of(operation, &self.name())),
        }
    }
}

impl FetchSource for GitSource {
    fn fetch<'a>(&'a self, known: Option<&'a str>) -> PortFuture<'a, Fetched> {
        let known = known.map(str::to_owned);
        Box::pin(self.run("fetch", move |work, way, meter| work.fetch(way, known.as_deref(), meter)))
    }

    fn lineage<'a>(&'a self, commit: &'a str, from: &'a str) -> PortFuture<'a, Knowledge<Lineage>> {
        if !is_commit_id(commit) || !is_commit_id(from) {
            let why = "a commit is named by all 40 digits of its id, and one of the two is not".to_owned();
            return Box::pin(async { Ok(Knowledge::Unknown(why)) });
        }
        if commit.eq_ignore_ascii_case(from) {
            return Box::pin(async { Ok(Knowledge::Known(Lineage::Descendant)) });
        }
        let (commit, from) = (commit.to_owned(), from.to_owned());
        Box::pin(
            self.run("read the history of", move |work, way, meter| {
                work.lineage(way, (&commit, &from), meter)
            }),
        )
    }
}

/// Ends the work when nobody waits for it any more.
struct Stop(Arc<Meter>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

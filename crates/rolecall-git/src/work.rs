//! What is done on a thread that may block: get the commit, judge its signature, read its files.
//!
//! The order matters: a commit whose signature is not accepted is not read at all.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use gix::remote::fetch::Shallow;
use gix::{ObjectId, Repository};
use jiff::Timestamp;
use rolecall_core::observed::Knowledge;
use rolecall_core::source::Lineage;
use rolecall_engine::port::{Fetched, Snapshot};
use tokio::runtime::Handle;

use crate::budget::{Budget, Meter};
use crate::cache;
use crate::fetch::{causes, commit, fetch};
use crate::http::{Client, Wire};
use crate::lineage::{Walk, walk};
use crate::place::Shell;
use crate::problem::Problem;
use crate::reference::{Asked, Reference};
use crate::signature::{self, AllowedSigners};
use crate::ssh::{self, SshOptions};
use crate::tree::{self, Paths};

/// What is wanted of the source.
pub(crate) struct Work {
    pub(crate) reference: Reference,
    pub(crate) paths: Paths,
    pub(crate) signers: Option<AllowedSigners>,
    pub(crate) budget: Budget,
    pub(crate) folder: PathBuf,
}

/// How the repository is reached.
pub(crate) enum Way {
    Https(Arc<Wire>),
    Ssh(Shell, SshOptions),
    Local(PathBuf),
}

/// How much more history is asked for, step by step.
const DEEPER: [u32; 3] = [50, 500, 5000];

impl Work {
    pub(crate) fn fetch(
        &self,
        way: &Way,
        known: Option<&str>,
        meter: &Arc<Meter>,
    ) -> Result<Fetched, Problem> {
        let _turn = self.turn(way, meter)?;
        let (repository, commit) = self.tip(way, meter)?;
        let (signer, committed_at) = self.judge(&repository, commit)?;
        if known.is_some_and(|known| known.eq_ignore_ascii_case(&commit.to_string())) {
            return Ok(Fetched::Unchanged);
        }
        let entries = tree::read(&repository, commit, &self.paths, (&self.budget, meter))?;
        let paths = self.paths.names().to_vec();
        Ok(Fetched::New(Snapshot { commit: commit.to_string(), committed_at, signer, paths, entries }))
    }

    /// A folder is only read, and there is no need for turns.
    fn turn(&self, way: &Way, meter: &Meter) -> Result<Option<File>, Problem> {
        if matches!(way, Way::Local(_)) { Ok(None) } else { cache::turn(&self.folder, meter).map(Some) }
    }

    /// The commit that the reference points to now, and a repository that has it.
    fn tip(&self, way: &Way, meter: &Arc<Meter>) -> Result<(Repository, ObjectId), Problem> {
        if let Way::Local(path) = way {
            return self.local(path);
        }
        let repository = cache::open(&self.folder, &self.budget)?;
        let is_fresh = repository.find_reference(crate::reference::KEPT).is_err();
        if let (Asked::Id(id), false) = (self.reference.asked(), is_fresh)
            && repository.has_object(id)
        {
            return Ok((repository, id));
        }
        let shallow = if is_fresh { first() } else { Shallow::NoChange };
        let mut fetched = self.remote(&repository, (way, shallow), meter);
        // With what we had of it, it is too much, or makes no sense: once more from the beginning.
        if !is_fresh && matches!(&fetched, Err(problem) if problem.is_over_budget || problem.is_of_the_cache)
        {
            meter.renew();
            let repository = cache::anew(&self.folder, &self.budget)?;
            fetched = self.remote(&repository, (way, first()), meter);
        }
        // What is too much must not be there the next time, as if it had been accepted.
        if matches!(&fetched, Err(problem) if problem.is_over_budget) {
            cache::anew(&self.folder, &self.budget)?;
        }
        let commit = fetched?;
        Ok((cache::reopen(&self.folder, &self.budget)?, commit))
    }

    fn remote(
        &self,
        repository: &Repository,
        (way, shallow): (&Way, Shallow),
        meter: &Arc<Meter>,
    ) -> Result<ObjectId, Problem> {
        let (what, costs) = ((&self.reference, shallow), (&self.budget, meter));
        match way {
            Way::Https(wire) => {
                let connect = || Client::new(Arc::clone(wire), Handle::current()).transport();
                fetch(repository, connect, what, costs)
            }
            Way::Ssh(shell, options) => {
                fetch(repository, || ssh::connect(shell, options, meter), what, costs)
            }
            Way::Local(_) => Err(Problem::invalid("a folder is read where it is")),
        }
    }

    fn local(&self, path: &PathBuf) -> Result<(Repository, ObjectId), Problem> {
        let repository =
            gix::open_opts(path, cache::options(&self.budget)).map_err(|error| not_opened(&error))?;
        let wanted = self.reference.to_string();
        let object = match self.reference.asked() {
            Asked::Name(name) => {
                match repository.try_find_reference(name.as_str()).map_err(Problem::unreadable)? {
                    Some(mut found) => found.follow_to_object().map_err(Problem::unreadable)?.detach(),
                    None => return Err(missing(&repository, &wanted)),
                }
            }
            Asked::Id(id) => id,
        };
        if !repository.has_object(object) {
            return Err(Problem::no_commit(&object.to_string()));
        }
        let commit = commit(&repository, object, &self.reference)?;
        Ok((repository, commit))
    }

    /// Whose commit it is and of when, if that is accepted.
    fn judge(&self, repository: &Repository, id: ObjectId) -> Result<(Option<String>, Timestamp), Problem> {
        let commit = repository.find_commit(id).map_err(Problem::unreadable)?;
        let seconds = commit.time().map_err(Problem::unreadable)?.seconds;
        let committed_at = Timestamp::from_second(seconds).map_err(Problem::unreadable)?;
        let Some(signers) = &self.signers else { return Ok((None, committed_at)) };
        let name = id.to_string();
        let Some((armour, payload)) = commit.signature().map_err(Problem::unreadable)? else {
            return Err(Problem::unsigned(&name));
        };
        let signer = signature::signer(&armour, &payload.to_bstring(), signers, committed_at);
        signer.map(|signer| (Some(signer), committed_at)).map_err(|why| Problem::untrusted(&name, &why))
    }

    pub(crate) fn lineage(
        &self,
        way: &Way,
        (commit, from): (&str, &str),
        meter: &Arc<Meter>,
    ) -> Result<Knowledge<Lineage>, Problem> {
        let id = |text: &str| ObjectId::from_hex(text.as_bytes()).map_err(Problem::unreadable);
        let commits = (id(commit)?, id(from)?);
        let _turn = self.turn(way, meter)?;
        match self.walked(way, commits, meter) {
            Err(problem) if problem.is_of_the_cache && !matches!(way, Way::Local(_)) => {
                cache::anew(&self.folder, &self.budget)?;
                meter.renew();
                self.walked(way, commits, meter)
            }
            other => other,
        }
    }

    fn walked(
        &self,
        way: &Way,
        (commit, from): (ObjectId, ObjectId),
        meter: &Arc<Meter>,
    ) -> Result<Knowledge<Lineage>, Problem> {
        let mut repository = self.have(way, commit, meter)?;
        let mut steps = DEEPER.iter();
        loop {
            if !repository.has_object(commit) {
                return Ok(Knowledge::Unknown(format!(
                    "commit `{commit}` is not in the repository any more"
                )));
            }
            let found = walk(&repository, (commit, from), self.budget.history, meter)?;
            let step = match (found, way) {
                (Walk::Found, _) => return Ok(Knowledge::Known(Lineage::Descendant)),
                (Walk::Ended, _) => return Ok(Knowledge::Known(Lineage::Diverged)),
                (Walk::CutOff, Way::Https(_) | Way::Ssh(..)) => steps.next(),
                (Walk::CutOff | Walk::TooLong, _) => None,
            };
            let Some(step) = step else {
                return Ok(Knowledge::Unknown(format!(
                    "commit `{from}` is not in the history that can be seen"
                )));
            };
            match self.remote(&repository, (way, Shallow::Deepen(*step)), meter) {
                Ok(_) => repository = cache::reopen(&self.folder, &self.budget)?,
                Err(problem) if problem.is_over_budget => return Ok(Knowledge::Unknown(problem.message)),
                Err(problem) => return Err(problem),
            }
        }
    }

    /// A repository that has the commit, if that can be.
    fn have(&self, way: &Way, commit: ObjectId, meter: &Arc<Meter>) -> Result<Repository, Problem> {
        if let Way::Local(path) = way {
            return gix::open_opts(path, cache::options(&self.budget)).map_err(|error| not_opened(&error));
        }
        let repository = cache::open(&self.folder, &self.budget)?;
        if repository.has_object(commit) {
            Ok(repository)
        } else {
            self.tip(way, meter).map(|(repository, _)| repository)
        }
    }
}

/// The tip alone.
fn first() -> Shallow {
    Shallow::DepthAtRemote(std::num::NonZeroU32::MIN)
}

fn not_opened(error: &gix::Error) -> Problem {
    let text = causes(error);
    if text.contains("objectFormat") { Problem::sha_256() } else { Problem::no_local(text) }
}

/// What a folder's repository has in place of what was wanted.
fn missing(repository: &Repository, wanted: &str) -> Problem {
    let references = repository.references().ok();
    let branches = references.as_ref().and_then(|all| all.local_branches().ok());
    let names: Vec<String> = branches
        .into_iter()
        .flatten()
        .filter_map(|branch| branch.ok().map(|branch| branch.name().shorten().to_string()))
        .collect();
    Problem::no_reference(wanted, &names)
}

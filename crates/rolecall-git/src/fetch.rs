//! One fetch, from asking for the reference to having its commit.

use std::sync::Arc;

use gix::bstr::ByteSlice;
use gix::progress::Discard;
use gix::protocol::fetch::RefMap;
use gix::protocol::handshake::Ref;
use gix::remote::fetch::{Shallow, Status, Tags};
use gix::remote::{Direction, ref_map};
use gix::{ObjectId, Repository};
use gix_transport::client::blocking_io::Transport;

use crate::budget::{Budget, Meter};
use crate::http::NOWHERE;
use crate::problem::Problem;
use crate::reference::{Asked, Reference};

/// Fetches the reference's history into `repository`, as far as `shallow` says, and gives its commit.
pub(crate) fn fetch<T: Transport>(
    repository: &Repository,
    connect: impl Fn() -> Result<T, Problem>,
    (reference, shallow): (&Reference, Shallow),
    (budget, meter): (&Budget, &Arc<Meter>),
) -> Result<ObjectId, Problem> {
    let failed = |error: gix::Error| meter.problem(|| said(reference, &error));
    // Where it is is the transport's business.
    let remote = repository
        .remote_at(NOWHERE)
        .and_then(|remote| remote.with_refspecs([reference.refspec().as_str()], Direction::Fetch))
        .map_err(failed)?
        .with_fetch_tags(Tags::None);
    let connection = || {
        let connection = remote.to_connection_with_transport(connect()?);
        Ok(connection.with_credentials(|_| Ok(None)).with_transport_options(Box::new(())))
    };
    let prepared = connection()?.prepare_fetch(Discard, ref_map::Options::default()).map_err(failed)?;
    let Some(object) = find(prepared.ref_map(), reference) else {
        drop(prepared);
        // Only this one was asked for. To say more, look at what there is.
        let all =
            ref_map::Options { prefix_from_spec_as_filter_on_remote: false, ..ref_map::Options::default() };
        let (map, _) = connection()?.ref_map(Discard, all).map_err(failed)?;
        return Err(missing(&map, reference));
    };
    let outcome = prepared.with_shallow(shallow).receive(Discard, &meter.interrupt).map_err(failed)?;
    if let Status::Change { write_pack_bundle, .. } = &outcome.status {
        let objects = usize::try_from(write_pack_bundle.index.num_objects).unwrap_or(usize::MAX);
        if objects > budget.objects {
            return Err(Problem::over_budget(&format!(
                "the server sends more than {} objects",
                budget.objects
            )));
        }
    }
    commit(repository, object, reference)
}

/// The commit that an object is, or that a tag points to.
pub(crate) fn commit(
    repository: &Repository,
    object: ObjectId,
    reference: &Reference,
) -> Result<ObjectId, Problem> {
    let object = repository.find_object(object).map_err(Problem::unreadable)?;
    let commit = object.peel_to_kind(gix::objs::Kind::Commit);
    commit.map(|commit| commit.id).map_err(|_| Problem::not_a_commit(&reference.to_string()))
}

/// What the server says that the reference is.
fn find(map: &RefMap, reference: &Reference) -> Option<ObjectId> {
    let wanted = match reference.asked() {
        Asked::Id(id) => return Some(id),
        Asked::Name(name) => name,
    };
    let mut known = map.remote_refs.iter().map(Ref::unpack);
    let found = known.find(|(name, ..)| name.as_bytes() == wanted.as_bytes());
    found.and_then(|(_, object, _)| object.map(ToOwned::to_owned))
}

/// What the server has in the place of the reference.
fn missing(map: &RefMap, reference: &Reference) -> Problem {
    let names = map.remote_refs.iter().map(|known| known.unpack().0.to_str_lossy());
    let others: Vec<String> = names
        .filter_map(|name| {
            name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/")).map(str::to_owned)
        })
        .collect();
    Problem::no_reference(&reference.to_string(), &others)
}

/// All that gix says of an error, in a line.
pub(crate) fn causes(error: &gix::Error) -> String {
    let causes: Vec<String> = error.iter_errors().map(ToString::to_string).collect();
    causes.join(": ")
}

/// What Git's code said, where the way itself had no problem.
fn said(reference: &Reference, error: &gix::Error) -> Problem {
    let text = causes(error);
    if error.is_resource_exhausted() {
        return Problem::over_budget("an object in it takes more memory than it may");
    }
    if text.contains("hash sized 64") || text.contains("object-format") {
        return Problem::sha_256();
    }
    // Gix does not know the error line of the old protocol, and stumbles over its first letter, an `E`.
    let is_refusal = text.contains("not our ref") || text.ends_with("input was malformed: 69");
    match reference.asked() {
        Asked::Id(id) if is_refusal => Problem::no_commit(&id.to_string()),
        _ => Problem::unreadable(text),
    }
}

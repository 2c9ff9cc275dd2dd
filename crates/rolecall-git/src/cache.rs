//! Our copy of a repository: bare, shallow, and thrown away whenever it is in doubt.
//!
//! It lies in a folder of its own, named after the place, so that nothing but our own is ever removed.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use gix::Repository;
use gix::open::Options;
use sha2::{Digest, Sha256};

use crate::budget::{Budget, Meter};
use crate::code_commit::hex;
use crate::problem::Problem;

/// Every fetch that brings something leaves a pack.
const MAX_PACKS: usize = 50;

/// Where the copy of a place lies.
pub(crate) fn folder(under: &Path, place: &str) -> PathBuf {
    let digest = hex(&Sha256::digest(place.as_bytes()));
    let name = format!("source-{}", digest.get(..16).unwrap_or(&digest));
    under.join(format!("{name}.git"))
}

/// Waits until nobody else works on the copy, of this program or another. It ends with the file that is returned.
pub(crate) fn turn(folder: &Path, meter: &Meter) -> Result<File, Problem> {
    let failed = |error: std::io::Error| Problem::cache("taking turns with other fetches", error);
    let above = folder.parent().unwrap_or(folder);
    fs::create_dir_all(above).map_err(failed)?;
    let file =
        File::options().create(true).append(true).open(folder.with_extension("turn")).map_err(failed)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) => meter.in_time()?,
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Opens the copy. One that cannot be read, or has grown, is begun anew.
pub(crate) fn open(folder: &Path, budget: &Budget) -> Result<Repository, Problem> {
    if folder.exists() {
        if !has_grown(folder, budget)
            && let Ok(repository) = gix::open_opts(folder, options(budget))
        {
            return Ok(repository);
        }
        return anew(folder, budget);
    }
    fs::create_dir_all(folder).map_err(|error| Problem::cache("making a folder for the source", error))?;
    let kind = gix::create::Kind::Bare;
    gix::ThreadSafeRepository::init_opts(folder, kind, gix::create::Options::default(), options(budget))
        .map(Into::into)
        .map_err(|error| Problem::cache("making a folder for the source", error))
}

/// Opens the copy as it is after a fetch: what came with it is in packs and in a shallow file of now.
pub(crate) fn reopen(folder: &Path, budget: &Budget) -> Result<Repository, Problem> {
    gix::open_opts(folder, options(budget))
        .map_err(|error| Problem::cache("opening the folder of the source", error))
}

/// Removes the copy, and makes an empty one.
pub(crate) fn anew(folder: &Path, budget: &Budget) -> Result<Repository, Problem> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .map_err(|error| Problem::cache("clearing the folder of the source", error))?;
    }
    open(folder, budget)
}

/// Nothing of the machine's or the user's configuration, and a limit on what any one object may take.
pub(crate) fn options(budget: &Budget) -> Options {
    let limit = budget.fetched_bytes.max(budget.file_bytes).max(1 << 20);
    Options::isolated().open_path_as_is(false).strict_config(false).config_overrides([
        format!("gitoxide.objects.allocLimit={limit}"),
        "gitoxide.objects.noReplace=true".to_owned(),
        "core.logAllRefUpdates=false".to_owned(),
    ])
}

/// Too many packs, more bytes than two fetches may bring, or a lock of somebody who is gone: fetches of one folder
/// come one after the other.
fn has_grown(folder: &Path, budget: &Budget) -> bool {
    let files: Vec<(PathBuf, u64)> = [folder.join("objects/pack"), folder.to_owned()]
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|file| {
            file.ok().map(|file| (file.path(), file.metadata().map_or(0, |known| known.len())))
        })
        .collect();
    let is = |path: &Path, kind: &str| path.extension().is_some_and(|extension| extension == kind);
    let packs = files.iter().filter(|(path, _)| is(path, "pack")).count();
    let bytes: u64 = files.iter().map(|(_, bytes)| bytes).sum();
    packs > MAX_PACKS
        || bytes > budget.fetched_bytes.saturating_mul(2)
        || files.iter().any(|(path, _)| is(path, "lock"))
}

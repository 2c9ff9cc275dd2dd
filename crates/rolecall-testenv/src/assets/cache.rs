//! The cache folder: keys, locks, and entries that are whole or not there.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::{env, io};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::progress;

/// Present in an entry when, and only when, it is complete.
const COMPLETE: &str = ".complete";

/// The folder of the entry `NAME-KEY`, whether it is there or not.
pub(super) fn entry(name: &str, ingredients: &[&str]) -> Result<PathBuf> {
    let mut hash = Sha256::new();
    for ingredient in ingredients {
        hash.update(u64::try_from(ingredient.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(ingredient.as_bytes());
    }
    // Sixteen digits are plenty to tell the pins of one project apart.
    let key = format!("{:x}", hash.finalize());
    Ok(root()?.join(format!("{name}-{}", &key[..16])))
}

pub(super) fn is_complete(entry: &Path) -> bool {
    entry.join(COMPLETE).is_file()
}

/// Gives the entry, filled by `fill` if it is not complete yet.
///
/// One process fills, the others wait for it. What an interrupted run has left
/// is removed first; the marker is renamed into place last.
pub(super) fn fill(entry: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    if is_complete(entry) {
        return Ok(());
    }
    let parent = entry.parent().context("an entry lies in the cache")?;
    fs::create_dir_all(parent).with_context(|| format!("create `{}`", parent.display()))?;
    let _lock = lock(entry)?;
    if is_complete(entry) {
        return Ok(());
    }
    match fs::remove_dir_all(entry) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("remove `{}`", entry.display()));
        }
        _ => fs::create_dir_all(entry)?,
    }
    fill(entry)?;
    let marker = entry.join(".completing");
    File::create(&marker)?.sync_all()?;
    fs::rename(marker, entry.join(COMPLETE))?;
    Ok(())
}

fn lock(entry: &Path) -> Result<File> {
    let path = entry.with_extension("lock");
    let file = File::create(&path).with_context(|| format!("create `{}`", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            progress::say(&format!("waiting for another run that fills `{}`", entry.display()));
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    Ok(file)
}

fn root() -> Result<PathBuf> {
    let from = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("ROLECALL_CACHE")
        .or_else(|| from("XDG_CACHE_HOME").map(|folder| folder.join("rolecall")))
        .or_else(|| from("HOME").map(|folder| folder.join(".cache/rolecall")))
        .map(|folder| folder.join("testenv"))
        .context("no cache folder: set `ROLECALL_CACHE` or `HOME`")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use anyhow::bail;

    use super::*;

    #[test]
    fn a_changed_ingredient_is_another_entry() {
        let base = entry("part", &["ab", "c"]).unwrap();
        assert_eq!(base, entry("part", &["ab", "c"]).unwrap());
        assert_ne!(base, entry("part", &["a", "bc"]).unwrap());
        assert_ne!(base, entry("other", &["ab", "c"]).unwrap());
    }

    #[test]
    fn what_an_interrupted_run_left_is_filled_anew() {
        let folder = tempfile::tempdir().unwrap();
        let entry = folder.path().join("part-1");
        let failed = fill(&entry, |entry| {
            fs::write(entry.join("half"), "")?;
            bail!("interrupted")
        });
        assert!(failed.is_err() && !is_complete(&entry));
        fill(&entry, |entry| Ok(fs::write(entry.join("whole"), "")?)).unwrap();
        assert!(is_complete(&entry));
        assert!(entry.join("whole").exists() && !entry.join("half").exists());
        fill(&entry, |_| bail!("it is complete already")).unwrap();
    }

    #[test]
    fn of_two_at_once_one_fills_and_both_have_it() {
        let folder = tempfile::tempdir().unwrap();
        let entry = folder.path().join("part-1");
        let fills = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    fill(&entry, |_| {
                        fills.fetch_add(1, Ordering::SeqCst);
                        Ok(())
                    })
                    .unwrap();
                    assert!(is_complete(&entry));
                });
            }
        });
        assert_eq!(fills.load(Ordering::SeqCst), 1);
    }
}

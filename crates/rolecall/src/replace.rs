//! Replaces a file as a whole, so that nobody ever reads half of it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[cfg(unix)]
use tempfile::Builder;
use tempfile::NamedTempFile;

use crate::failure::Failure;
use crate::files::shown;

/// Who may read the new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Whoever might before; a new file is like any that the user makes.
    Kept,
    /// Nobody but the owner, and less than that if the file was so before.
    OwnerOnly,
}

/// Writes beside the file first and renames then, unless the file is no longer as it `was`, empty for one that
/// was not there. A link stays a link.
pub(crate) fn replace(path: &Path, was: &str, text: &str, access: Access) -> Result<(), Failure> {
    let attempt = |error| Failure::io(format!("write `{}`", path.display()), error);
    let target = path.canonicalize().unwrap_or_else(|_| led_to(path));
    let folder = folder_of(&target);
    let mut file = beside(&target, folder, access).map_err(attempt)?;
    file.write_all(text.as_bytes()).map_err(attempt)?;
    file.as_file().sync_all().map_err(attempt)?;
    let _turn = turn(folder);
    if !is_as_it_was(&target, was).map_err(attempt)? {
        let message = format!("somebody else wrote `{}` meanwhile: it is left as it is", shown(path));
        return Err(Failure::new(message).hint("run it again"));
    }
    file.persist(&target).map_err(|error| attempt(error.error))?;
    Ok(())
}

/// Where a file will be that is not there yet.
fn led_to(path: &Path) -> PathBuf {
    fs::read_link(path).map_or_else(|_| path.to_owned(), |target| folder_of(path).join(target))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Only one of us at a time may look and rename; others who write meanwhile are seen by what they wrote. Where a
/// folder cannot be locked, looking alone must do.
fn turn(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

fn is_as_it_was(path: &Path, was: &str) -> io::Result<bool> {
    match fs::read(path) {
        Ok(bytes) => Ok(bytes == was.as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(was.is_empty()),
        Err(error) => Err(error),
    }
}

/// An empty file in `folder` that may be read by whoever may read what it will be.
#[cfg(unix)]
fn beside(target: &Path, folder: &Path, access: Access) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    let before = fs::metadata(target).ok().map(|metadata| metadata.permissions().mode());
    let wanted = match (access, before) {
        (Access::Kept, None) => {
            return Builder::new().permissions(fs::Permissions::from_mode(0o666)).tempfile_in(folder);
        }
        (Access::Kept, Some(mode)) => mode & 0o7777,
        (Access::OwnerOnly, mode) => mode.unwrap_or(0o600) & 0o600,
    };
    let file = NamedTempFile::new_in(folder)?;
    file.as_file().set_permissions(fs::Permissions::from_mode(wanted))?;
    Ok(file)
}

/// A user's folder keeps others out by itself.
#[cfg(not(unix))]
fn beside(_: &Path, folder: &Path, _: Access) -> io::Result<NamedTempFile> {
    NamedTempFile::new_in(folder)
}

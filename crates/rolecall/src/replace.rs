//! Replaces a file as a whole, so that nobody ever reads half of it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::failure::Failure;
use crate::files::shown;

/// Who may read the new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Whoever might before.
    Kept,
    /// Nobody but the owner, and less than that if the file was so before.
    OwnerOnly,
}

/// Writes beside the file first and renames then, unless the file is no longer as it `was`, empty for one that
/// was not there. A link stays a link.
pub(crate) fn replace(path: &Path, was: &str, text: &str, access: Access) -> Result<(), Failure> {
    let attempt = |error| Failure::io(format!("write `{}`", path.display()), error);
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(attempt)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(attempt)?;
    file.write_all(text.as_bytes()).map_err(attempt)?;
    permit(file.as_file(), &target, access).map_err(attempt)?;
    file.as_file().sync_all().map_err(attempt)?;
    let _turn = turn(folder);
    if !is_as_it_was(&target, was).map_err(attempt)? {
        let message = format!("somebody else wrote `{}` meanwhile: it is left as it is", shown(path));
        return Err(Failure::new(message).hint("run it again"));
    }
    file.persist(&target).map_err(|error| attempt(error.error))?;
    Ok(())
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

#[cfg(unix)]
fn permit(file: &File, replaced: &Path, access: Access) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let before = fs::metadata(replaced).map_or(0o600, |metadata| metadata.permissions().mode());
    let mode = match access {
        Access::Kept => before & 0o7777,
        Access::OwnerOnly => before & 0o600,
    };
    file.set_permissions(fs::Permissions::from_mode(mode))
}

/// A user's folder keeps others out by itself.
#[cfg(not(unix))]
fn permit(_: &File, _: &Path, _: Access) -> io::Result<()> {
    Ok(())
}

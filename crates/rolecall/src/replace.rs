//! Replaces a file as a whole, so that nobody ever reads half of it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::failure::Failure;

/// Who may read the new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Whoever might before.
    Kept,
    /// Nobody but the owner, and less than that if the file was so before.
    OwnerOnly,
}

/// Writes beside the file first and renames then. A link stays a link.
pub(crate) fn replace(path: &Path, text: &str, access: Access) -> Result<(), Failure> {
    let attempt = |error| Failure::io(format!("write `{}`", path.display()), error);
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(attempt)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(attempt)?;
    file.write_all(text.as_bytes()).map_err(attempt)?;
    permit(file.as_file(), &target, access).map_err(attempt)?;
    file.as_file().sync_all().map_err(attempt)?;
    file.persist(&target).map_err(|error| attempt(error.error))?;
    Ok(())
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

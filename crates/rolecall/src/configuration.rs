//! `rolecall.yaml`: the nearest one beside or above a file.
//!
//! What it says is the core's to judge.

use std::path::{Path, PathBuf};

use rolecall_core::project::CONFIG_NAME;

use crate::failure::Failure;

/// The folder, at or above that of `file` and not above `top`, that holds the nearest one.
///
/// Without a `top` it is the folder with `.git`, or else the current folder, or else that of the file alone.
pub(crate) fn nearest(file: &Path, top: Option<&Path>) -> Result<(PathBuf, Option<PathBuf>), Failure> {
    let file = std::path::absolute(file).map_err(|error| Failure::io("find the current folder", error))?;
    let beside = file.parent().unwrap_or(&file).to_owned();
    let is_root = |folder: &&Path| folder.join(".git").exists();
    let top = match top {
        Some(top) => Some(top.to_owned()),
        None => beside.ancestors().find(is_root).map(Path::to_owned).or_else(|| std::env::current_dir().ok()),
    };
    let top = top.filter(|top| beside.starts_with(top)).unwrap_or_else(|| beside.clone());
    let mut folders = beside.ancestors().take_while(|folder| folder.starts_with(&top));
    let found = folders.find(|folder| folder.join(CONFIG_NAME).exists()).map(Path::to_owned);
    Ok((beside, found))
}

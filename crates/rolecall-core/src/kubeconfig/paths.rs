//! Which kubeconfig files there are, from a flag, `KUBECONFIG` and the home directory.
//!
//! The caller reads the environment; whether the files exist is not known here.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// There is no place for a kubeconfig.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no home directory, and neither `--kubeconfig` nor `KUBECONFIG` names a file")]
pub struct NoKubeconfigPath;

/// The files to look at, in order: the one of `--kubeconfig`, or those of `KUBECONFIG`, or `~/.kube/config`.
///
/// `list_separator` is `:`, on Windows `;`. Empty elements of the list do not count, as in kubectl.
pub fn paths(
    flag: Option<&str>,
    environment: Option<&str>,
    home: Option<&str>,
    list_separator: char,
) -> Result<Vec<String>, NoKubeconfigPath> {
    if let Some(path) = flag {
        return Ok(vec![path.to_owned()]);
    }
    let listed = environment.unwrap_or_default().split(list_separator);
    let mut found: Vec<String> = Vec::new();
    for path in listed.filter(|path| !path.is_empty()) {
        if !found.iter().any(|known| known == path) {
            found.push(path.to_owned());
        }
    }
    if found.is_empty() {
        let home = home.filter(|home| !home.is_empty()).ok_or(NoKubeconfigPath)?;
        found.push(format!("{home}/.kube/config"));
    }
    Ok(found)
}

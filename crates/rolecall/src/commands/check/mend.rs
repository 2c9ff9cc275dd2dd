//! `check --fix`: writes what the core mended, and shows the difference.

use rolecall_core::check::{Settings, fixed, masked};

use super::search::Source;
use crate::failure::Failure;
use crate::files;
use crate::output::{Screen, difference};
use crate::replace::{Access, replace};

/// Mends the source where that can only mean one thing. `false` where there was nothing to mend.
///
/// The text of stdin goes to stdout, mended or not.
pub(super) fn mend(source: &mut Source, settings: &Settings, screen: &Screen) -> Result<bool, Failure> {
    let fixed = fixed(&source.name, &source.text, settings);
    match (&source.path, &fixed) {
        (Some(path), Some(fixed)) => replace(path, &source.text, fixed, Access::Kept)?,
        (Some(_), None) => {}
        (None, fixed) => files::write_stdout(fixed.as_ref().unwrap_or(&source.text))?,
    }
    if let Some(fixed) = &fixed {
        let (before, after) = (masked(&source.text), masked(fixed));
        screen.show(&difference(&source.name, &before, &after));
    }
    let is_mended = fixed.is_some();
    source.text = fixed.unwrap_or_else(|| std::mem::take(&mut source.text));
    Ok(is_mended)
}

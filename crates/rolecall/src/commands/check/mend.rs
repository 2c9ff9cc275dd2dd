//! `check --fix`: writes what the core mended, and shows the difference.

use std::io::{self, Write};

use rolecall_core::check::{Settings, fixed, masked};

use super::search::Source;
use crate::failure::Failure;
use crate::output::{Screen, difference};
use crate::replace::{Access, replace};

/// Mends the source where that can only mean one thing. `false` where there was nothing to mend.
///
/// The text of stdin goes to stdout, mended or not.
pub(super) fn mend(source: &mut Source, settings: &Settings, screen: &Screen) -> Result<bool, Failure> {
    let fixed = fixed(&source.name, &source.text, settings);
    if let Some(fixed) = &fixed {
        screen.show(&difference(&source.name, &masked(&source.text), &masked(fixed)));
    }
    match (&source.path, &fixed) {
        (Some(path), Some(fixed)) => replace(path, fixed, Access::Kept)?,
        (Some(_), None) => {}
        (None, fixed) => pass_on(fixed.as_ref().unwrap_or(&source.text))?,
    }
    let is_mended = fixed.is_some();
    source.text = fixed.unwrap_or_else(|| std::mem::take(&mut source.text));
    Ok(is_mended)
}

/// Byte for byte: colour and the like are not ours to take away.
fn pass_on(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|error| Failure::io("write to stdout", error))
}

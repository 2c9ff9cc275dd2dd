//! `rolecall map fmt`: one layout for every map, with every comment and what it says kept.

use std::path::PathBuf;

use clap::Args;
use rolecall_core::edit::laid_out;

use super::failure;
use super::sheet::Sheet;
use crate::failure::{Failure, Status};
use crate::output::Screen;

/// Bring a file into the one layout: keys in order, two blanks of indent, a group a line
///
/// Comments stay with what they are about, and what the authenticator reads stays the same. With `--check`, a file that
/// is laid out otherwise ends the command with status 2, and is not written.
#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// The file, or a folder that holds `aws-auth.yml`; `-` reads stdin and writes stdout
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Writes nothing, and ends with status 2 if something would change
    #[arg(long)]
    check: bool,
    /// Shows what would change, and changes nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(args: &FmtArgs, screen: &Screen) -> Result<Status, Failure> {
    Sheet::check_output(&args.path, args.dry_run || args.check, screen)?;
    let sheet = Sheet::open(&args.path, screen)?;
    let text = laid_out(&sheet.document).map_err(failure)?;
    let is_changed = text != sheet.document.text();
    sheet.warn_of_errors(screen);
    sheet.write(&text, &[], args.dry_run || args.check, screen)?;
    if !is_changed {
        screen.note(format!("nothing to do: `{}` has this layout already", sheet.name));
    }
    Ok(if args.check && is_changed { Status::Changed } else { Status::Done })
}

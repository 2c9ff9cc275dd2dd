//! `rolecall map set`: an entry that is there is to say something else.

use clap::{ArgGroup, Args};
use rolecall_core::edit::SetEntry;

use super::named::{NAMES, NameArgs};
use super::place::PlaceArgs;
use crate::failure::{Failure, Status};
use crate::output::Screen;

/// Change the username or the groups of an entry
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("principal").required(true).args(NAMES))]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["username", "groups", "added", "removed"]))]
pub(crate) struct SetArgs {
    #[command(flatten)]
    name: NameArgs,
    /// The new username
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// The groups in place of those that are there (repeatable, or separated by commas; `--groups=` for none)
    #[arg(long = "groups", alias = "group", value_name = "GROUPS", value_delimiter = ',', conflicts_with_all = ["added", "removed"])]
    groups: Option<Vec<String>>,
    /// A group that comes to them (repeatable, or separated by commas)
    #[arg(long = "add-group", value_name = "GROUP", value_delimiter = ',')]
    added: Vec<String>,
    /// A group that goes (repeatable, or separated by commas)
    #[arg(long = "remove-group", value_name = "GROUP", value_delimiter = ',')]
    removed: Vec<String>,
    #[command(flatten)]
    place: PlaceArgs,
}

pub(crate) fn run(args: &SetArgs, screen: &Screen) -> Result<Status, Failure> {
    // `--groups=` is one group without a name.
    let groups = args.groups.clone().map(|groups| if groups == [""] { Vec::new() } else { groups });
    let set = SetEntry {
        principal: args.name.text().unwrap_or_default().to_owned(),
        username: args.username.clone(),
        groups,
        added: args.added.clone(),
        removed: args.removed.clone(),
    };
    args.place.edit(&|map| set.touched(map), &|map| set.answer(map), false, screen)
}

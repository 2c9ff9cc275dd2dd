//! `rolecall map remove`: entries are to go.

use clap::{ArgGroup, Args};
use rolecall_core::edit::{Remove, Selected};

use super::named::{NAMES, NameArgs};
use super::place::PlaceArgs;
use crate::failure::{Failure, Status};
use crate::output::Screen;

/// Remove the entries of a principal, however often it stands there and in whatever case
///
/// Where there is none, that is said and nothing is changed (status 0). A username that several principals have is
/// refused (status 3), unless `--all` means all of them.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("principal").required(true).args(NAMES.iter().chain(&["username"])))]
pub(crate) struct RemoveArgs {
    #[command(flatten)]
    name: NameArgs,
    /// The username as it is written, in place of an ARN
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Of several principals with this username, all of them
    #[arg(long)]
    all: bool,
    /// As keikoproj's aws-auth has it: an entry that is not there is no error, which is so anyway
    #[arg(long, hide = true)]
    force: bool,
    #[command(flatten)]
    place: PlaceArgs,
}

pub(crate) fn run(args: &RemoveArgs, screen: &Screen) -> Result<Status, Failure> {
    let selected = match (&args.username, args.name.text()) {
        (Some(username), _) => Selected::Username(username.clone()),
        (None, Some(text)) => Selected::Principal(text.to_owned()),
        (None, None) => return Err(Failure::usage("no principal is named")),
    };
    let remove = Remove { selected, all: args.all };
    args.place.edit(&|map| remove.touched(map), &|map| remove.answer(map), false, screen)
}

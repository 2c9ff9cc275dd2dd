//! `rolecall map add`: an entry is to be there.

use clap::{ArgGroup, Args};
use rolecall_core::edit::Add;
use rolecall_core::identity_mapping::Section;

use super::named::{NAMES, NameArgs};
use super::place::PlaceArgs;
use crate::failure::{Failure, Status};
use crate::output::Screen;

/// Add an entry: `map add ARN --group G`
///
/// The ARN is written as STS reports it: a session becomes its role, and a role loses its path. Without `--username`, a
/// user is called by its name, a role `NAME:{{SessionName}}`, so that the audit log tells who assumed it, and a node
/// (group `system:nodes`) as Kubernetes wants it. An entry that says the same is left alone; one that says something
/// else is refused (status 3), unless `--append` adds the groups to it; `rolecall map set` changes it.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("principal").required(true).args(NAMES))]
pub(crate) struct AddArgs {
    #[command(flatten)]
    name: NameArgs,
    /// The Kubernetes username, which may hold templates such as `{{SessionName}}`
    #[arg(long, value_name = "NAME", conflicts_with = "account")]
    username: Option<String>,
    /// A Kubernetes group (repeatable, or separated by commas)
    #[arg(
        long = "group",
        alias = "groups",
        value_name = "GROUP",
        value_delimiter = ',',
        conflicts_with = "account"
    )]
    groups: Vec<String>,
    /// Adds the groups to an entry that is there; its username stays, unless one is given
    #[arg(long)]
    append: bool,
    /// As eksctl has it: never a second entry for one ARN, which is so anyway
    #[arg(long, hide = true)]
    no_duplicate_arns: bool,
    #[command(flatten)]
    place: PlaceArgs,
}

pub(crate) fn run(args: &AddArgs, screen: &Screen) -> Result<Status, Failure> {
    let named = args.name.named()?;
    let is_told = args.username.is_some() || named.section == Section::MapAccounts;
    let add =
        Add { named, username: args.username.clone(), groups: args.groups.clone(), appends: args.append };
    let answer = |map: &_| {
        let mut answer = add.answer(map)?;
        let chosen = answer.edits.iter().find_map(|edit| edit.mapping()).filter(|_| !is_told);
        answer.notes.extend(chosen.map(|mapping| format!("the username is `{}`", mapping.username)));
        Ok(answer)
    };
    args.place.edit(&|_| add.touched(), &answer, true, screen)
}

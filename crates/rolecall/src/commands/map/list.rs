//! `rolecall map list`: the entries of a map, with their places and with what speaks against them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rolecall_core::edit::listing::{self, Filter, Listed};
use rolecall_core::edit::wished;
use rolecall_core::identity_mapping::Section;
use rolecall_core::plan::{Standing, plan};
use rolecall_core::render::{API_VERSION, Line, Tone, printable};
use serde_json::{Value, json};

use super::place::is_of_cluster;
use super::sheet::Sheet;
use super::{cluster, failure};
use crate::cli::ClusterArgs;
use crate::failure::{Failure, Status};
use crate::output::Screen;
use crate::target::within;

/// List the entries, and those that match nobody, do not count, are outranked, lost or dropped
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// The file, or a folder that holds `aws-auth.yml`; `-` reads stdin
    #[arg(value_name = "PATH", default_value = ".", conflicts_with_all = ["context", "cluster"])]
    path: PathBuf,
    /// Only those in this group
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// Only those of this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only those of this kind
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Option<Kind>,
    /// Only those with this username, as it is written
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Only those of this principal, in whatever case
    #[arg(long, value_name = "ARN")]
    arn: Option<String>,
    /// The file, as the commands that edit have it
    #[arg(short, long, value_name = "PATH", conflicts_with_all = ["path", "context", "cluster"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    cluster: ClusterArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Role,
    User,
    Account,
}

pub(crate) fn run(args: &ListArgs, screen: &Screen) -> Result<Status, Failure> {
    let (whose, name, entries) = if is_of_cluster(&args.cluster) {
        let (name, entries) = of_cluster(&args.cluster, screen)?;
        ("cluster", name, entries)
    } else {
        let sheet = Sheet::open(args.file.as_ref().unwrap_or(&args.path), screen)?;
        sheet.warn_of_errors(screen);
        ("file", sheet.name.clone(), listing::of_file(&sheet.document, &sheet.findings))
    };
    let filter = args.filter();
    let entries: Vec<Listed> = entries.into_iter().filter(|entry| filter.wants(entry)).collect();
    if screen.is_json() {
        let entries: Vec<Value> = entries.iter().map(document).collect();
        let mut document = json!({ "apiVersion": API_VERSION, "kind": "MapList", "entries": entries });
        document[whose] = json!(name);
        screen.json(&document)?;
    } else {
        screen.lines(&table(&entries))?;
    }
    Ok(Status::Done)
}

impl ListArgs {
    fn filter(&self) -> Filter {
        let section = self.kind.map(|kind| match kind {
            Kind::Role => Section::MapRoles,
            Kind::User => Section::MapUsers,
            Kind::Account => Section::MapAccounts,
        });
        Filter {
            group: self.group.clone(),
            account: self.account.clone(),
            section,
            username: self.username.clone(),
            principal: self.arn.clone(),
        }
    }
}

fn of_cluster(args: &ClusterArgs, screen: &Screen) -> Result<(String, Vec<Listed>), Failure> {
    let (_, observed) = within(args.timeout, screen, cluster::look(args, screen))?;
    let nothing = wished(&[], &observed).map_err(failure)?;
    let plan = plan(&nothing, &observed);
    Ok((observed.cluster.to_string(), listing::of_cluster(observed.data(), &plan)))
}

fn document(entry: &Listed) -> Value {
    let marks = entry.marks.iter().map(|mark| json!({ "kind": mark.kind.as_str(), "message": mark.message }));
    let mut document = json!({
        "section": entry.section,
        "index": entry.index,
        "kind": entry.section.kind(),
        "principal": entry.mapping.principal,
        "username": entry.mapping.username,
        "groups": entry.mapping.groups,
        "marks": marks.collect::<Vec<_>>(),
    });
    if let Some(place) = &entry.place {
        document["file"] = json!(place.file);
        document["line"] = json!(place.line);
    }
    if let Some(standing) = &entry.standing {
        let (standing, owner) = told(standing);
        document["standing"] = json!(standing);
        document["owner"] = json!(owner);
    }
    document
}

fn told(standing: &Standing) -> (&'static str, Option<String>) {
    match standing {
        Standing::OwnedBy(owner) => ("owned", Some(owner.to_string())),
        Standing::Node => ("node", None),
        Standing::Nobody => ("unmanaged", None),
    }
}

fn table(entries: &[Listed]) -> Vec<Line> {
    let line = |tone, text: String| Line { tone, text };
    if entries.is_empty() {
        return vec![line(Tone::Quiet, "No entries.".to_owned())];
    }
    let head = ["KIND", "PRINCIPAL", "USERNAME", "GROUPS", "WHERE"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(entries.iter().map(cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3].map(width);
    let joined = |row: &[String; 5]| {
        let cells = widths.iter().zip(row).map(|(width, cell)| padded(cell, *width));
        (cells.collect::<String>() + &row[4]).trim_end().to_owned()
    };
    let mut lines = vec![line(Tone::Title, joined(&rows[0]))];
    for (entry, row) in entries.iter().zip(&rows[1..]) {
        lines.push(line(Tone::Plain, joined(row)));
        lines.extend(entry.marks.iter().map(|mark| line(Tone::Alarm, format!("  ! {}", mark.message))));
    }
    lines
}

/// Not by `{:<width$}`, which takes no width over 65,535: a username may be longer.
fn padded(cell: &str, width: usize) -> String {
    format!("{cell}{}  ", " ".repeat(width.saturating_sub(cell.chars().count())))
}

fn cells(entry: &Listed) -> [String; 5] {
    let place = entry.place.as_ref().map(|place| format!("{}:{}", place.file, place.line));
    let standing = entry.standing.as_ref().map(|standing| {
        let (standing, owner) = told(standing);
        owner.map_or_else(|| standing.to_owned(), |owner| format!("owned by {owner}"))
    });
    let whole = |text: &str| if text.is_empty() { "-".to_owned() } else { shown(text) };
    let groups: Vec<String> = entry.mapping.groups.iter().map(|group| shown(group)).collect();
    [
        entry.section.kind().to_owned(),
        whole(&entry.mapping.principal),
        whole(&entry.mapping.username),
        if groups.is_empty() { "-".to_owned() } else { groups.join(",") },
        printable(&place.or(standing).unwrap_or_default()).into_owned(),
    ]
}

/// A text as it is written, in quotes where one could not see where it ends.
fn shown(text: &str) -> String {
    let is_plain = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == ',');
    let text = printable(text);
    if is_plain { text.into_owned() } else { format!("\"{text}\"") }
}

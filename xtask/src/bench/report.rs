//! From figures to tables, on the screen and in the document alike.

use std::time::Duration;

use anyhow::{Context, Result};

use super::deploy::Deploy;
use super::maps::{COMMANDS, SIZES};
use super::measure::{Contestant, Figures, Spread};
use super::requests::Reasoned;
use super::serve::Seen;

/// How many times less wall and CPU time a deploy should take than the article's.
const AIM_OF_DEPLOY: f64 = 30.0;
/// How many times the bare requests' time it may take.
const AIM_OF_BARE: f64 = 1.5;

/// A text that stands in the document between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`.
pub(super) struct Block {
    pub(super) name: &'static str,
    pub(super) text: String,
}

/// Puts the blocks into the document, which has a place for each.
pub(super) fn with_blocks(document: &str, blocks: &[Block]) -> Result<String> {
    let mut document = document.to_owned();
    for Block { name, text } in blocks {
        let (open, close) = (format!("<!-- bench:{name} -->"), format!("<!-- /bench:{name} -->"));
        let place = || format!("the document has a place for `{name}`");
        let start = document.find(&open).with_context(place)? + open.len();
        let end = start + document[start..].find(&close).with_context(place)?;
        document.replace_range(start..end, &format!("\n\n{text}\n\n"));
    }
    Ok(document)
}

pub(super) fn deploy(deploy: &Deploy, figures: &[Figures]) -> Block {
    let [ours, cold, warm, bare] = figures else { unreachable!("there are four contestants") };
    let [n_cold, n_warm] = deploy.requests_of_article;
    let n_ours = deploy.requests.len();
    let counts = [n_ours, n_cold, n_warm, n_ours];
    let mut rows = compared(&deploy.contestants, figures);
    rows[0].push("requests".into());
    for (row, count) in rows[1..].iter_mut().zip(counts) {
        row.push(count.to_string());
    }
    let judged = |what: &str, is_met: bool, measured: String| {
        format!("- {what}: {measured}, {}.", if is_met { "met" } else { "missed" })
    };
    let (wall, cpu) = (times(cold.wall, ours.wall), times(cold.cpu, ours.cpu));
    let (bare_wall, bare_cpu) = (times(ours.wall, bare.wall), times(ours.cpu, bare.cpu));
    let lines = [
        judged(
            "wall time, 30 times less than the article's",
            wall >= AIM_OF_DEPLOY,
            format!("{wall:.1} times"),
        ),
        judged("CPU time, 30 times less than the article's", cpu >= AIM_OF_DEPLOY, format!("{cpu:.1} times")),
        judged(
            "wall time, at most 1.5 times that of the bare requests",
            bare_wall <= AIM_OF_BARE,
            format!("{bare_wall:.2} times"),
        ),
    ];
    let text = format!(
        "{}\n\nThe aims, by medians:\n\n{}\n\n\
         With kubectl's cache of an earlier run, which no fresh build container has, it is {:.1} times less \
         wall time and {:.1} times less CPU time than the article's.\n\
         CPU time is {bare_cpu:.2} times that of the bare requests.",
        table(&rows),
        lines.join("\n"),
        times(warm.wall, ours.wall),
        times(warm.cpu, ours.cpu),
    );
    Block { name: "deploy", text }
}

/// What was on its way at once has one number.
pub(super) fn requests(requests: &[Reasoned]) -> Block {
    let head = ["round trip", "request", "what for"].map(str::to_owned).to_vec();
    let row = |one: &Reasoned| vec![one.trip.to_string(), one.request.clone(), one.reason.to_owned()];
    let rows: Vec<_> = std::iter::once(head).chain(requests.iter().map(row)).collect();
    Block { name: "requests", text: table(&rows) }
}

pub(super) fn tokens(contestants: &[Contestant], figures: &[Figures]) -> Block {
    Block { name: "token", text: table(&compared(contestants, figures)) }
}

/// How fast the controller is, and how large.
pub(super) fn serve(seen: &Seen, conditions: &str) -> Block {
    let row = |what: &str, times: &[Duration]| {
        let mut times = times.to_vec();
        times.sort();
        let at = |share: usize| times.get((times.len() * share).div_ceil(100).saturating_sub(1));
        let shown = |time: Option<&Duration>| {
            time.map_or_else(String::new, |time| format!("{} ms", time.as_millis()))
        };
        vec![what.to_owned(), shown(at(50)), shown(at(99)), shown(times.last())]
    };
    let rows = vec![
        ["", "p50", "p99", "longest"].map(str::to_owned).to_vec(),
        row("from a webhook to the verified apply", &seen.pushes),
        row("from an emptied `mapRoles` to the verified heal", &seen.heals),
    ];
    let [idle, after] = seen.memory;
    let text = format!(
        "{conditions}\n\n{}\n\nIt takes {idle:.0} MiB of memory when it waits, and {after:.0} MiB after all of this.",
        table(&rows)
    );
    Block { name: "serve", text }
}

/// A row a command and size: the command, reading alone, and what an entry more costs.
pub(super) fn maps(figures: &[Figures]) -> Block {
    let head = [
        "command",
        "entries",
        "CPU s",
        "wall s",
        "peak MiB",
        "reading alone: CPU s",
        "/ reading",
        "per entry",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let start = figures[figures.len() - 1];
    let named = COMMANDS.iter().flat_map(|(command, _)| SIZES.iter().map(move |size| (command, size)));
    for ((command, size), pair) in named.zip(figures.chunks(2)) {
        let [ours, read] = pair else { continue };
        // What a process costs that does nothing is no entry's doing.
        let micros =
            (ours.cpu.median - start.cpu.median) * 1e6 / f64::from(u32::try_from(*size).unwrap_or(u32::MAX));
        rows.push(vec![
            format!("`{command}`"),
            size.to_string(),
            spread(ours.cpu, 3),
            spread(ours.wall, 3),
            spread(ours.memory, 0),
            spread(read.cpu, 3),
            format!("×{:.1}", times(ours.cpu, read.cpu)),
            format!("{micros:.1} µs"),
        ]);
    }
    let text = format!(
        "{}\n\nA start that does nothing (`rolecall --version`) takes {} s of CPU, {} s of wall time and {} MiB; \
         the last column is without it.",
        table(&rows),
        spread(start.cpu, 4),
        spread(start.wall, 4),
        spread(start.memory, 0),
    );
    Block { name: "maps", text }
}

/// Everybody's figures, and how many times the first one's they are.
fn compared(contestants: &[Contestant], figures: &[Figures]) -> Vec<Vec<String>> {
    let head = ["", "wall s", "", "CPU s", "", "peak MiB"].map(str::to_owned).to_vec();
    let first = figures[0];
    let row = |(contestant, one): (&Contestant, &Figures)| {
        let ratio = |mine, its| format!("×{:.2}", times(mine, its));
        vec![
            contestant.name.clone(),
            spread(one.wall, 3),
            ratio(one.wall, first.wall),
            spread(one.cpu, 3),
            ratio(one.cpu, first.cpu),
            spread(one.memory, 0),
        ]
    };
    std::iter::once(head).chain(contestants.iter().zip(figures).map(row)).collect()
}

/// How many times `other` is `one`, by medians.
fn times(one: Spread, other: Spread) -> f64 {
    one.median / other.median
}

fn spread(spread: Spread, digits: usize) -> String {
    let Spread { median, min, max } = spread;
    format!("{median:.digits$} ({min:.digits$}–{max:.digits$})")
}

/// A Markdown table whose columns are as wide as what stands in them, so that it can be read as it is.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let length = |text: &String| text.chars().count();
    let width = |n: usize| rows.iter().filter_map(|row| row.get(n)).map(length).max().unwrap_or(0).max(3);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, &width)| format!(" {cell:width$} "));
        format!("|{}|", padded.collect::<Vec<_>>().join("|"))
    };
    let rule =
        format!("|{}|", widths.iter().map(|&width| "-".repeat(width + 2)).collect::<Vec<_>>().join("|"));
    let mut lines: Vec<String> = rows.iter().map(|row| line(row)).collect();
    lines.insert(1, rule);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_go_to_their_places_and_the_rest_stays() {
        let document = "# x\n<!-- bench:a -->\nold\n<!-- /bench:a -->\nrest\n";
        let block = |name| Block { name, text: "new".into() };
        let expect = "# x\n<!-- bench:a -->\n\nnew\n\n<!-- /bench:a -->\nrest\n";
        assert_eq!(with_blocks(document, &[block("a")]).unwrap(), expect);
        assert_eq!(with_blocks(expect, &[block("a")]).unwrap(), expect);
        assert!(with_blocks(document, &[block("b")]).is_err());
    }

    #[test]
    fn a_table_is_as_wide_as_its_cells() {
        let rows = [["a", "bcdé"], ["×12", ""]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), "| a   | bcdé |\n|-----|------|\n| ×12 |      |");
    }

    #[test]
    fn spreads_and_ratios_go_by_the_median() {
        let of = |median, min, max| Spread { median, min, max };
        assert_eq!(spread(of(1.0, 0.51, 2.0), 1), "1.0 (0.5–2.0)");
        assert!((times(of(3.0, 0.0, 9.0), of(2.0, 0.0, 9.0)) - 1.5).abs() < f64::EPSILON);
    }
}

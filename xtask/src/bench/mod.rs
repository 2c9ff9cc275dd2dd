//! `cargo xtask bench`: how fast it is, against what one would do instead, in one run on one machine.
//!
//! Numbers are for people and documents: no test depends on one.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;

use crate::product::{self, Profile};
use crate::tidy;

mod bare;
mod deploy;
mod heartbeats;
mod machine;
mod maps;
mod measure;
mod report;
mod requests;
mod serve;
mod stage;
mod tokens;

use report::Block;
use stage::Stage;

/// Where the numbers are kept.
const DOCUMENT: &str = "docs/benchmarks.md";

/// Measures deploys, tokens, the reading of maps and the controller against what one would do instead
///
/// On a real API server, with whole processes in turn: wall time, CPU time with all children, peak memory.
/// Fetches AWS CLI v2 (250 MB) the first time, and builds the product as it is shipped, which takes minutes.
/// For numbers that mean something, run it on a machine that has nothing else to do.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How often each command is run
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
    /// How the product is built
    #[arg(long, value_enum, default_value = "release")]
    profile: Profile,
    /// Measures this alone (repeatable)
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// Writes the numbers into `docs/benchmarks.md`
    #[arg(long)]
    write: bool,
    /// Sends the requests of this script: the client that the deploy is compared with
    #[arg(long, hide = true)]
    bare: Option<PathBuf>,
    /// Reads these files as YAML and makes nothing of them: what checks and plans are compared with
    #[arg(long, hide = true)]
    read: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Deploy,
    Token,
    Maps,
    Serve,
}

impl Arguments {
    fn measures(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if let Some(script) = &arguments.bare {
        return bare::run(script);
    }
    if !arguments.read.is_empty() {
        return maps::read(&arguments.read);
    }
    let rolecall = product::build_package("rolecall", arguments.profile)?;
    let xtask = product::build_package("xtask", arguments.profile)?;
    let stage = Stage::set(rolecall, xtask)?;
    let blocks = blocks(&stage, arguments)?;
    let mut out = std::io::stdout().lock();
    for block in &blocks {
        writeln!(out, "\n{}", block.text)?;
    }
    if arguments.write {
        let path = tidy::root().join(DOCUMENT);
        let document = report::with_blocks(&fs::read_to_string(&path)?, &blocks)?;
        fs::write(&path, document)?;
        writeln!(std::io::stderr(), "written into `{DOCUMENT}`")?;
    }
    Ok(())
}

fn blocks(stage: &Stage, arguments: &Arguments) -> Result<Vec<Block>> {
    let (load, runs) = (machine::load()?, usize::from(arguments.runs));
    let mut blocks = Vec::new();
    if arguments.measures(Part::Deploy) {
        let deploy = deploy::prepare(stage)?;
        let figures =
            heartbeats::during(&stage.cluster, || measure::measure("deploys", &deploy.contestants, runs))?;
        blocks.extend([report::deploy(&deploy, &figures), report::requests(&deploy.requests)]);
    }
    if arguments.measures(Part::Token) {
        let contestants = tokens::contestants(stage)?;
        let figures = measure::measure("tokens", &contestants, runs)?;
        blocks.push(report::tokens(&contestants, &figures));
    }
    if arguments.measures(Part::Maps) {
        let figures = measure::measure("maps", &maps::contestants(stage)?, runs)?;
        blocks.push(report::maps(&figures));
    }
    if arguments.measures(Part::Serve) {
        let seen = serve::watch(stage, runs)?;
        blocks.push(report::serve(&seen, &machine::conditions(load, runs, arguments.profile)?));
    }
    // They speak of all tables.
    if arguments.only.is_empty() {
        let conditions = machine::conditions(load, runs, arguments.profile)?;
        blocks.insert(0, Block { name: "conditions", text: conditions });
    }
    Ok(blocks)
}

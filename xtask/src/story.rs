//! `cargo xtask story`: what Rolecall is for, on the real API server, step by step on the screen.
//!
//! What happens is told by `rolecall_testenv::story`, which the tests run too; this is only the voice.

use std::io::Write;
use std::time::Instant;

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use rolecall_testenv::Assets;
use rolecall_testenv::story::{self, FirstEntry, Narrator, Told};

use crate::product::{self, Profile};

const TITLE: Style = Style::new().bold();
const PERSON: Style = AnsiColor::Cyan.on_default();
const COMMAND: Style = Style::new().bold();
const REMARK: Style = AnsiColor::Green.on_default();
const STATUS: Style = AnsiColor::Yellow.on_default();

/// Tells what Rolecall is for, on the real API server, step by step
///
/// A user who is not known wants in, a commit maps it, Rolecall plans and applies, and it gets in with the
/// first token; mistakes that would lock people out are refused. Everything is real except AWS, which is
/// played on loopback. Nothing is left behind, also after Ctrl-C.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Gives the pipeline's role `system:masters`, as the article does, and not the group that may touch one
    /// `ConfigMap`
    #[arg(long)]
    as_in_the_article: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    Assets::ready()?;
    let rolecall = product::build(Profile::Debug)?;
    let first =
        if arguments.as_in_the_article { FirstEntry::AsInTheArticle } else { FirstEntry::LeastPrivilege };
    let started = Instant::now();
    let mut screen = Screen { out: anstream::stdout(), steps: 0 };
    story::tell(&rolecall, first, &mut screen)?;
    let seconds = started.elapsed().as_secs_f32();
    screen.say(&format!("\n{REMARK}The story came true in {seconds:.1} s.{REMARK:#}\n"));
    Ok(())
}

/// Colours only where they are seen and wanted, which `anstream` finds out (a terminal, `NO_COLOR`).
struct Screen<W> {
    out: W,
    steps: usize,
}

impl<W: Write> Screen<W> {
    fn say(&mut self, text: &str) {
        // Whoever closed our stdout does not want to hear more, and the story is not to be stopped by it.
        let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }
}

impl<W: Write> Narrator for Screen<W> {
    fn step(&mut self, title: &str) {
        self.steps += 1;
        let before = if self.steps == 1 { "" } else { "\n" };
        self.say(&format!("{before}{TITLE}{}. {title}{TITLE:#}\n", self.steps));
    }

    fn command(&mut self, who: &str, told: &Told) {
        self.say(&format!("\n   {PERSON}{who}{PERSON:#} {COMMAND}$ {}{COMMAND:#}\n", told.command));
        for line in told.stdout.lines().chain(told.stderr.lines()) {
            self.say(&format!("{}\n", format!("     {line}").trim_end()));
        }
        match told.status {
            Some(0) => {}
            Some(status) => self.say(&format!("     {STATUS}(exit status {status}){STATUS:#}\n")),
            None => self.say(&format!("     {STATUS}(ended by a signal){STATUS:#}\n")),
        }
    }

    fn remark(&mut self, text: &str) {
        self.say(&format!("\n   {REMARK}{text}{REMARK:#}\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_shows_who_runs_what_and_how_it_ended() {
        let mut screen = Screen { out: anstream::StripStream::new(Vec::new()), steps: 0 };
        screen.step("the door");
        let told = Told {
            command: "rolecall plan".into(),
            status: Some(3),
            stdout: "one\n\ntwo\n".into(),
            stderr: "error: no\n".into(),
        };
        screen.command("admin", &told);
        screen.remark("still in");
        screen.step("again");
        let shown = String::from_utf8(screen.out.into_inner()).unwrap();
        let expect = "1. the door\n\n   admin $ rolecall plan\n     one\n\n     two\n     error: no\n     \
                      (exit status 3)\n\n   still in\n\n2. again\n";
        assert_eq!(shown, expect);
    }
}

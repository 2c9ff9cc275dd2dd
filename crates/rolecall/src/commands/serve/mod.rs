//! `rolecall serve`: keeps clusters as their files in Git say, with no CI at all.

mod clusters;
mod ears;
mod home;
mod names;
mod pushes;
mod resources;
mod source;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use rolecall_core::config::{self, Config, HomeConfig, ServeConfig, SourceConfig};
use rolecall_core::render::CheckedFile;
use rolecall_server::control::Sources;
use rolecall_server::http::{Limits, Site, serve};
use rolecall_server::lead::Leadership;
use rolecall_server::metrics::Metrics;
use rolecall_server::receive::{Nudge, Rate, Receivers};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::commands::apply::holder;
use crate::failure::{Failure, Status};
use crate::files;
use crate::interrupts::Interrupts;
use crate::output::Screen;
use clusters::Files;
use ears::Ears;
use home::Home;
use resources::Resources;

/// How long clusters may take to end a pass once they shall stop.
const LAST_WORDS: Duration = Duration::from_millis(7_500);

/// So many pushes may wait to be looked at; more are the same to us.
const NUDGES: usize = 64;

/// Keep clusters as their files in Git say: a push is applied, drift is healed
///
/// A new commit of the source is checked, planned, guarded, applied, verified and recorded, as by `rolecall apply`. What
/// takes access from nodes or protected principals, breaks a section or deletes the map is put back at once; a person
/// whom somebody removed by hand after `healRemovalsAfter`; an entry that nobody declared is told. A commit that cannot
/// be used changes nothing, and what was applied last goes on being defended. The annotation `rolecall.dev/hold` on the
/// map, such as `2026-01-31T18:00:00Z because …`, stops all of it until then.
///
/// With `serve: {home: …}` several processes elect the one that works; without `source` and `clusters`, the clusters
/// are then named by `AccessSync` resources in the namespace `rolecall` at home.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The file with `source:`, `serve:` and `clusters:`; files that it names are looked for beside it
    #[arg(long, value_name = "FILE", default_value = "rolecall.yaml")]
    config: PathBuf,
    /// The folder for copies of repositories [default: `rolecall/git` in the user's cache]
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,
}

pub(crate) fn run(args: &ServeArgs, screen: &Screen) -> Result<Status, Failure> {
    let (config, whose) = read(args, screen)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::io("start the runtime", error))?;
    let result = runtime.block_on(keep(args, &config, whose, screen));
    // Whatever hangs is not waited for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

/// What a process has once, for all of its clusters.
struct Process {
    ears: Arc<Ears>,
    sources: Arc<Sources>,
    leadership: Leadership,
    /// How it calls itself where others look.
    holder: String,
    stopped: watch::Receiver<bool>,
}

/// Keeps the clusters.
enum Keeper {
    Files(Box<Files>),
    Resources(Arc<Resources>),
}

impl Keeper {
    async fn open(args: &ServeArgs, config: &Config, whose: Whose) -> Result<Self, Failure> {
        let cache = args.cache.clone().map_or_else(source::cache, Ok)?;
        Ok(match whose {
            Whose::Files(source) => {
                Self::Files(Box::new(Files::open(config, source, args.config.parent(), cache).await?))
            }
            Whose::Resources(home) => Self::Resources(Arc::new(Resources::open(&home, cache).await?)),
        })
    }

    fn begin(&self, process: &Arc<Process>) -> JoinSet<()> {
        match self {
            Self::Files(files) => files.keep_all(process),
            Self::Resources(resources) => resources.keep_all(process),
        }
    }
}

/// Who names the clusters.
enum Whose {
    /// The configuration, whose clusters have one source.
    Files(SourceConfig),
    /// The resources at home.
    Resources(HomeConfig),
}

fn read(args: &ServeArgs, screen: &Screen) -> Result<(Config, Whose), Failure> {
    let text = files::read(&args.config)?;
    let name = files::shown(&args.config);
    let (config, findings) = config::parse(&name, &text);
    screen.findings(CheckedFile::new(&name, &text, 0, findings))?;
    let mut config = config.ok_or_else(|| files::refused(&args.config))?;
    let whose = match (config.source.take(), &config.serve.home) {
        (None, Some(home)) if config.clusters.is_empty() => Whose::Resources(home.clone()),
        (Some(source), _) => Whose::Files(source),
        (None, _) => {
            return Err(Failure::usage(format!("`{name}` has no `source`")).hint(
                "write `source: {url: https://…}`: the repository that holds the files of the clusters",
            ));
        }
    };
    if config.clusters.is_empty() && matches!(whose, Whose::Files(_)) {
        return Err(Failure::usage(format!("`{name}` names no cluster"))
            .hint("write `clusters: [{name: …, region: …, path: …}]`, or `context:` in place of `name:`"));
    }
    if let Some(twice) = names::named_twice(&config.clusters) {
        return Err(Failure::usage(format!("`{name}` has the cluster `{twice}` twice"))
            .hint("a cluster has one writer: take one of the two out"));
    }
    Ok((config, whose))
}

async fn keep(args: &ServeArgs, config: &Config, whose: Whose, screen: &Screen) -> Result<Status, Failure> {
    let mut interrupts = Interrupts::listen().map_err(|error| Failure::io("listen for Ctrl-C", error))?;
    let metrics = Arc::new(Metrics::new());
    let ears = Arc::new(Ears::new(screen.is_json(), Arc::clone(&metrics), config.serve.home.is_none()));
    let sources = Arc::new(Sources::default());
    let (stop, stopped) = watch::channel(false);
    let targets = source::targets(&config.serve.notify, args.config.parent())?;
    ears.notify(targets)
        .map_err(|error| Failure::usage(format!("a target of `notify` cannot be used: {error}")))?;
    let keeper = Keeper::open(args, config, whose).await?;
    let (sender, pushes) = mpsc::channel(NUDGES);
    let listening = listen(args, &config.serve, (&ears, &metrics), sender, stopped.clone()).await?;
    let home = Home::enter(config.serve.home.as_ref(), &ears).await?;
    let process = Arc::new(Process {
        ears: Arc::clone(&ears),
        sources,
        leadership: home.leadership.clone(),
        holder: format!("rolecall serve, {}", holder()),
        stopped: stopped.clone(),
    });
    if !config.serve.receivers.is_empty() {
        tokio::spawn(pushes::take(pushes, Arc::clone(&process), home.board.clone()));
        if let Some(board) = &home.board {
            tokio::spawn(pushes::hear(Arc::clone(&process), Arc::clone(board)));
        }
    }
    let work = async {
        let mut leadership = home.leadership.clone();
        while led(&mut leadership, &stopped).await {
            until_lost(keeper.begin(&process), &mut leadership).await?;
            ears.clear();
        }
        Ok(())
    };
    let ended = async {
        interrupts.next().await;
        ears.note("stopping: passes that are under way may end");
        stop.send_replace(true);
        tokio::select! {
            () = tokio::time::sleep(LAST_WORDS) => ears.note("not everything has ended in time"),
            () = interrupts.next() => ears.note("stopped at once"),
        }
    };
    let result = tokio::select! {
        result = work => result,
        () = ended => Ok(()),
    };
    home.leave().await;
    if let Some(listening) = listening {
        // It has its own limit, and nothing to lose.
        drop(tokio::time::timeout(Duration::from_secs(1), listening).await);
    }
    result.map(|()| Status::Done)
}

/// Waits until we lead; says no if it is time to stop.
async fn led(leadership: &mut Leadership, stopped: &watch::Receiver<bool>) -> bool {
    let mut stopped = stopped.clone();
    tokio::select! {
        biased;
        _ = stopped.wait_for(|stop| *stop) => false,
        () = leadership.won() => true,
    }
}

/// Waits until all has ended, or ends it where somebody else may lead. A task that broke off ends the process, for
/// whoever starts it anew: a cluster that nobody keeps must not look well.
async fn until_lost(mut kept: JoinSet<()>, leadership: &mut Leadership) -> Result<(), Failure> {
    let ended = async {
        while let Some(ended) = kept.join_next().await {
            ended.map_err(|error| Failure::new(format!("a part of the controller broke off: {error}")))?;
        }
        Ok(())
    };
    tokio::select! {
        ended = ended => return ended,
        () = leadership.lost() => {}
    }
    kept.shutdown().await;
    Ok(())
}

/// Listens for webhooks, probes and whoever collects metrics, if that is wanted.
async fn listen(
    args: &ServeArgs,
    config: &ServeConfig,
    (ears, metrics): (&Arc<Ears>, &Arc<Metrics>),
    pushes: mpsc::Sender<Nudge>,
    mut stopped: watch::Receiver<bool>,
) -> Result<Option<tokio::task::JoinHandle<()>>, Failure> {
    let Some(address) = &config.listen else {
        return if config.receivers.is_empty() {
            Ok(None)
        } else {
            Err(Failure::usage("there are receivers and no `listen` address")
                .hint("write `serve: {listen: 127.0.0.1:8080}`"))
        };
    };
    let receivers = source::receivers(&config.receivers, args.config.parent())?;
    let receivers = Receivers::new(receivers, Rate::default(), pushes, Arc::clone(metrics));
    let receivers = receivers.map_err(Failure::usage)?;
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|error| Failure::io(format!("listen at `{address}`"), error))?;
    if let Ok(address) = listener.local_addr() {
        ears.note(&format!("listening at http://{address}"));
    }
    let health: Arc<dyn rolecall_server::http::Health> = Arc::clone(ears) as _;
    let site = Site {
        receivers: Some(Arc::new(receivers)),
        health: Some(health),
        metrics: Some(Arc::clone(metrics)),
    };
    let stop = async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    Ok(Some(tokio::spawn(serve(listener, site, Limits::default(), stop))))
}

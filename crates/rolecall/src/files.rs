//! The files that the user names: the desired `aws-auth`, `rolecall.yaml` beside or above it, a saved observation.
//!
//! What they say is the core's to judge. All findings are shown before a file is given up.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rolecall_core::check;
use rolecall_core::cluster::ClusterIdentity;
use rolecall_core::config::{self, ClusterConfig, Config};
use rolecall_core::desired::DesiredAccess;
use rolecall_core::document::AwsAuthDocument;
use rolecall_core::finding::{Finding, Level, has_errors};
use rolecall_core::observed::{Knowledge, ObservedAccess, ObservedMap};
use rolecall_core::project::{CONFIG_NAME, MAP_NAMES};
use rolecall_core::render::CheckedFile;
use rolecall_core::source::{Lineage, SourceId};
use rolecall_engine::line::{self, Reading};

use crate::cli::{ClusterArgs, PathArgs};
use crate::configuration;
use crate::failure::Failure;
use crate::history::GitHistory;
use crate::output::Screen;
use crate::source::{Provenance, provenance};
use crate::target::{self, Target};

/// The desired access, and the cluster that `rolecall.yaml` has for it.
pub(crate) struct Project {
    /// The file as the user would name it.
    pub(crate) file: PathBuf,
    pub(crate) desired: DesiredAccess,
    pub(crate) cluster: Option<ClusterConfig>,
    history: GitHistory,
}

impl Project {
    /// What is read of `target`, and of where these files come from.
    pub(crate) fn reading<'a>(&'a self, target: &'a Target) -> Reading<'a> {
        Reading { history: &self.history, ..target.reading() }
    }

    /// What the cluster has now, and how these files stand to what was applied there last.
    pub(crate) async fn look(
        &self,
        target: &Target,
        screen: &Screen,
    ) -> Result<(ObservedAccess, Knowledge<Lineage>), Failure> {
        let reading = self.reading(target);
        let observed = line::observe(reading).await.map_err(|error| target.failure(error))?;
        screen.heed_map(&observed);
        let lineage = line::lineage(reading, &self.desired, &observed).await?;
        Ok((observed, lineage))
    }
}

/// Reads the desired access that is named.
pub(crate) fn project(named: &PathArgs, args: &ClusterArgs, screen: &Screen) -> Result<Project, Failure> {
    let path = named.path.as_path();
    let found = find_map(path)?;
    let probe = found.clone().unwrap_or_else(|| path.join(MAP_NAMES[0]));
    let mut provenance = provenance(&probe, screen);
    let config = read_config(&probe, &provenance, screen)?;
    let cluster = choose_cluster(&config, path, found.as_deref(), args)?;
    let file = match (found, &cluster) {
        (Some(file), _) => file,
        (None, Some(cluster)) => {
            let folder = from_here(&config.folder_of(cluster));
            let file = find_map(&folder)?.ok_or_else(|| no_map_in(&folder))?;
            provenance = self::provenance(&file, screen);
            file
        }
        (None, None) => return Err(no_map_in(path)),
    };
    let text = read(&file)?;
    screen.heed(&text);
    let (document, findings) = AwsAuthDocument::checked(&shown(&file), &text, &config.config.checks);
    let findings = spoken(findings);
    screen.findings(checked(&file, &text, document.as_ref(), findings.clone()))?;
    let desired = DesiredAccess::new(document, &findings, provenance.revision, config.config.policy);
    let mut desired = desired.ok_or_else(|| refused(&file))?;
    if let Some(source) = &named.take_over {
        desired = desired.taking_over(SourceId::named(source));
    }
    Ok(Project { file, desired, cluster, history: provenance.history })
}

/// The findings that are told beside something else. Notes are what `check` is asked for: here they would
/// stand before every plan.
pub(crate) fn spoken(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.retain(|finding| finding.level != Level::Note);
    findings
}

/// Reads what the user says was applied before.
pub(crate) fn previous(path: &Path, screen: &Screen) -> Result<AwsAuthDocument, Failure> {
    let text = read(path)?;
    screen.heed(&text);
    let (document, findings) = AwsAuthDocument::parse(&shown(path), &text);
    if !has_errors(&findings) {
        return document.ok_or_else(|| refused(path));
    }
    screen.findings(checked(path, &text, document.as_ref(), findings))?;
    Err(refused(path))
}

/// Reads what `kubectl get cm aws-auth -n kube-system -o yaml|json` printed, `-` for stdin.
pub(crate) fn observation(
    path: &Path,
    cluster: Option<String>,
    screen: &Screen,
) -> Result<ObservedAccess, Failure> {
    let (name, text) = read_or_stdin(path)?;
    screen.heed(&text);
    let document = check::read_map(&name, &text).map_err(|findings| {
        // They are about an observation, which nobody will mend: text only.
        screen.talk_of_findings(&CheckedFile::new(&name, &text, 0, findings));
        let message = format!("`{name}` does not hold the ConfigMap `aws-auth` of `kube-system`");
        Failure::new(message).hint("`kubectl get cm aws-auth -n kube-system -o yaml` prints it")
    })?;
    let identity = ClusterIdentity { name: cluster.unwrap_or(name), endpoint: None, ca_fingerprint: None };
    let observed = ObservedAccess {
        map: Some(ObservedMap::of_document(&document)),
        ..ObservedAccess::unseen(identity, "a saved file does not say")
    };
    screen.heed_map(&observed);
    Ok(observed)
}

/// Reads a file as text, or stdin where it is named `-`; with the name that messages call it by.
pub(crate) fn read_or_stdin(path: &Path) -> Result<(String, String), Failure> {
    if path == Path::new("-") {
        Ok(("stdin".to_owned(), read_stdin()?))
    } else {
        Ok((shown(path), read(path)?))
    }
}

/// Reads a file as text.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::new(format!("there is no file `{}`", shown(path))),
        _ => Failure::io(format!("read `{}`", shown(path)), error),
    })?;
    text_of(&shown(path), bytes)
}

/// Reads all of stdin as text.
pub(crate) fn read_stdin() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).map_err(|error| Failure::io("read stdin", error))?;
    text_of("stdin", bytes)
}

fn text_of(name: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    // PowerShell writes UTF-16 where output is redirected; without a mark, a letter's other byte is zero.
    let is_wide = match bytes[..] {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [first, second, ..] if bytes.len().is_multiple_of(2) => (first == 0) != (second == 0),
        _ => false,
    };
    if is_wide {
        return Err(Failure::new(format!("`{name}` is UTF-16, and must be UTF-8")).hint(
            "`iconv -f UTF-16 -t UTF-8 FILE` converts it; PowerShell: `… | Set-Content -Encoding utf8 FILE`",
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::new(format!("`{name}` is not UTF-8: byte {at} cannot be read"))
    })
}

/// Writes a text to stdout byte for byte: colour and the like are not ours to take away.
pub(crate) fn write_stdout(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|error| Failure::io("write to stdout", error))
}

/// A file with findings of level error, all of which were shown.
pub(crate) fn refused(file: &Path) -> Failure {
    Failure::refused(format!("`{}` is refused, and nothing was changed", shown(file)))
}

/// What was found in a file that may hold a map.
pub(crate) fn checked(
    path: &Path,
    text: &str,
    document: Option<&AwsAuthDocument>,
    findings: Vec<Finding>,
) -> CheckedFile {
    CheckedFile::new(&shown(path), text, usize::from(document.is_some()), findings)
}

/// A path as it stands in messages and documents.
pub(crate) fn shown(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path).to_string_lossy();
    if cfg!(windows) { path.replace('\\', "/") } else { path.into_owned() }
}

/// An absolute path as seen from the current folder, where it is below that.
pub(crate) fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path).to_owned()
}

/// The map at `path`; `None` for a folder without one.
pub(crate) fn find_map(path: &Path) -> Result<Option<PathBuf>, Failure> {
    if !is_there(path)? {
        return Err(Failure::new(format!("there is no file or folder `{}`", path.display()))
            .hint("name the file, or a folder that holds `aws-auth.yml`"));
    }
    if !path.is_dir() {
        return Ok(Some(path.to_owned()));
    }
    for file in MAP_NAMES.map(|name| path.join(name)) {
        if is_there(&file)? {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// Is there anything at `path`? Where that cannot be told, it is an error: nobody may look, or links go round.
pub(crate) fn is_there(path: &Path) -> Result<bool, Failure> {
    path.try_exists().map_err(|error| Failure::io(format!("look for `{}`", path.display()), error))
}

/// A folder without a map.
pub(crate) fn no_map_in(folder: &Path) -> Failure {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    Failure::new(format!("there is no `aws-auth.yml` or `aws-auth.yaml` in `{}`", folder.display()))
        .hint("name the file, or a folder that holds it")
}

/// `rolecall.yaml`, and where it is.
struct FoundConfig {
    config: Config,
    folder: PathBuf,
    file: String,
}

impl FoundConfig {
    fn folder_of(&self, cluster: &ClusterConfig) -> PathBuf {
        cluster.path.as_ref().map_or_else(|| self.folder.clone(), |path| self.folder.join(path))
    }
}

/// Reads the nearest `rolecall.yaml`, up to the root of the work tree, or else of the current folder.
fn read_config(map: &Path, provenance: &Provenance, screen: &Screen) -> Result<FoundConfig, Failure> {
    let (beside, found) = configuration::nearest(map, provenance.root.as_deref())?;
    let Some(folder) = found else {
        return Ok(FoundConfig { config: Config::default(), folder: beside, file: CONFIG_NAME.to_owned() });
    };
    let path = folder.join(CONFIG_NAME);
    let file = shown(&from_here(&path));
    let text = read(&path)?;
    let (config, findings) = config::parse(&file, &text);
    screen.findings(CheckedFile::new(&file, &text, 0, findings))?;
    let config = config.ok_or_else(|| refused(Path::new(&file)))?;
    Ok(FoundConfig { config, folder, file })
}

/// The cluster of `rolecall.yaml` that is meant: the one that was named, or else the one of this path.
fn choose_cluster(
    found: &FoundConfig,
    path: &Path,
    map: Option<&Path>,
    args: &ClusterArgs,
) -> Result<Option<ClusterConfig>, Failure> {
    let named = target::named(args);
    let was_named = |cluster: &&ClusterConfig| match &named {
        None => true,
        Some(target::Named::Context(name)) => cluster.context.as_ref() == Some(name),
        Some(target::Named::Cluster(name)) => cluster.name.as_ref() == Some(&name.name),
    };
    let folder = map.and_then(Path::parent).unwrap_or(path);
    let is_here = |cluster: &&ClusterConfig| {
        let of_cluster = found.folder_of(cluster);
        if map.is_some() { is_same(&of_cluster, folder) } else { is_below(&of_cluster, path) }
    };
    let candidates: Vec<&ClusterConfig> =
        found.config.clusters.iter().filter(was_named).filter(is_here).collect();
    match candidates[..] {
        [] => Ok(None),
        [cluster] => Ok(Some(cluster.clone())),
        _ => {
            let shown =
                candidates.iter().filter_map(|cluster| cluster.name.as_ref().or(cluster.context.as_ref()));
            let shown: Vec<String> = shown.map(|name| format!("`{name}`")).collect();
            let message =
                format!("`{}` has several clusters for this path: {}", found.file, shown.join(", "));
            Err(Failure::usage(message).hint("name one with `--cluster` or `--context`"))
        }
    }
}

fn is_same(a: &Path, b: &Path) -> bool {
    matches!((whole(a), whole(b)), (Some(a), Some(b)) if a == b)
}

fn is_below(folder: &Path, top: &Path) -> bool {
    matches!((whole(folder), whole(top)), (Some(folder), Some(top)) if folder.starts_with(&top))
}

fn whole(path: &Path) -> Option<PathBuf> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.canonicalize().ok()
}

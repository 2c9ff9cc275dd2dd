//! One deploy: `rolecall apply`, the article's two commands, and the bare requests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::bare::Script;
use super::measure::{Contestant, Run, Turn};
use super::requests::{self, Reasoned, Recording};
use super::stage::Stage;

pub(super) const ROLECALL: &str = "`rolecall apply --yes`";
const COLD: &str = "`aws eks update-kubeconfig` + `kubectl apply`, as in a fresh container";
const WARM: &str = "the same, with kubectl's cache of an earlier run";
const BARE: &str = "the same requests as `rolecall apply`, sent bare";

/// Signs one request as botocore does, and prints its headers.
const SIGN: &str = "
import sys, botocore.session, botocore.auth, botocore.awsrequest
request = botocore.awsrequest.AWSRequest('GET', sys.argv[1])
credentials = botocore.session.get_session().get_credentials()
botocore.auth.SigV4Auth(credentials, 'eks', sys.argv[2]).add_auth(request)
for name, value in request.headers.items():
    print(f'{name}: {value}')
";

/// What is compared, and what one deploy asks for.
pub(super) struct Deploy {
    pub(super) contestants: Vec<Contestant>,
    /// Each request of `rolecall apply` with its reason.
    pub(super) requests: Vec<Reasoned>,
    /// How many requests the article's commands make, in a fresh container and with a warm cache.
    pub(super) requests_of_article: [usize; 2],
}

/// Deploys by each way once, to learn what it asks for, and says how to do it again.
pub(super) fn prepare(stage: &Stage) -> Result<Deploy> {
    let site = Site::new(stage)?;
    let [ours, cold, warm] = [site.rolecall()?, site.article("cold", true)?, site.article("warm", false)?];
    // Brings the first user in and leaves kubectl's annotation, so that every deploy from here on is alike.
    for turn in [&ours[1], &cold[0], &cold[1], &warm[0], &warm[1]] {
        take(turn)?;
    }
    let mut requests_of_article = [0; 2];
    for (count, turns) in requests_of_article.iter_mut().zip([&cold, &warm]) {
        let recording = requests::record(&stage.cluster, || take(&turns[0]))?;
        *count = recording.requests.len() + recording.aws.len();
        take(&ours[1])?;
    }
    let (mut bare, mut reasons) = (Vec::new(), Vec::new());
    for (number, turn) in ours.iter().enumerate() {
        let before = site.map()?;
        let recording = requests::record(&stage.cluster, || take(turn))?;
        reasons = recording.reasons()?;
        bare.push(site.bare(number, &recording, &before)?);
    }
    let contestant = |name: &str, turns| Contestant { name: name.into(), turns };
    Ok(Deploy {
        contestants: vec![
            contestant(ROLECALL, ours),
            contestant(COLD, cold),
            contestant(WARM, warm),
            contestant(BARE, bare),
        ],
        requests: reasons,
        requests_of_article,
    })
}

/// Where the deploys are made from.
struct Site<'a> {
    stage: &'a Stage,
    /// Holds `aws-auth.yml`.
    repository: PathBuf,
    /// What it is replaced by before each deploy.
    manifests: [PathBuf; 2],
}

impl<'a> Site<'a> {
    fn new(stage: &'a Stage) -> Result<Self> {
        let repository = stage.folder("repository")?;
        let texts = stage.manifests()?;
        let manifests = ["one.yml", "other.yml"].map(|name| stage.cluster.home().join(name));
        for (path, text) in manifests.iter().zip(&texts) {
            fs::write(path, text)?;
        }
        Ok(Self { stage, repository, manifests })
    }

    fn rolecall(&self) -> Result<Vec<Turn>> {
        let home = self.stage.folder("home-rolecall")?;
        let environment = self.stage.environment("rolecall", &home);
        let apply = self.stage.rolecall(&["apply", "--yes"], &self.repository).with(&environment);
        Ok(self.turns(&[&home], &[apply]))
    }

    fn article(&self, name: &str, is_fresh: bool) -> Result<Vec<Turn>> {
        let home = self.stage.folder(&format!("home-{name}"))?;
        let environment = self.stage.environment(name, &home);
        let run = |program: &Path, arguments: &[&str]| {
            Run::new(program, arguments, &self.repository).with(&environment)
        };
        let update = ["eks", "update-kubeconfig", "--name", self.stage.cluster.name()];
        let commands = [
            run(&self.stage.aws, &update),
            run(self.stage.assets.kubectl(), &["apply", "-f", "aws-auth.yml"]),
        ];
        let emptied = [home.as_path()];
        Ok(self.turns(if is_fresh { &emptied } else { &[] }, &commands))
    }

    /// Sends what was recorded, with tokens and a signature that are made before each run.
    fn bare(&self, number: usize, recording: &Recording, before: &Value) -> Result<Turn> {
        let folder = self.stage.folder(&format!("bare-{number}"))?;
        let file = |name: &str| folder.join(name);
        let script = Script {
            eks: self.stage.eks(),
            eks_path: self.stage.eks_path(),
            eks_headers: file("headers"),
            server: self.stage.api_server(),
            ca_pem: self.stage.cluster.ca_pem(),
            tokens: [file("token"), file("fresh-token")],
            groups: recording.script(&self.stage.cluster, before)?,
        };
        fs::write(file("script.json"), serde_json::to_vec(&script)?)?;
        let url = self.stage.cluster.aws().server.endpoint_url() + &self.stage.eks_path();
        let sign = Run::new(&self.stage.assets.python(), &["-c", SIGN, &url, Stage::region()], &folder);
        let token = |session: &str, path: &Path| {
            let environment = self.stage.environment(session, &folder);
            self.stage.rolecall(&["token", "--token-only"], &folder).with(&environment).into_file(path)
        };
        let path = file("script.json").display().to_string();
        Ok(Turn {
            emptied: Vec::new(),
            before: vec![
                sign.with(&self.stage.environment("bare", &folder)).into_file(&script.eks_headers),
                token("bare", &script.tokens[0]),
                token("knock", &script.tokens[1]),
            ],
            commands: vec![Run::new(&self.stage.xtask, &["bench", "--bare", &path], &folder)],
        })
    }

    /// The same commands for the one and the other manifest.
    fn turns(&self, emptied: &[&Path], commands: &[Run]) -> Vec<Turn> {
        let turn = |manifest: &PathBuf| Turn {
            emptied: emptied.iter().map(|folder| folder.display().to_string()).collect(),
            before: vec![Run::new(
                Path::new("/bin/cp"),
                &[&manifest.to_string_lossy(), "aws-auth.yml"],
                &self.repository,
            )],
            commands: commands.to_vec(),
        };
        self.manifests.iter().map(turn).collect()
    }

    fn map(&self) -> Result<Value> {
        let map = self.stage.cluster.aws_auth()?.context("there is an `aws-auth`")?;
        Ok(map["data"].clone())
    }
}

/// Does once what will be measured.
fn take(turn: &Turn) -> Result<()> {
    for folder in &turn.emptied {
        fs::remove_dir_all(folder)?;
        fs::create_dir(folder)?;
    }
    for run in turn.before.iter().chain(&turn.commands) {
        let mut command = Command::from(run);
        let output = command.output().with_context(|| format!("start {command:?}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`{}` ended with {}:\n{said}", run.words(), output.status);
    }
    Ok(())
}

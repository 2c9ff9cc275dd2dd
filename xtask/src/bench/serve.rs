//! The controller: from a push to what it came to, from a broken map to a whole one, and what it takes to wait.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use http::Method;
use rolecall_testenv::git::{Server, git};
use serde_json::{Value, json};

use super::stage::Stage;

const PATIENCE: Duration = Duration::from_mins(1);

/// What was seen of the controller.
pub(super) struct Seen {
    /// From the webhook to the verified apply.
    pub(super) pushes: Vec<Duration>,
    /// From a write that empties `mapRoles` to the verified heal.
    pub(super) heals: Vec<Duration>,
    /// Resident memory in MiB, before anything was pushed and after all of it.
    pub(super) memory: [f64; 2],
}

/// Pushes and breaks the map so often.
pub(super) fn watch(stage: &Stage, runs: usize) -> Result<Seen> {
    let desk = Desk::set(stage)?;
    desk.push(0)?;
    let controller = Controller::start(stage, &desk)?;
    controller.until(|line| line["outcome"] == "applied")?;
    controller.until(|line| line["outcome"] == "unchanged")?;
    thread::sleep(Duration::from_secs(3));
    let idle = controller.memory()?;
    let mut seen = Seen { pushes: Vec::new(), heals: Vec::new(), memory: [idle, idle] };
    for run in 1..=runs {
        desk.push(run)?;
        let began = Instant::now();
        controller.tell(&desk.url, run)?;
        controller.until(|line| line["outcome"] == "applied")?;
        seen.pushes.push(began.elapsed());
        controller.until(|line| line["outcome"] == "unchanged")?;
        // Three heals against one writer are the most, so that each is another one.
        empty(stage, run)?;
        let began = Instant::now();
        controller
            .until(|line| line["message"].as_str().is_some_and(|message| message.starts_with("healed")))?;
        seen.heals.push(began.elapsed());
        controller.until(|line| line["outcome"] == "unchanged")?;
    }
    seen.memory[1] = controller.memory()?;
    Ok(seen)
}

/// A repository behind TLS on loopback, and a work tree that pushes into it.
struct Desk {
    folder: PathBuf,
    manifests: [String; 2],
    url: String,
}

impl Desk {
    fn set(stage: &Stage) -> Result<Self> {
        let folder = stage.folder("serve")?;
        git(&folder, &["init", "-q", "--bare", "-b", "main", "access.git"]);
        git(&folder, &["clone", "-q", "access.git", "work"]);
        let server = Server::start(&folder);
        fs::write(folder.join("ca"), &server.ca)?;
        fs::write(folder.join("secret"), "a secret of more than 16 bytes")?;
        let url = format!("https://localhost:{}/access.git", server.port);
        Ok(Self { folder, manifests: stage.manifests()?, url })
    }

    /// One of the two manifests in turn.
    fn push(&self, run: usize) -> Result<()> {
        let work = self.folder.join("work");
        fs::write(work.join("aws-auth.yml"), &self.manifests[run % 2])?;
        git(&work, &["add", "."]);
        git(&work, &["commit", "-q", "-m", "x"]);
        git(&work, &["push", "-q", "origin", "HEAD:main"]);
        Ok(())
    }
}

struct Controller {
    child: Child,
    lines: Receiver<Value>,
    address: String,
}

impl Controller {
    fn start(stage: &Stage, desk: &Desk) -> Result<Self> {
        let config = desk.folder.join("rolecall.yaml");
        let receiver = json!({ "name": "forge", "kind": "gitlab", "secretFile": "secret" });
        let text = json!({
            "apiVersion": "rolecall.dev/v1alpha1",
            "kind": "Config",
            "source": { "url": desk.url, "caFile": "ca" },
            "clusters": [{ "context": "admin" }],
            "serve": { "interval": "24h", "listen": "127.0.0.1:0", "receivers": [receiver] },
        });
        fs::write(&config, text.to_string())?;
        let mut child = Command::new(&stage.rolecall)
            .args(["serve", "--output", "json", "--config"])
            .arg(&config)
            .env_clear()
            .env("HOME", &desk.folder)
            .env("KUBECONFIG", stage.cluster.admin_kubeconfig())
            .stdout(Stdio::piped())
            .spawn()
            .context("start the controller")?;
        let (told, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().context("its stdout is piped")?);
        thread::spawn(move || {
            let documents =
                stdout.lines().map_while(Result::ok).map_while(|line| serde_json::from_str(&line).ok());
            documents.map_while(|document: Value| told.send(document).ok()).for_each(drop);
        });
        let mut controller = Self { child, lines, address: String::new() };
        let line = controller.until(|line| {
            line["message"].as_str().is_some_and(|message| message.starts_with("listening at "))
        })?;
        let message = line["message"].as_str().unwrap_or_default();
        message.rsplit('/').next().unwrap_or_default().clone_into(&mut controller.address);
        Ok(controller)
    }

    /// The next line that is so.
    fn until(&self, is_it: impl Fn(&Value) -> bool) -> Result<Value> {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).context("the controller says nothing")?;
            if is_it(&line) {
                return Ok(line);
            }
        }
    }

    /// Tells of a push, as GitLab does: no two deliveries have the same number.
    fn tell(&self, url: &str, number: usize) -> Result<()> {
        let project = json!({ "git_http_url": url });
        let body =
            json!({ "ref": "refs/heads/main", "after": "a".repeat(40), "project": project }).to_string();
        let mut stream = TcpStream::connect(&self.address)?;
        write!(
            stream,
            "POST /hooks/forge HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-gitlab-event: Push Hook\r\n\
             x-gitlab-token: a secret of more than 16 bytes\r\nx-gitlab-event-uuid: {number}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.1 202"), "the webhook is refused: {answer}");
        Ok(())
    }

    fn memory(&self) -> Result<f64> {
        resident(Path::new(&format!("/proc/{}/status", self.child.id())))
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn resident(status: &Path) -> Result<f64> {
    let text = fs::read_to_string(status)?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("it has a size")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024.0)
}

/// Empties `mapRoles`, in the name of somebody else each time.
fn empty(stage: &Stage, run: usize) -> Result<()> {
    let mut map = stage.cluster.aws_auth()?.context("there is an `aws-auth`")?;
    map["data"]["mapRoles"] = json!("[]");
    let path = format!("/api/v1/namespaces/kube-system/configmaps/aws-auth?fieldManager=somebody-{run}");
    stage.cluster.request(Method::PUT, &path, Some(&map))?.success()?;
    Ok(())
}

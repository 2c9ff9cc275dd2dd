//! Where the real programs come from: pinned sources, built once, kept in a
//! cache outside the clone.
//!
//! The cache is `$ROLECALL_CACHE`, else `$XDG_CACHE_HOME/rolecall`, else
//! `~/.cache/rolecall`. Each part is keyed by the hash of everything that made
//! it, so a changed pin builds anew and going back is free. Old parts are not
//! removed by themselves.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, ensure};

mod cache;
mod go;
mod progress;
mod python;

/// The programs of the test environment, all present.
#[derive(Debug, Clone)]
pub struct Assets {
    kube_apiserver: PathBuf,
    kubectl: PathBuf,
    etcd: PathBuf,
    authenticator: PathBuf,
    parsemap_oracle: PathBuf,
    helm: PathBuf,
    venv: PathBuf,
}

impl Assets {
    /// Builds what is missing and gives the paths; instant when nothing is.
    ///
    /// `KUBEBUILDER_ASSETS`, if set, names the folder of kube-apiserver, etcd
    /// and kubectl instead. Fails at once, saying how to get it, when a tool
    /// that a build needs is not there.
    pub fn ready() -> Result<&'static Self> {
        static READY: OnceLock<Result<Assets, String>> = OnceLock::new();
        READY
            .get_or_init(|| Self::prepare().map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|error| anyhow!(error.clone()))
    }

    pub fn kube_apiserver(&self) -> &Path {
        &self.kube_apiserver
    }

    pub fn kubectl(&self) -> &Path {
        &self.kubectl
    }

    pub fn etcd(&self) -> &Path {
        &self.etcd
    }

    pub fn authenticator(&self) -> &Path {
        &self.authenticator
    }

    /// The authenticator's own `ParseMap`: data keys as JSON in, what it makes of them out, a line each.
    pub fn parsemap_oracle(&self) -> &Path {
        &self.parsemap_oracle
    }

    /// Helm, for the chart.
    pub fn helm(&self) -> &Path {
        &self.helm
    }

    /// The interpreter of the pinned environment: botocore and MiniStack import.
    pub fn python(&self) -> PathBuf {
        self.venv.join("bin/python")
    }

    /// AWS CLI v1, for checks against a client that nobody here wrote.
    pub fn aws(&self) -> PathBuf {
        self.venv.join("bin/aws")
    }

    /// MiniStack's server command.
    pub fn ministack(&self) -> PathBuf {
        self.venv.join("bin/ministack")
    }

    /// AWS CLI v2, 250 MB, fetched when the benchmark first asks for it.
    pub fn aws_cli_v2(&self) -> Result<PathBuf> {
        python::aws_cli_v2(&self.python())
    }

    fn prepare() -> Result<Self> {
        let given = given_folder()?;
        if go::MODULES.iter().any(|module| !go::is_built(module)) || !python::venv_is_ready() {
            let missing = rolecall_preflight::missing();
            ensure!(missing.is_empty(), "the test environment cannot be set up:\n- {}", missing.join("\n- "));
        }
        let [kubernetes, etcd, authenticator, helm] = &go::MODULES;
        let (kubernetes, etcd) = match given {
            Some(folder) => (folder.clone(), folder),
            None => (go::build(kubernetes)?, go::build(etcd)?),
        };
        let authenticator = go::build(authenticator)?;
        Ok(Self {
            kube_apiserver: kubernetes.join("kube-apiserver"),
            kubectl: kubernetes.join("kubectl"),
            etcd: etcd.join("etcd"),
            authenticator: authenticator.join("aws-iam-authenticator"),
            parsemap_oracle: authenticator.join("parsemap-oracle"),
            helm: go::build(helm)?.join("helm"),
            venv: python::venv()?,
        })
    }
}

/// The folder that `KUBEBUILDER_ASSETS` names, with all that is expected there.
fn given_folder() -> Result<Option<PathBuf>> {
    let Some(folder) = env::var_os("KUBEBUILDER_ASSETS").filter(|folder| !folder.is_empty()) else {
        return Ok(None);
    };
    let folder = PathBuf::from(folder);
    for program in ["kube-apiserver", "kubectl", "etcd"] {
        let path = folder.join(program);
        ensure!(path.is_file(), "`{}` does not exist; is `KUBEBUILDER_ASSETS` right?", path.display());
    }
    Ok(Some(folder))
}

/// Runs a command to its end; an error carries what it wrote to stderr.
fn run(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("start `{program}`"))?;
    ensure!(
        output.status.success(),
        "`{program}` ended with {}:\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

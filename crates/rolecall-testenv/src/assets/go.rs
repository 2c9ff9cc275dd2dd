//! Builds the pinned Go modules under `testenv/`.
//!
//! The module files are part of this crate, so a build depends on nothing in
//! the clone. Go's own module and build caches are used and left alone.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::progress::Progress;
use super::{cache, run};

/// A module that pins one part, and the programs to build from it.
pub(super) struct GoModule {
    name: &'static str,
    go_mod: &'static str,
    go_sum: &'static str,
    ldflags: &'static str,
    /// Go files of our own in the module: path and content.
    sources: &'static [(&'static str, &'static str)],
    /// File name and package.
    programs: &'static [(&'static str, &'static str)],
}

/// kubernetes, etcd, authenticator, helm: apart, since their graphs must not merge.
pub(super) static MODULES: [GoModule; 4] = [
    GoModule {
        name: "kubernetes",
        go_mod: include_str!("../../../../testenv/kubernetes/go.mod"),
        go_sum: include_str!("../../../../testenv/kubernetes/go.sum"),
        sources: &[],
        // Without these the server calls itself v0.0.0-master and kubectl warns.
        ldflags: "-s -w -X k8s.io/component-base/version.gitVersion=v1.37.2 \
                  -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37",
        programs: &[
            ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
            ("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
        ],
    },
    GoModule {
        name: "etcd",
        go_mod: include_str!("../../../../testenv/etcd/go.mod"),
        go_sum: include_str!("../../../../testenv/etcd/go.sum"),
        sources: &[],
        ldflags: "-s -w",
        programs: &[("etcd", "go.etcd.io/etcd/server/v3")],
    },
    GoModule {
        name: "authenticator",
        go_mod: include_str!("../../../../testenv/authenticator/go.mod"),
        go_sum: include_str!("../../../../testenv/authenticator/go.sum"),
        sources: &[("parsemap/main.go", include_str!("../../../../testenv/authenticator/parsemap/main.go"))],
        ldflags: "-s -w -X sigs.k8s.io/aws-iam-authenticator/pkg.Version=0.7.18",
        programs: &[
            ("aws-iam-authenticator", "sigs.k8s.io/aws-iam-authenticator/cmd/aws-iam-authenticator"),
            ("parsemap-oracle", "./parsemap"),
        ],
    },
    GoModule {
        name: "helm",
        go_mod: include_str!("../../../../testenv/helm/go.mod"),
        go_sum: include_str!("../../../../testenv/helm/go.sum"),
        sources: &[],
        ldflags: "-s -w -X helm.sh/helm/v4/internal/version.version=v4.3.1",
        programs: &[("helm", "helm.sh/helm/v4/cmd/helm")],
    },
];

pub(super) fn is_built(module: &GoModule) -> bool {
    entry(module).is_ok_and(|entry| cache::is_complete(&entry))
}

/// The folder of the module's programs, built if they are not there.
pub(super) fn build(module: &GoModule) -> Result<PathBuf> {
    let entry = entry(module)?;
    cache::fill(&entry, |folder| {
        fs::write(folder.join("go.mod"), module.go_mod)?;
        fs::write(folder.join("go.sum"), module.go_sum)?;
        module.sources.iter().try_for_each(|source| write_source(folder, source))?;
        module.programs.iter().try_for_each(|program| build_program(module, program, folder))
    })
    .with_context(|| format!("build the Go module `testenv/{}`", module.name))?;
    Ok(entry)
}

fn entry(module: &GoModule) -> Result<PathBuf> {
    let mut ingredients =
        vec![module.go_mod, module.go_sum, module.ldflags, env::consts::OS, env::consts::ARCH];
    ingredients.extend(module.sources.iter().map(|(_, content)| *content));
    cache::entry(module.name, &ingredients)
}

fn write_source(folder: &Path, &(path, content): &(&str, &str)) -> Result<()> {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().context("a source is in a folder")?)?;
    fs::write(&path, content).with_context(|| format!("write `{}`", path.display()))
}

fn build_program(module: &GoModule, &(name, package): &(&str, &str), folder: &Path) -> Result<()> {
    // The first command that needs the modules also downloads them.
    let fetching = Progress::start(&format!("fetch the modules of {name}"), 0);
    let packages = run(go(folder).args(["list", "-deps", package]))?.lines().count();
    fetching.finish();
    let mut progress = Progress::start(&format!("build {name}"), u64::try_from(packages)?);
    // -v names each package as it is compiled, which is what the bar counts.
    let mut build = go(folder)
        .args(["build", "-v", "-trimpath", "-ldflags", module.ldflags, "-o", name, package])
        .stderr(Stdio::piped())
        .spawn()
        .context("start `go`")?;
    let mut tail = Vec::new();
    for line in BufReader::new(build.stderr.take().context("its stderr is piped")?).lines() {
        let line = line?;
        progress.step(&line);
        tail.push(line);
    }
    let status = build.wait()?;
    if !status.success() {
        bail!(
            "`go build {package}` ended with {status}:\n{}",
            tail[tail.len().saturating_sub(15)..].join("\n")
        );
    }
    progress.finish();
    Ok(())
}

fn go(folder: &Path) -> Command {
    let mut go = Command::new("go");
    go.current_dir(folder).env("CGO_ENABLED", "0").env("GOWORK", "off").env("GOFLAGS", "-mod=readonly");
    go
}

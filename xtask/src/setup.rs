//! `cargo xtask setup`: everything that the tests need and cargo does not bring.

use std::io::Write;

use anyhow::Result;
use rolecall_testenv::Assets;

/// Builds the real test environment into a cache; instant when it is there
///
/// kube-apiserver, kubectl, etcd and aws-iam-authenticator come from the pinned
/// Go modules under testenv/, AWS CLI v1 and MiniStack from a pinned Python
/// environment. The first time takes about ten minutes on two cores and 5 GB of
/// Go's caches; the result takes 600 MB in $ROLECALL_CACHE, else
/// $XDG_CACHE_HOME/rolecall, else ~/.cache/rolecall.
///
/// If KUBEBUILDER_ASSETS names a folder, its kube-apiserver, etcd and kubectl
/// are used instead.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Also fetch AWS CLI v2 (250 MB), which only the benchmark uses
    #[arg(long)]
    aws_cli_v2: bool,
}

/// Prints where each program is.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let assets = Assets::ready()?;
    let mut programs = vec![
        ("kube-apiserver", assets.kube_apiserver().to_owned()),
        ("kubectl", assets.kubectl().to_owned()),
        ("etcd", assets.etcd().to_owned()),
        ("aws-iam-authenticator", assets.authenticator().to_owned()),
        ("python", assets.python()),
        ("aws", assets.aws()),
        ("ministack", assets.ministack()),
    ];
    if arguments.aws_cli_v2 {
        programs.push(("aws (v2)", assets.aws_cli_v2()?));
    }
    let mut out = std::io::stdout().lock();
    for (name, path) in programs {
        writeln!(out, "{name:22} {}", path.display())?;
    }
    Ok(())
}

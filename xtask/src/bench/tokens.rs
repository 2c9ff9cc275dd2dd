//! One token: `rolecall token`, aws-iam-authenticator, and the AWS CLI.

use anyhow::Result;

use super::measure::{Contestant, Run};
use super::stage::Stage;

/// The three commands, each as an exec plugin would be called. None of them asks anybody.
pub(super) fn contestants(stage: &Stage) -> Result<Vec<Contestant>> {
    let home = stage.folder("home-tokens")?;
    let environment = stage.environment("token", &home);
    let name = stage.cluster.name();
    let steady = |title: &str, run: Run| Contestant::steady(title, run.with(&environment));
    Ok(vec![
        steady("`rolecall token`", stage.rolecall(&["token", "--cluster-name", name], &home)),
        steady(
            "`aws-iam-authenticator token`",
            Run::new(stage.assets.authenticator(), &["token", "-i", name], &home),
        ),
        steady(
            "`aws eks get-token`",
            Run::new(&stage.aws, &["eks", "get-token", "--cluster-name", name], &home),
        ),
    ])
}

//! Where the map is, and how an edit of it is made: the flags that all edits share.

use std::path::PathBuf;

use clap::Args;
use rolecall_core::edit::{Answer, Refusal, Touched};
use rolecall_core::effective::EffectiveMap;

use super::sheet::Sheet;
use super::{cluster, failure};
use crate::cli::{AllowArgs, ClusterArgs};
use crate::failure::{Failure, Status};
use crate::output::Screen;

/// Where, and how.
#[derive(Debug, Clone, Args)]
pub(super) struct PlaceArgs {
    /// The file, or a folder that holds `aws-auth.yml`; `-` reads stdin and writes stdout
    #[arg(short, long, value_name = "PATH", default_value = ".", conflicts_with_all = ["context", "cluster"])]
    pub(super) file: PathBuf,
    /// Shows what would change, and changes nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Does not ask, on a cluster
    #[arg(long, short)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) allow: AllowArgs,
    #[command(flatten)]
    pub(super) cluster: ClusterArgs,
}

/// Is the map of a cluster meant? `EKS_CLUSTER_NAME` alone does not say so: files come first.
pub(super) fn is_of_cluster(args: &ClusterArgs) -> bool {
    args.context.is_some() || args.cluster.is_some()
}

impl PlaceArgs {
    /// Makes the edit that `answer` comes to in the map, where all that is `touched` can be read.
    pub(super) fn edit(
        &self,
        touched: &dyn Fn(&EffectiveMap) -> Touched,
        answer: &dyn Fn(&EffectiveMap) -> Result<Answer, Refusal>,
        creates: bool,
        screen: &Screen,
    ) -> Result<Status, Failure> {
        if is_of_cluster(&self.cluster) {
            return cluster::edit(self, answer, screen);
        }
        Sheet::check_output(&self.file, self.dry_run, screen)?;
        let sheet = if creates {
            Sheet::open_or_begin(&self.file, screen)?
        } else {
            Sheet::open(&self.file, screen)?
        };
        touched(sheet.document.effective()).check(&sheet.document).map_err(failure)?;
        let answer = answer(sheet.document.effective()).map_err(failure)?;
        answer.notes.iter().for_each(|note| screen.note(note));
        sheet.edit(&answer.edits, self.dry_run, screen)
    }
}

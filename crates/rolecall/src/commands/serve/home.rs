//! The cluster at which a controller is at home: there its processes elect the one that works.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use rolecall_core::config::{ClusterConfig, HomeConfig};
use rolecall_engine::election::Terms;
use rolecall_kube::{KubeCluster, KubeHome, KubeTerm};
use rolecall_server::lead::{Ears, Leadership, stand};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::commands::apply::holder;
use crate::failure::Failure;
use crate::target::{connect_configured, connect_in_cluster};

/// How long the Lease may take to be freed; if it is not, it is over by itself.
const FAREWELL: Duration = Duration::from_millis(1_500);

/// A part in an election, or the certainty to be alone.
pub(super) struct Home {
    pub(super) leadership: Leadership,
    /// Where its processes tell each other of pushes.
    pub(super) board: Option<Arc<KubeHome>>,
    election: Option<Election>,
}

struct Election {
    leave: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Home {
    /// Stands for election at home, if there is one.
    pub(super) async fn enter(
        config: Option<&HomeConfig>,
        ears: &Arc<impl Ears + 'static>,
    ) -> Result<Self, Failure> {
        let Some(config) = config else {
            return Ok(Self { leadership: Leadership::alone(), board: None, election: None });
        };
        let site = Site::of(config);
        let board = Arc::new(KubeHome::new(site.connect().await?));
        let term = KubeTerm::new(site.connect().await?, &config.lease);
        let (leads, _) = watch::channel(None);
        let leadership = Leadership::of(&leads);
        let (leave, left) = watch::channel(false);
        let (ears, us) = (Arc::clone(ears), us());
        let task = tokio::spawn(async move {
            stand((&term, &us), Terms::default(), &leads, (ears.as_ref(), left)).await;
        });
        Ok(Self { leadership, board: Some(board), election: Some(Election { leave, task }) })
    }

    /// Lets another one work. To be called when nothing is under way any more.
    pub(super) async fn leave(self) {
        if let Some(Election { leave, task }) = self.election {
            leave.send_replace(true);
            drop(tokio::time::timeout(FAREWELL, task).await);
        }
    }
}

/// Where home is.
#[derive(Clone)]
pub(super) struct Site {
    context: Option<String>,
}

impl Site {
    pub(super) fn of(config: &HomeConfig) -> Self {
        Self { context: config.context.clone() }
    }

    /// A connection of one's own.
    pub(super) async fn connect(&self) -> Result<KubeCluster, Failure> {
        match &self.context {
            Some(context) => {
                let cluster = ClusterConfig { context: Some(context.clone()), ..ClusterConfig::default() };
                connect_configured(&cluster).await
            }
            None => connect_in_cluster(),
        }
    }
}

/// How we call ourselves: nobody else's name, nor that of an earlier run. The same container may be started twice,
/// with the same name and the same process id.
fn us() -> String {
    format!("{}, {:08x}", holder(), RandomState::new().hash_one(()) & 0xffff_ffff)
}

//! MiniStack, an AWS that nobody here wrote, with its authentication enforced.
//!
//! A second opinion on the wire format of EKS, STS and IAM. It describes
//! clusters and keeps access entries, but there is no API server behind its
//! clusters; for that there is [`Cluster`](crate::Cluster).

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::time::Duration;

use anyhow::Result;

use crate::assets::Assets;
use crate::cluster::{ACCOUNT, REGION};
use crate::ports;
use crate::supervisor::{Server, Supervisor};

const NAME: &str = "ministack";
/// It imports its services one by one, in Python.
const READY: Duration = Duration::from_mins(1);

/// A running MiniStack; ends like a [`Cluster`](crate::Cluster).
pub struct MiniStack {
    // Held for its end.
    _supervisor: Supervisor,
    port: u16,
}

impl MiniStack {
    /// Starts one, with nothing in it, in the account and region of the clusters.
    pub fn start() -> Result<Self> {
        let supervisor = Supervisor::start()?;
        let port = ports::free()?;
        let home = supervisor.home().display().to_string();
        let variables = [
            ("HOME", home.as_str()),
            ("TMPDIR", &home),
            ("BIND_HOST", "127.0.0.1"),
            ("GATEWAY_PORT", &port.to_string()),
            ("MINISTACK_ACCOUNT_ID", ACCOUNT),
            ("MINISTACK_REGION", REGION),
            ("AUTH", "true"),
        ];
        let environment: BTreeMap<String, String> =
            variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let program = Assets::ready()?.ministack();
        supervisor.launch(&Server { name: NAME, program, arguments: Vec::new(), environment })?;
        supervisor.wait_for(NAME, READY, || TcpStream::connect(("127.0.0.1", port)).is_ok())?;
        Ok(Self { _supervisor: supervisor, port })
    }

    /// The value for `AWS_ENDPOINT_URL`.
    pub fn endpoint_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The variables with which an AWS client speaks to it as the account's
    /// root. Clear the environment before you set them.
    pub fn root_environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint_url()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }
}

//! A plan that was stored as evidence. It is never applied itself: it is what the plan of now must be equal to.

use std::path::{Path, PathBuf};

use rolecall_core::cluster::ClusterIdentity;
use rolecall_core::observed::Caller;
use rolecall_core::principal::PrincipalArn;
use rolecall_core::render::API_VERSION;
use serde::Deserialize;
use serde_json::Value;

use crate::failure::Failure;
use crate::files;

/// What may have moved, and what people call it, the most telling first.
const PARTS: [(&str, &str); 9] = [
    ("cluster", "the cluster is another one"),
    ("revision", "the source is at another revision"),
    ("applier", "the caller is somebody else"),
    ("authenticationMode", "the authentication mode is another one"),
    ("observedFingerprint", "what is observed in the cluster is no longer the same"),
    ("changes", "the changes are others"),
    ("calls", "the requests are others"),
    ("guards", "the guards say something else"),
    ("unmanaged", "what is unmanaged is no longer the same"),
];

/// A stored plan.
pub(super) struct StoredPlan {
    /// Where it is stored.
    path: PathBuf,
    /// The file that it was made from.
    pub(super) file: PathBuf,
    /// The cluster that it is for.
    pub(super) cluster: ClusterIdentity,
    /// Who may apply it; `None` for one that was made offline.
    pub(super) applier: Option<Caller>,
    document: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    api_version: String,
    file: PathBuf,
    cluster: ClusterIdentity,
    applier: Option<Caller>,
}

impl StoredPlan {
    /// Reads `path` if it is a stored plan; `None` if it is anything else.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Failure> {
        if !path.is_file() || path.extension().is_none_or(|extension| extension != "json") {
            return Ok(None);
        }
        let text = files::read(path)?;
        let Some(document) =
            serde_json::from_str::<Value>(&text).ok().filter(|document| document["kind"] == "Plan")
        else {
            return Ok(None);
        };
        let head = Head::deserialize(&document).ok().filter(|head| head.api_version == API_VERSION);
        let Some(head) = head else {
            return Err(Failure::new(format!("`{}` is no plan that this version stored", path.display()))
                .hint("make one with `rolecall plan --out FILE`"));
        };
        let Head { file, cluster, applier, .. } = head;
        Ok(Some(Self { path: path.to_owned(), file, cluster, applier, document }))
    }

    /// Whom it was made for, where that was somebody else than its maker.
    pub(super) fn meant_for(&self) -> Option<PrincipalArn> {
        self.document.get("plannedBy")?;
        PrincipalArn::parse(self.applier.as_ref()?.canonical_arn.as_deref()?).ok()
    }

    /// Is the plan of now the stored one? If not, says what has moved. A plan is stored as it is `told`, without
    /// secrets.
    pub(super) fn check(&self, now: &Value, told: impl Fn(&Value) -> Value) -> Result<(), Failure> {
        let (stored, now) = (told(&self.document), told(now));
        let moved = PARTS.iter().filter(|(key, _)| stored[key] != now[key]);
        let moved: Vec<&str> = moved.map(|(_, what)| *what).collect();
        if moved.is_empty() {
            return Ok(());
        }
        let message =
            format!("`{}` is not what would be done now: {}", self.path.display(), moved.join("; "));
        Err(Failure::refused(message).hint("nothing was changed; look at the plan above, and store it again"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn says_what_has_moved() {
        let document =
            json!({ "cluster": 1, "revision": 1, "applier": 1, "observedFingerprint": 1, "guards": [] });
        let cluster = ClusterIdentity { name: "c".to_owned(), endpoint: None, ca_fingerprint: None };
        let stored = StoredPlan {
            path: "plan.json".into(),
            file: "aws-auth.yml".into(),
            cluster,
            applier: None,
            document: document.clone(),
        };
        assert!(stored.check(&document, Value::clone).is_ok());
        for (key, what) in PARTS {
            let mut now = document.clone();
            now[key] = json!("moved");
            assert!(
                stored
                    .check(&now, Value::clone)
                    .unwrap_err()
                    .error
                    .to_string()
                    .ends_with(&format!("now: {what}"))
            );
        }
    }
}

//! Setting the stage as admin, and asking who a token is.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{Cluster, Part};
use crate::api::{self, Answer};

const CONFIG_MAPS: &str = "/api/v1/namespaces/kube-system/configmaps";
const SEEN: Duration = Duration::from_secs(10);

/// What the API server, asking the authenticator, says about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenReview {
    Accepted { username: String, groups: Vec<String> },
    Refused { reason: String },
}

impl Cluster {
    /// A request as admin; `path` with its query.
    pub fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        api::send(self.ports.api_server, &self.as_admin, None, method, path, body)
    }

    /// A request with a bearer token.
    pub fn request_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer> {
        api::send(self.ports.api_server, &self.as_nobody, Some(token), method, path, body)
    }

    /// The ConfigMap as it stands, `None` where there is none.
    pub fn aws_auth(&self) -> Result<Option<Value>> {
        let answer = self.request(Method::GET, &format!("{CONFIG_MAPS}/aws-auth"), None)?;
        if answer.status == StatusCode::NOT_FOUND { Ok(None) } else { answer.success().map(Some) }
    }

    /// Makes these the data of `aws-auth`, whatever stood there, and waits until
    /// the authenticator has received it.
    pub fn write_aws_auth(&self, data: &[(&str, &str)]) -> Result<()> {
        let data: Map<String, Value> =
            data.iter().map(|&(key, value)| (key.to_owned(), Value::from(value))).collect();
        self.write_aws_auth_object(json!({"metadata": {"name": "aws-auth"}, "data": data}))
    }

    /// The same with the whole object: labels, annotations, other data.
    pub fn write_aws_auth_object(&self, mut object: Value) -> Result<()> {
        object["apiVersion"] = "v1".into();
        object["kind"] = "ConfigMap".into();
        let seen = self.watch_events();
        let before = self.aws_auth()?;
        let after = match &before {
            None => self.request(Method::POST, CONFIG_MAPS, Some(&object))?.success()?,
            Some(_) => {
                self.request(Method::PUT, &format!("{CONFIG_MAPS}/aws-auth"), Some(&object))?.success()?
            }
        };
        let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
        if before.as_ref().map(version) == Some(version(&after)) {
            return Ok(());
        }
        self.wait_for_watch_event(seen)
    }

    /// Deletes `aws-auth` if it is there, and waits until the authenticator
    /// maps nobody any more.
    pub fn delete_aws_auth(&self) -> Result<()> {
        let seen = self.watch_events();
        let answer = self.request(Method::DELETE, &format!("{CONFIG_MAPS}/aws-auth"), None)?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        answer.success()?;
        self.wait_for_watch_event(seen)
    }

    /// Asks the API server about a token, as a component of the cluster would.
    ///
    /// What it accepted it goes on accepting for ten seconds, whatever the
    /// [`TokenCache`](super::TokenCache): ask with a token of other bytes, of
    /// another session or second, to learn what holds now.
    pub fn review_token(&self, token: &str) -> Result<TokenReview> {
        let review = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token},
        });
        let path = "/apis/authentication.k8s.io/v1/tokenreviews";
        let answer = self.request(Method::POST, path, Some(&review))?.success()?;
        let status = &answer["status"];
        if status["authenticated"] != true {
            let reason = status["error"].as_str().unwrap_or("not authenticated").to_owned();
            return Ok(TokenReview::Refused { reason });
        }
        let groups = status["user"]["groups"].as_array().into_iter().flatten();
        Ok(TokenReview::Accepted {
            username: status["user"]["username"].as_str().unwrap_or_default().to_owned(),
            groups: groups.filter_map(Value::as_str).map(str::to_owned).collect(),
        })
    }

    /// How often the authenticator has received the map or its deletion: its
    /// log is the only sign that it gives.
    fn watch_events(&self) -> usize {
        let is_event = |line: &&str| {
            line.contains("Received aws-auth watch event") || line.contains("Resetting configmap on delete")
        };
        self.log(Part::Authenticator).lines().filter(is_event).count()
    }

    fn wait_for_watch_event(&self, seen: usize) -> Result<()> {
        let arrived = eventually(SEEN, || self.watch_events() > seen);
        if !arrived {
            bail!("the authenticator has not received `aws-auth` within {SEEN:?}");
        }
        Ok(())
    }
}

/// Asks again until the answer is yes or the limit is over, and says which:
/// for what the authenticator and others do in their own time.
pub fn eventually(limit: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        if is_so() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

//! Deliveries, and what is made of them.
//!
//! The signatures are not computed by the code that checks them, but by Python, from the bodies in here:
//! `hmac.new(b"0123456789abcdef-hook-secret", body, hashlib.sha256).hexdigest()`.

mod bits;
mod events;
mod memory;
mod proofs;

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use rolecall_core::config::ReceiverKind;
use secrecy::SecretString;

use super::{Arrived, Receiver, Refusal, Verified, verify};

const SECRET: &str = "0123456789abcdef-hook-secret";
const COMMIT: &str = "9f2c1e7a4b5d6c8e0f1a2b3c4d5e6f7a8b9c0d1e";
/// 2026-11-24T16:00:00Z
const NOW: i64 = 1_795_536_000;

/// A push as GitHub, Gitea and Forgejo write it, and its code.
const PUSH: &str = r#"{"ref":"refs/heads/main","before":"0000000000000000000000000000000000000000","after":"9f2c1e7a4b5d6c8e0f1a2b3c4d5e6f7a8b9c0d1e","repository":{"clone_url":"https://git.example/platform/access.git","ssh_url":"git@git.example:platform/access.git"}}"#;
const PUSH_CODE: &str = "36e28b24c9b92362d7d260b10e3e616daa783413c649a8baa5aecec90890e41a";

/// What Bitbucket's cloud writes for a branch that moved and a tag that was deleted.
const CLOUD: &str = r#"{"push":{"changes":[{"old":null,"new":{"type":"branch","name":"main","target":{"hash":"9f2c1e7a4b5d6c8e0f1a2b3c4d5e6f7a8b9c0d1e"}}},{"old":{"type":"tag","name":"v1","target":{"hash":"1111111111111111111111111111111111111111"}},"new":null}]},"repository":{"full_name":"platform/access"}}"#;
const CLOUD_CODE: &str = "4bd524635a1bfe067c77af112ae92c75b0ba5b6923103503b211559eb8b51b26";

/// What Bitbucket's data center writes.
const SERVER: &str = r#"{"changes":[{"ref":{"id":"refs/heads/main"},"fromHash":"1111111111111111111111111111111111111111","toHash":"9f2c1e7a4b5d6c8e0f1a2b3c4d5e6f7a8b9c0d1e"}],"repository":{"links":{"clone":[{"href":"ssh://git@git.example/platform/access.git","name":"ssh"},{"href":"https://git.example/scm/platform/access.git","name":"http"}]}}}"#;
const SERVER_CODE: &str = "11f968d95f4b10fd707443cfdfd48182c0df60da0b3e1b34b2859b13815908d1";

/// Ours; the code is over `1795536000.` and the body.
const GENERIC: &str = r#"{"repositories":["https://git.example/platform/access.git"],"ref":"refs/heads/main","commit":"9f2c1e7a4b5d6c8e0f1a2b3c4d5e6f7a8b9c0d1e"}"#;
const GENERIC_CODE: &str = "fddf1987dc8a0724d787030068a8cebcbcfd254d95fe96ed713f7dd1eec0de52";

/// One delivery to one receiver.
#[derive(Clone)]
struct Delivery {
    kind: ReceiverKind,
    secret: &'static str,
    headers: HeaderMap,
    body: Vec<u8>,
    now: i64,
}

impl Delivery {
    fn new(kind: ReceiverKind, headers: &[(&'static str, &str)], body: &str) -> Self {
        let headers = headers.iter().map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header of a test"))
        });
        let mut map = HeaderMap::new();
        map.extend(headers);
        Self { kind, secret: SECRET, headers: map, body: body.into(), now: NOW }
    }

    fn receiver(&self) -> Receiver {
        Receiver { name: "hook".into(), kind: self.kind, secret: SecretString::from(self.secret) }
    }

    fn arrived(&self) -> Arrived<'_> {
        Arrived { headers: &self.headers, body: &self.body }
    }

    fn verify(&self) -> Result<Verified, Refusal> {
        let now = Timestamp::from_second(self.now).expect("a time of a test");
        verify(&self.receiver(), self.arrived(), now)
    }
}

fn github() -> Delivery {
    let signature = format!("sha256={PUSH_CODE}");
    Delivery::new(
        ReceiverKind::GitHub,
        &[("x-github-event", "push"), ("x-hub-signature-256", &signature)],
        PUSH,
    )
}

fn gitea() -> Delivery {
    let headers = [("x-gitea-event", "push"), ("x-gitea-signature", PUSH_CODE)];
    Delivery::new(ReceiverKind::Gitea, &headers, PUSH)
}

fn forgejo() -> Delivery {
    let headers = [("x-forgejo-event", "push"), ("x-forgejo-signature", PUSH_CODE)];
    Delivery::new(ReceiverKind::Gitea, &headers, PUSH)
}

fn bitbucket_cloud() -> Delivery {
    let signature = format!("sha256={CLOUD_CODE}");
    let headers = [("x-event-key", "repo:push"), ("x-hub-signature", signature.as_str())];
    Delivery::new(ReceiverKind::Bitbucket, &headers, CLOUD)
}

fn bitbucket_server() -> Delivery {
    let signature = format!("sha256={SERVER_CODE}");
    let headers = [("x-event-key", "repo:refs_changed"), ("x-hub-signature", signature.as_str())];
    Delivery::new(ReceiverKind::Bitbucket, &headers, SERVER)
}

fn gitlab() -> Delivery {
    let body = r#"{"object_kind":"push","event_name":"push","ref":"refs/heads/main","after":"9f2c1e7a4b5d6c8e0f1a2b3c4d5e6f7a8b9c0d1e","project":{"git_http_url":"https://git.example/platform/access.git","git_ssh_url":"git@git.example:platform/access.git","web_url":"https://git.example/platform/access"}}"#;
    let headers = [("x-gitlab-event", "Push Hook"), ("x-gitlab-token", SECRET), ("idempotency-key", "1")];
    Delivery::new(ReceiverKind::GitLab, &headers, body)
}

fn generic() -> Delivery {
    let signature = format!("sha256={GENERIC_CODE}");
    let headers = [("x-rolecall-timestamp", "1795536000"), ("x-rolecall-signature", signature.as_str())];
    Delivery::new(ReceiverKind::Generic, &headers, GENERIC)
}

fn all() -> [Delivery; 7] {
    [github(), gitea(), forgejo(), bitbucket_cloud(), bitbucket_server(), gitlab(), generic()]
}

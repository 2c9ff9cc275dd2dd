//! A piece of news as each kind of target reads it.

use rolecall_core::config::NotifyKind;
use rolecall_core::render::API_VERSION;
use serde_json::json;

use super::{News, Target};
use crate::receive::signed;

/// What is posted: the body, and headers beside its content type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) body: String,
    pub(super) headers: Vec<(&'static str, String)>,
}

pub(super) fn letter(target: &Target, news: &News) -> Letter {
    match target.kind {
        NotifyKind::Slack => Letter { body: slack(news), headers: Vec::new() },
        NotifyKind::Generic => {
            let body = document(news);
            let secret = target.secret.as_ref();
            let headers = secret.map(|secret| signed(secret, &body, news.at).to_vec()).unwrap_or_default();
            Letter { body, headers }
        }
    }
}

/// <https://docs.slack.dev/messaging/formatting-message-text>: three characters are its own.
fn slack(news: &News) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let sign = if news.notice.is_warning { ":warning: " } else { "" };
    json!({ "text": format!("{sign}*{}*: {}", escaped(&news.cluster), escaped(&news.notice.message)) })
        .to_string()
}

fn document(news: &News) -> String {
    json!({
        "apiVersion": API_VERSION,
        "kind": "Notification",
        "cluster": news.cluster,
        "reason": news.notice.reason,
        "isWarning": news.notice.is_warning,
        "message": news.notice.message,
        "revision": news.revision,
        "at": news.at,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use rolecall_core::config::ReceiverKind;
    use secrecy::SecretString;
    use serde_json::Value;

    use super::*;
    use crate::control::Notice;
    use crate::receive::{Arrived, Receiver, Refusal, verify};

    fn news() -> News {
        News {
            cluster: "prod".to_owned(),
            notice: Notice {
                reason: "Refused",
                message: "RG01: <!channel> & co".to_owned(),
                is_warning: true,
            },
            revision: Some("c1".to_owned()),
            at: Timestamp::from_second(1_795_536_000).unwrap(),
        }
    }

    fn target(kind: NotifyKind, secret: Option<&str>) -> Target {
        let url = SecretString::from("https://example.com/x");
        Target { name: "ops".to_owned(), kind, url, secret: secret.map(SecretString::from) }
    }

    #[test]
    fn nobody_is_called_by_what_a_message_says() {
        let letter = letter(&target(NotifyKind::Slack, None), &news());
        let body: Value = serde_json::from_str(&letter.body).unwrap();
        assert_eq!(body["text"], ":warning: *prod*: RG01: &lt;!channel&gt; &amp; co");
    }

    #[test]
    fn what_is_signed_a_receiver_of_ours_believes() {
        let secret = "a secret of more than 16 bytes";
        let letter = letter(&target(NotifyKind::Generic, Some(secret)), &news());
        let mut headers = http::HeaderMap::new();
        for (name, value) in &letter.headers {
            headers.insert(*name, value.parse().unwrap());
        }
        let receiver = |secret: &str| Receiver {
            name: "a".to_owned(),
            kind: ReceiverKind::Generic,
            secret: SecretString::from(secret.to_owned()),
        };
        let arrived = || Arrived { headers: &headers, body: letter.body.as_bytes() };
        // It is believed, and no push.
        let believed = verify(&receiver(secret), arrived(), news().at);
        assert!(matches!(believed, Err(Refusal::Malformed(_))), "{believed:?}");
        let refused = verify(&receiver("another secret of 16 bytes"), arrived(), news().at);
        assert_eq!(refused, Err(Refusal::Signature));
        let body: Value = serde_json::from_str(&letter.body).unwrap();
        assert_eq!(
            (&body["cluster"], &body["reason"], &body["revision"]),
            (&"prod".into(), &"Refused".into(), &"c1".into())
        );
    }
}

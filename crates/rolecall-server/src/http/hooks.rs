//! `POST /hooks/NAME`: first whether it may be looked at, then its body, then whether it is believed.

use std::time::Duration;

use http::{Request, StatusCode};
use hyper::body::Incoming;

use super::answer::{self, later, line};
use super::body::{self, Unread};
use crate::metrics::WebhookOutcome;
use crate::receive::{Answer, Arrived, Now, Receivers};

/// A controller that has too much to do has done some of it by then.
const BUSY_FOR: Duration = Duration::from_secs(5);

/// Answers a delivery, and counts it.
pub(super) async fn post(
    receivers: &Receivers,
    name: &str,
    request: Request<Incoming>,
    patience: Duration,
) -> answer::Answer {
    if let Err(wait) = receivers.admit(name, Now::read()) {
        receivers.count(name, WebhookOutcome::Limited);
        return later(StatusCode::TOO_MANY_REQUESTS, "too many deliveries", wait);
    }
    let (head, body) = request.into_parts();
    match body::read(body, patience).await {
        Err(unread) => {
            receivers.count(name, outcome(unread));
            refuse(unread)
        }
        Ok(body) => {
            let arrived = Arrived { headers: &head.headers, body: &body };
            let answer = receivers.receive(name, arrived, Now::read());
            receivers.count(name, answer.into());
            tell(answer)
        }
    }
}

/// The same for a wrong signature and an unknown name.
fn tell(answer: Answer) -> answer::Answer {
    match answer {
        Answer::Accepted => line(StatusCode::ACCEPTED, "accepted"),
        Answer::Ignored => line(StatusCode::OK, "nothing to do for this event"),
        Answer::Replayed => line(StatusCode::OK, "already received"),
        Answer::Refused => line(StatusCode::FORBIDDEN, "refused"),
        Answer::Malformed(message) => line(StatusCode::BAD_REQUEST, message),
        Answer::Busy => later(StatusCode::SERVICE_UNAVAILABLE, "busy", BUSY_FOR),
    }
}

fn refuse(unread: Unread) -> answer::Answer {
    match unread {
        Unread::TooLarge => line(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 1 MiB"),
        Unread::TooSlow => line(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
        Unread::Broken => line(StatusCode::BAD_REQUEST, "the body is cut or not HTTP"),
    }
}

fn outcome(unread: Unread) -> WebhookOutcome {
    match unread {
        Unread::TooLarge => WebhookOutcome::TooLarge,
        Unread::TooSlow | Unread::Broken => WebhookOutcome::Unread,
    }
}

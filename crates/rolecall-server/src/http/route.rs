//! Which path is answered by whom.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, StatusCode};
use hyper::body::Incoming;

use super::answer::{Answer, line, method_not_allowed, text};
use super::health::Health;
use super::hooks;
use crate::metrics::{CONTENT_TYPE, Metrics};
use crate::receive::Receivers;

/// What is served at one address. The paths of what is absent are not found.
#[derive(Clone, Default)]
pub struct Site {
    /// `/hooks/NAME`
    pub receivers: Option<Arc<Receivers>>,
    /// `/healthz` and `/readyz`
    pub health: Option<Arc<dyn Health>>,
    /// `/metrics`
    pub metrics: Option<Arc<Metrics>>,
}

impl Site {
    /// Answers one request; its body may take so long.
    pub(super) async fn respond(&self, request: Request<Incoming>, patience: Duration) -> Answer {
        let path = request.uri().path();
        match (path, path.strip_prefix("/hooks/")) {
            (_, Some(name)) => match &self.receivers {
                Some(receivers) if request.method() == Method::POST => {
                    let name = name.to_owned();
                    hooks::post(receivers, &name, request, patience).await
                }
                Some(_) => method_not_allowed("POST"),
                None => not_found(),
            },
            _ => self.read(&request),
        }
    }

    /// What is only looked at.
    fn read(&self, request: &Request<Incoming>) -> Answer {
        let show: Option<&dyn Fn() -> Answer> = match (request.uri().path(), &self.health, &self.metrics) {
            ("/healthz", Some(health), _) => Some(&|| probe(health.alive())),
            ("/readyz", Some(health), _) => Some(&|| probe(health.ready())),
            ("/metrics", _, Some(metrics)) => Some(&|| text(StatusCode::OK, CONTENT_TYPE, metrics.render())),
            _ => None,
        };
        match show {
            None => not_found(),
            Some(show) if [Method::GET, Method::HEAD].contains(request.method()) => show(),
            Some(_) => method_not_allowed("GET, HEAD"),
        }
    }
}

fn probe(result: Result<(), &'static str>) -> Answer {
    match result {
        Ok(()) => line(StatusCode::OK, "ok"),
        Err(message) => line(StatusCode::SERVICE_UNAVAILABLE, message),
    }
}

fn not_found() -> Answer {
    line(StatusCode::NOT_FOUND, "not found")
}

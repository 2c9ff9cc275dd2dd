//! One request, from the wire to its answer: which service, which fault, who calls, what is said, what is logged.

use http::header::{ACCEPT, HOST};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use serde_json::Value;

use super::answer::{self, Failure};
use super::directory::Directory;
use super::fault::{Fault, Faults};
use super::request_log::{LoggedRequest, RequestLog};
use super::signature::{self, Endpoint};
use super::{Service, eks, sts};

/// No request to these services is near this size.
const MAX_BODY: usize = 1024 * 1024;

/// What the listeners share.
#[derive(Debug)]
pub(super) struct Dispatch {
    directory: Directory,
    faults: Faults,
    log: RequestLog,
}

/// Ends a connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("connection cut")]
pub(super) struct Cut;

impl Dispatch {
    pub(super) fn new(directory: Directory) -> Self {
        Self { directory, faults: Faults::default(), log: RequestLog::default() }
    }

    pub(super) fn faults(&self) -> &Faults {
        &self.faults
    }

    pub(super) fn requests(&self) -> Vec<LoggedRequest> {
        self.log.list()
    }

    /// Answers a request, or cuts the connection: by a fault, or since the body is broken or too large.
    pub(super) async fn respond(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, MAX_BODY).collect().await.map_err(|_| Cut)?.to_bytes();
        let request = Request::from_parts(head, body);
        let service = service_of(&request);
        let failure = match self.faults.next(service) {
            None => None,
            Some(Fault::Slow(delay)) => {
                tokio::time::sleep(delay).await;
                None
            }
            Some(Fault::Unavailable) => Some(Failure::unavailable(service)),
            Some(Fault::Throttled) => Some(Failure::throttled(service)),
            Some(Fault::Cut) => {
                let action = action_of(service, &request);
                self.log.push(LoggedRequest { service, action, caller: None, status: None, error: None });
                return Err(Cut);
            }
        };
        Ok(self.answer(service, &request, failure))
    }

    fn answer(
        &self,
        service: Service,
        request: &Request<Bytes>,
        fault: Option<Failure>,
    ) -> Response<Full<Bytes>> {
        let action = action_of(service, request);
        let (caller, result) = match fault {
            Some(failure) => (None, Err(failure)),
            None => self.call(service, request),
        };
        let error = result.as_ref().err().map(|failure| failure.code.to_owned());
        let response = match service {
            Service::Sts => answer::query(&action, result, accepts_json(request)),
            Service::Eks => answer::rest(result),
        };
        let status = Some(response.status().as_u16());
        self.log.push(LoggedRequest { service, action, caller, status, error });
        response
    }

    /// Returns the caller's ARN, if the signature was right, and what the service says.
    fn call(&self, service: Service, request: &Request<Bytes>) -> (Option<String>, Result<Value, Failure>) {
        let caller = match signature::authenticate(request, service, &self.directory) {
            Ok(caller) => caller,
            Err(refusal) => return (None, Err(Failure::refused(service, &refusal))),
        };
        let result = match service {
            Service::Sts => sts::call(&self.directory, &caller, request),
            Service::Eks => eks::call(&self.directory, &caller, request),
        };
        (Some(caller.arn()), result)
    }
}

/// Tells the service by the host, else by the credential scope, else by the path.
fn service_of(request: &Request<Bytes>) -> Service {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if let Some(endpoint) = Endpoint::of_host(host) {
        return if endpoint.service == "eks" { Service::Eks } else { Service::Sts };
    }
    let scoped = signature::scoped_service(request);
    let is_eks = match scoped.as_deref() {
        Some(name) => name == "eks",
        None => request.uri().path() != "/",
    };
    if is_eks { Service::Eks } else { Service::Sts }
}

fn action_of(service: Service, request: &Request<Bytes>) -> String {
    match service {
        Service::Sts => sts::action(request),
        Service::Eks => eks::action(request),
    }
}

fn accepts_json(request: &Request<Bytes>) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|value| value.contains("application/json"))
}

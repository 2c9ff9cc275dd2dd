//! Faults happen when they are asked for, and the log says so.

use std::time::{Duration, Instant};

use rolecall_sandbox::aws::{Fault, LoggedRequest, Server, Service};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::python::sign;
use crate::wire::{read_to_end, send, try_send};
use crate::world::{ACCOUNT, IDENTITY, World, eks_get, sts_post};

#[tokio::test]
async fn each_service_fails_as_told_and_recovers() {
    let world = World::start().await;
    let signed = sign(&world.user_key, vec![sts_post(IDENTITY), eks_get("/clusters")]).await;
    let [sts, eks] = [&signed[0], &signed[1]];
    let faults = world.server.faults();
    for (service, fault, request, status, code) in [
        (Service::Sts, Fault::Throttled, sts, 400, "Throttling"),
        (Service::Eks, Fault::Throttled, eks, 429, "ThrottlingException"),
        (Service::Sts, Fault::Unavailable, sts, 503, "ServiceUnavailable"),
        (Service::Eks, Fault::Unavailable, eks, 503, "ServiceUnavailableException"),
    ] {
        faults.inject(service, fault);
        let answer = world.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, Some(code)));
        let other = if service == Service::Sts { eks } else { sts };
        assert_eq!(world.send(other).await.status, 200, "the other service is well");
        faults.clear(service);
        assert_eq!(world.send(request).await.status, 200);
    }
}

#[tokio::test]
async fn a_cut_connection_gets_no_answer() {
    let world = World::start().await;
    let signed = sign(&world.user_key, vec![sts_post(IDENTITY)]).await.remove(0);
    world.server.faults().inject_times(Service::Sts, Fault::Cut, 2);
    let endpoint = world.server.endpoint_url();
    assert!(try_send(&endpoint, &signed).await.is_none());
    assert!(try_send(&endpoint, &signed).await.is_none());
    assert_eq!(send(&endpoint, &signed).await.status, 200);
}

#[tokio::test]
async fn a_slow_answer_is_the_right_one() {
    let world = World::start().await;
    let signed = sign(&world.user_key, vec![sts_post(IDENTITY)]).await.remove(0);
    let delay = Duration::from_millis(200);
    world.server.faults().inject(Service::Sts, Fault::Slow(delay));
    let began = Instant::now();
    assert_eq!(world.send(&signed).await.status, 200);
    assert!(began.elapsed() >= delay);
}

#[tokio::test]
async fn the_log_names_calls_callers_and_outcomes() {
    let world = World::start().await;
    let signed = sign(&world.session_key, vec![sts_post(IDENTITY), eks_get("/clusters/none")]).await;
    for request in &signed {
        world.send(request).await;
    }
    let altered = signed[0].clone().with("X-Amz-Date", "20200101T000000Z");
    world.send(&altered).await;
    world.server.faults().inject(Service::Sts, Fault::Cut);
    try_send(&world.server.endpoint_url(), &signed[0]).await;
    let entry = |service, action: &str, caller: Option<&str>, status, error: Option<&str>| LoggedRequest {
        service,
        action: action.to_owned(),
        caller: caller.map(str::to_owned),
        status,
        error: error.map(str::to_owned),
    };
    let caller = format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/build1");
    let (caller, missing, mismatch) =
        (Some(caller.as_str()), Some("ResourceNotFoundException"), Some("SignatureDoesNotMatch"));
    assert_eq!(
        world.server.requests(),
        [
            entry(Service::Sts, "GetCallerIdentity", caller, Some(200), None),
            entry(Service::Eks, "DescribeCluster", caller, Some(404), missing),
            entry(Service::Sts, "GetCallerIdentity", None, Some(403), mismatch),
            entry(Service::Sts, "GetCallerIdentity", None, None, None),
        ]
    );
}

#[tokio::test]
async fn the_proxy_serves_nothing_but_connect_to_https() {
    let world = World::start().await;
    let address = world.server.proxy_url().strip_prefix("http://").unwrap().to_owned();
    for line in ["GET http://sts.amazonaws.com/ HTTP/1.1", "CONNECT 10.0.0.1:22 HTTP/1.1"] {
        let mut client = TcpStream::connect(&address).await.unwrap();
        client.write_all(format!("{line}\r\n\r\n").as_bytes()).await.unwrap();
        let answer = read_to_end(&mut client).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 405 "), "{line}: {answer}");
    }
}

#[tokio::test]
async fn a_dropped_server_ends_its_connections() {
    let world = World::start().await;
    let server = Server::start(world.directory.clone()).await.unwrap();
    let address = server.endpoint_url().strip_prefix("http://").unwrap().to_owned();
    let mut open = TcpStream::connect(&address).await.unwrap();
    // Once a part of a request was read, the connection is known to be in service.
    open.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT").await.unwrap();
    assert!(open.read(&mut [0; 16]).await.unwrap() > 0);
    drop(server);
    // A reset is an end as well.
    let _ = read_to_end(&mut open).await;
    assert!(TcpStream::connect(&address).await.is_err());
}

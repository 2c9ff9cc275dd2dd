//! An EC2 that knows every instance, as far as the authenticator asks: the private DNS name of an id.
//!
//! It checks no signature and answers nothing else.

use std::convert::Infallible;
use std::net::Ipv4Addr;

use anyhow::Result;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::background;
use crate::cluster::REGION;

/// A running stand-in for EC2; dropped, it takes no more connections.
#[derive(Debug)]
pub(crate) struct Ec2 {
    port: u16,
    listener: AbortHandle,
}

/// The private DNS name that an instance has here.
pub fn private_dns_name(instance_id: &str) -> String {
    format!("{instance_id}.{REGION}.compute.internal")
}

impl Ec2 {
    pub(crate) fn start() -> Result<Self> {
        let listener = background::run(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let port = listener.local_addr()?.port();
        Ok(Self { port, listener: background::spawn(serve(listener)) })
    }

    /// The value for `AWS_ENDPOINT_URL_EC2`.
    pub(crate) fn endpoint_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Ec2 {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn serve(listener: TcpListener) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(async move {
            // A connection that breaks is the client's business.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service_fn(describe)).await;
        });
    }
}

/// `DescribeInstances` by ids, which are words, so that nothing has to be escaped.
async fn describe(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body =
        request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let body = String::from_utf8_lossy(&body);
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    let instances = pairs.filter(|(name, _)| name.starts_with("InstanceId.")).map(|(_, id)| {
        let name = private_dns_name(id);
        format!("<item><instanceId>{id}</instanceId><privateDnsName>{name}</privateDnsName></item>")
    });
    let answer = format!(
        "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>0</requestId><reservationSet><item><instancesSet>{}</instancesSet></item>\
         </reservationSet></DescribeInstancesResponse>",
        instances.collect::<String>()
    );
    Ok(Response::new(Full::new(Bytes::from(answer))))
}

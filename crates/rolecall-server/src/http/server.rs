//! Accepting clients, and stopping to.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::connection;
use super::limits::Limits;
use super::route::Site;

/// Serves a site until `stop` ends, and then lets requests that are under way end, for [`Limits::shutdown`].
pub async fn serve(listener: TcpListener, site: Site, limits: Limits, stop: impl Future<Output = ()>) {
    let site = Arc::new(site);
    let (stopping, is_stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            client = accept(&listener), if connections.len() < limits.connections => {
                let site = Arc::clone(&site);
                connections.spawn(connection::serve(client, site, limits, is_stopping.clone()));
            }
        }
    }
    drop(listener);
    stopping.send_replace(true);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    // Whoever hangs is cut off by dropping `connections`.
    let _ = timeout(limits.shutdown, all_ended).await;
}

/// The next client. Errors are about one client that left, or about file descriptors that others must give back.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((client, _)) => return client,
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

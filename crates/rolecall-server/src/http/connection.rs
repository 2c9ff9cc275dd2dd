//! One connection: one request, one answer, and an end.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::limits::{BODY_BYTES, HEAD_BYTES, Limits};
use super::route::Site;

/// How long a client that was answered early may go on sending.
const LINGER: Duration = Duration::from_secs(2);

/// Serves a client, until it is done, is too slow, or `stopping` turns true and nothing is under way.
pub(super) async fn serve(
    client: TcpStream,
    site: Arc<Site>,
    limits: Limits,
    stopping: watch::Receiver<bool>,
) {
    // Whoever is too slow for that is cut off without a word.
    let _ = timeout(limits.connection, talk(client, site, limits, stopping)).await;
}

async fn talk(client: TcpStream, site: Arc<Site>, limits: Limits, mut stopping: watch::Receiver<bool>) {
    let service = service_fn(|request| {
        let site = Arc::clone(&site);
        Box::pin(async move { Ok::<_, Infallible>(site.respond(request, limits.body).await) })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .keep_alive(false)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(client), service);
    let ended = tokio::select! {
        ended = poll_fn(|context| connection.poll_without_shutdown(context)) => ended,
        () = async { drop(stopping.wait_for(|stopping| *stopping).await) } => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|context| connection.poll_without_shutdown(context)).await
        }
    };
    // What could not be parsed was answered (400, 431); whoever was too slow was not.
    if ended.map_or_else(|error| error.is_parse(), |()| true) {
        linger(connection.into_parts().io.into_inner()).await;
    }
}

/// Ends the answer, and then throws away what a client still sends: closing at once, with bytes unread, would
/// reset the connection and take the answer ("413", "429") with it.
async fn linger(mut client: TcpStream) {
    if client.shutdown().await.is_err() {
        return;
    }
    let mut rest = client.take(BODY_BYTES as u64);
    let mut thrown_away = [0; 8 * 1024];
    let _ = timeout(LINGER, async { while rest.read(&mut thrown_away).await.is_ok_and(|n| n > 0) {} }).await;
}

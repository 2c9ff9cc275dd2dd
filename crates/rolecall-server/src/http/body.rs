//! Bodies, up to a size and a time.

use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use tokio::time::timeout;

use super::limits::BODY_BYTES;

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    TooLarge,
    TooSlow,
    Broken,
}

/// Reads a body; what says itself that it is too large is not begun.
pub(super) async fn read(body: Incoming, patience: Duration) -> Result<Bytes, Unread> {
    if body.size_hint().lower() > BODY_BYTES as u64 {
        return Err(Unread::TooLarge);
    }
    let whole = Limited::new(body, BODY_BYTES).collect();
    match timeout(patience, whole).await {
        Err(_) => Err(Unread::TooSlow),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLarge),
        Ok(Err(_)) => Err(Unread::Broken),
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
    }
}

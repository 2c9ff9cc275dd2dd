//! The one place that tries again. Adapters do not, or a refusal would be asked for many times over.

use std::time::Duration;

use crate::port::{Clock, PortError, PortErrorKind, PortFuture};

/// So often is it tried.
const ATTEMPTS: u32 = 4;

/// The first pause; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest that we let the other side tell us to wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Reads, and reads again where a little later may be better. Only for what changes nothing.
pub(crate) async fn reading<'a, T>(
    clock: &dyn Clock,
    read: impl Fn() -> PortFuture<'a, T>,
) -> Result<T, PortError> {
    again(clock, PortErrorKind::is_transient, read).await
}

/// Writes, and writes again what was turned away for there being too many requests: that was not carried out.
pub(crate) async fn writing<'a, T>(
    clock: &dyn Clock,
    write: impl Fn() -> PortFuture<'a, T>,
) -> Result<T, PortError> {
    again(clock, |kind| kind == PortErrorKind::Throttled, write).await
}

async fn again<'a, T>(
    clock: &dyn Clock,
    is_worth_it: impl Fn(PortErrorKind) -> bool,
    ask: impl Fn() -> PortFuture<'a, T>,
) -> Result<T, PortError> {
    let mut attempt = 0;
    loop {
        match ask().await {
            Err(error) if is_worth_it(error.kind) && attempt + 1 < ATTEMPTS => {
                let pause = error.retry_after.unwrap_or(FIRST_PAUSE * 2u32.pow(attempt));
                clock.sleep(pause.min(LONGEST_PAUSE)).await;
                attempt += 1;
            }
            result => return result,
        }
    }
}

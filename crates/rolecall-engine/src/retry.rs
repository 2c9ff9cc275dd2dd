//! The one place that tries again. Adapters do not, or a refusal would be asked for many times over.

use std::time::Duration;

use crate::port::{Clock, PortError, PortFuture};

/// So often is a read tried.
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
    let mut attempt = 0;
    loop {
        match read().await {
            Err(error) if error.kind.is_transient() && attempt + 1 < ATTEMPTS => {
                let pause = error.retry_after.unwrap_or(FIRST_PAUSE * 2u32.pow(attempt));
                clock.sleep(pause.min(LONGEST_PAUSE)).await;
                attempt += 1;
            }
            result => return result,
        }
    }
}

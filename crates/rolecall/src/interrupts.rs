//! Ctrl-C, and the signal by which a CI ends a job.

use std::io;

/// Hears that somebody wants us to stop.
pub(crate) struct Interrupts {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Interrupts {
    /// From now on neither ends the process by itself. Needs a tokio runtime around it.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
        })
    }

    /// Comes back at the next one.
    pub(crate) async fn next(&mut self) {
        let interrupted = async {
            if tokio::signal::ctrl_c().await.is_err() {
                // Without a handler the signal ends us, as it does everybody.
                std::future::pending::<()>().await;
            }
        };
        #[cfg(unix)]
        tokio::select! {
            () = interrupted => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        interrupted.await;
    }
}

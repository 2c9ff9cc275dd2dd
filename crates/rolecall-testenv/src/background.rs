//! One runtime for everything that has to live on while tests come and go.
//!
//! It does not offer cancellation: what is spawned here ends by itself or with
//! the process.

use std::future::Future;
use std::sync::{OnceLock, mpsc};

use tokio::runtime::{Builder, Runtime};

/// Runs `future` on the background runtime and blocks until it is done.
///
/// Works inside another runtime too, where tokio's own `block_on` would panic.
pub fn run<F>(future: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (done, wait) = mpsc::sync_channel(1);
    runtime().spawn(async move {
        // A receiver that is gone means that the caller panicked meanwhile.
        let _ = done.send(future.await);
    });
    wait.recv().expect("the task sends its output unless it panicked, which its message above says")
}

/// Leaves `future` running in the background.
pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) -> tokio::task::AbortHandle {
    runtime().spawn(future).abort_handle()
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("testenv")
            .enable_all()
            .build()
            .expect("the machine lets a test start two threads")
    })
}

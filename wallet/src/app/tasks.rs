//! Work that must not wait for, or block, a page.

use std::sync::{Mutex, PoisonError};

use tokio::task::{JoinHandle, spawn_blocking};

/// Work that goes on beside the pages.
#[derive(Default)]
pub(crate) struct Tasks(Mutex<Vec<JoinHandle<()>>>);

impl Tasks {
    /// Does it on a thread where it may wait.
    pub(super) fn begin(&self, work: impl FnOnce() + Send + 'static) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|task| !task.is_finished());
        running.push(spawn_blocking(work));
    }

    /// Waits until everything that was begun is done.
    #[cfg(test)]
    pub(super) async fn done(&self) {
        loop {
            let running = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
            if running.is_empty() {
                return;
            }
            for task in running {
                task.await.expect("no work of the app panics");
            }
        }
    }
}

/// Does `work` where it may wait, and gives what it found. Work that panics is a defect: it is logged by the runtime and
/// the page says that something failed.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, super::form::Trouble> {
    spawn_blocking(work).await.map_err(|_| super::form::Trouble::new("defect"))
}

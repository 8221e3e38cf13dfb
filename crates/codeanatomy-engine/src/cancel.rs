//! The token that stops a run: set by a person or by the deadline, read by every guard. It stops nothing by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio_util::sync::CancellationToken;

use crate::error::{EngineError, Result};

const RUNNING: u8 = 0;
const CANCELLED: u8 = 1;
const TIMED_OUT: u8 = 2;

/// Shared by the one who waits and all that works. Clones are the same token.
#[derive(Clone, Debug, Default)]
pub struct CancelToken {
    reason: Arc<AtomicU8>,
    wake: CancellationToken,
}

impl CancelToken {
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the run, unless it is stopping already.
    pub fn cancel(&self) {
        self.stop(CANCELLED);
    }

    /// Stops the run because its time is over.
    pub fn time_out(&self) {
        self.stop(TIMED_OUT);
    }

    fn stop(&self, reason: u8) {
        // The first reason stays; whether this call was the first does not matter.
        let _ = self.reason.compare_exchange(RUNNING, reason, Ordering::AcqRel, Ordering::Acquire);
        self.wake.cancel();
    }

    pub fn is_set(&self) -> bool {
        self.reason.load(Ordering::Relaxed) != RUNNING
    }

    /// Fails once the token is set.
    pub fn check(&self) -> Result<()> {
        match self.reason.load(Ordering::Relaxed) {
            RUNNING => Ok(()),
            TIMED_OUT => Err(EngineError::timeout(None)),
            _ => Err(EngineError::cancelled()),
        }
    }

    /// Ends when the token is set, with the reason.
    pub async fn set(&self) -> EngineError {
        self.wake.cancelled().await;
        self.check().err().unwrap_or_else(EngineError::cancelled)
    }
}

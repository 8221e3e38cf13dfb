//! The moment from which a run is no longer given up. Who gives it up, and when, is `execute`.

use std::sync::atomic::{AtomicU8, Ordering};

/// Whether a run may still be given up: not once its first commit began.
#[derive(Debug, Default)]
pub struct CommitGate {
    state: AtomicU8,
}

impl CommitGate {
    const OPEN: u8 = 0;
    const COMMITTING: u8 = 1;
    const ABANDONED: u8 = 2;

    /// Begins the commits, unless the run was given up.
    pub fn enter(&self) -> bool {
        self.state.compare_exchange(Self::OPEN, Self::COMMITTING, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Gives the run up, unless it is committing.
    pub fn abandon(&self) -> bool {
        self.state.compare_exchange(Self::OPEN, Self::ABANDONED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

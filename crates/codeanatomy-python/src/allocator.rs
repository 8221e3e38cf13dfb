//! The allocator of the engine. Plans allocate and free small arrays all the time, on every thread: glibc's takes a third of a run for that.

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// `mi_option_purge_delay` in mimalloc.h; the bindings have no name for it.
const PURGE_DELAY: i32 = 15;

/// Freed memory goes back to the system at once: threads that wait for the next operator would keep it, a quarter of a build's peak.
pub fn give_back_at_once() {
    // SAFETY: sets a number that the allocator reads; any value is valid.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, 0) }
}

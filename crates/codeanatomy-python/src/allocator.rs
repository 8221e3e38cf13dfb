//! The allocator of the engine. Plans allocate and free small arrays all the time, on every thread: glibc's takes a third of a run for that.
//! It asks for no huge pages (its feature `no_thp`): of those that are freed in part all stays, a sixth of a build's peak, and nothing is faster.

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// `mi_option_purge_delay` in mimalloc.h; the bindings have no name for it.
const PURGE_DELAY: i32 = 15;

/// Milliseconds.
const DELAY: std::ffi::c_long = 10;

/// Freed memory goes back to the system soon: threads that wait for the next operator would keep it, a quarter of a build's peak. Not at once:
/// what is needed again a moment later would have to be asked for anew, a tenth of a run.
pub fn give_back_soon() {
    // SAFETY: sets a number that the allocator reads; any value is valid.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, DELAY) }
}

/// tree-sitter makes its trees with the same allocator, which is faster at it than the C library's.
pub fn serve_tree_sitter() {
    use libmimalloc_sys::{mi_calloc, mi_free, mi_malloc, mi_realloc};
    // SAFETY: the four are of one allocator, and no tree has been made yet: this runs when the module is loaded.
    unsafe { tree_sitter::set_allocator(Some(mi_malloc), Some(mi_calloc), Some(mi_realloc), Some(mi_free)) }
}

/// The C library's allocator gives back what the caller's own work left there: of extraction, some 30 MB.
pub fn trim_others() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        unsafe extern "C" {
            fn malloc_trim(pad: usize) -> std::ffi::c_int;
        }
        // SAFETY: may be called at any time, from any thread; it only releases free memory.
        unsafe { malloc_trim(0) };
    }
}

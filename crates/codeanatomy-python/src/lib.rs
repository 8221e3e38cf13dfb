//! `codeanatomy._engine`: the engine for Python. The only crate that knows PyO3; every decision is made below it.

mod about;
mod allocator;
mod bytes;
mod call;
mod cancel;
mod captures;
mod compare;
mod error;
mod execute;
mod generation;
mod syntax_trees;
mod writer;

/// The private module; `codeanatomy.engine` is its face.
#[pyo3::pymodule]
mod _engine {
    #[pymodule_export]
    use crate::about::{codes, operators, spec_schema, versions};
    #[pymodule_export]
    use crate::cancel::CancelToken;
    #[pymodule_export]
    use crate::captures::Captures;
    #[pymodule_export]
    use crate::compare::{difference, fingerprint};
    #[pymodule_export]
    use crate::execute::{CompiledPlan, CpgMaterializer, RunResult, SemanticPlanCompiler, SessionFactory};
    #[pymodule_export]
    use crate::generation::{OutputLock, clean, current, publish};
    #[pymodule_export]
    use crate::syntax_trees::SyntaxTrees;
    #[pymodule_export]
    use crate::writer::TableWriter;
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::allocator::give_back_soon();
        crate::allocator::serve_tree_sitter();
        crate::call::remember_process();
        Ok(())
    }
}

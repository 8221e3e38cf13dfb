"""The questions people ask of a published graph, answered by the PyPI `datafusion` and `deltalake`. Nothing here writes, and no Rust of ours runs."""

"""Real source distributions for tests: `source("django")`, `source("sympy")`. They are declared, fetched and checked by `bench.sources`."""

from bench.sources import cache, source

__all__ = ["cache", "source"]

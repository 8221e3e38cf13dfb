"""Extractors: one per file, plain synchronous Python, bytes in and rows out. They know nothing of processes, tables on disk or each other."""

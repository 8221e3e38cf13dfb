"""Processes of ours: workers that extract, and tools such as git. Nothing else in the package starts a process."""

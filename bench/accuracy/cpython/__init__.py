"""CPython itself as truth: what the standard library does when it runs. Each suite has a script that runs in a process of its own and says it."""

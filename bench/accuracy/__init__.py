"""Accuracy: facts of the graph held against truths that nobody here wrote, suite by suite. It holds no target, and no suite's text is kept here."""

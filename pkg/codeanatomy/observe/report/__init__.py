"""The diagnostics report of a run: composed of what the run recorded, as JSON, Markdown and one HTML page. Nothing here measures."""

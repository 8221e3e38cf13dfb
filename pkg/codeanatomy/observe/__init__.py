"""What is known of a run: its stages, metrics and manifest, read from what ran. Nothing here decides anything."""

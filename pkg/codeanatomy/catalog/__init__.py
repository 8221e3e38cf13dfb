"""Everything that is declared: tables, views, kinds, failures, metrics, settings. Data only: it imports the standard library and itself."""

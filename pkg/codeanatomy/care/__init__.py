"""Care of published tables: what is there, what may go, what can be current again. Rows are read and written by the engine alone."""

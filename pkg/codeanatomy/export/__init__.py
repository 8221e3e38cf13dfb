"""A graph in the forms that other programs read. Each module writes one form, batch by batch; none asks questions of its own."""

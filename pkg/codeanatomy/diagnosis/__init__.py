"""What is right and wrong with a machine and with a finished build, each told in one line. It mends nothing."""

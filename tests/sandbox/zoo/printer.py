"""Prints to stdout by every way there is. It is harmless."""

import os
import sys

from tests.sandbox.zoo.animal import Animal


class Printer(Animal):
    def bite(self, source):
        print("printed", flush=True)
        sys.stdout.write("written\n")
        os.write(1, b"to the descriptor\n")
        sys.stdout.flush()


open = Printer

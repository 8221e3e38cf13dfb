"""Aborts for want of memory, as libraries in Rust do."""

import os

from tests.sandbox.zoo.animal import Animal


class Rusty(Animal):
    def bite(self, source):
        os.write(2, b"memory allocation of 64 bytes failed\n")
        os.abort()


open = Rusty

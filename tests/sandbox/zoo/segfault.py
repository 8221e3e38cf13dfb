"""Reads from address 0."""

import ctypes

from tests.sandbox.zoo.animal import Animal


class Segfault(Animal):
    def bite(self, source):
        ctypes.string_at(0)


open = Segfault

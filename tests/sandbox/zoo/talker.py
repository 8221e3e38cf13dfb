"""Floods stderr."""

import os

from tests.sandbox.zoo.animal import Animal


class Talker(Animal):
    def bite(self, source):
        while True:
            os.write(2, b"blah " * 1_000)


open = Talker

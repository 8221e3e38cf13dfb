"""Raises what no extractor may raise."""

from tests.sandbox.zoo.animal import Animal


class Bug(Animal):
    def bite(self, source):
        raise SystemExit("a bug in the extractor")


open = Bug

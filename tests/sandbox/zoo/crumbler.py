"""Sends batches of nothing, and never commits."""

import os

from codeanatomy.sandbox import wire
from tests.sandbox.zoo.animal import Animal, stream


class Crumbler(Animal):
    def bite(self, source):
        while True:
            os.write(stream(), wire.frame(wire.BATCH, b"\0") * 1_000)


open = Crumbler

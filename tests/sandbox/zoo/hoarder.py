"""Sends batch after batch and never commits."""

import os

from codeanatomy.sandbox import wire
from tests.sandbox.zoo.animal import Animal, stream


class Hoarder(Animal):
    def bite(self, source):
        while True:
            os.write(stream(), wire.frame(wire.BATCH, b"\0" + bytes(60_000)))


open = Hoarder

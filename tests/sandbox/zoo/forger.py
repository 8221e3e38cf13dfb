"""Puts a batch into the stream that is none."""

import os

from codeanatomy.sandbox import wire
from tests.sandbox.zoo.animal import Animal, stream


class Forger(Animal):
    def bite(self, source):
        os.write(stream(), wire.frame(wire.BATCH, b"\0" + source.data))


open = Forger

"""Commits files that it has not read."""

import os

from codeanatomy.sandbox import wire
from tests.sandbox.zoo.animal import Animal, forever, stream


class Liar(Animal):
    def bite(self, source):
        os.write(stream(), wire.FRAME.pack(wire.COMMIT, 4) + wire.NUMBER.pack(1_000))
        forever()


open = Liar

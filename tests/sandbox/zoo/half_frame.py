"""Leaves in the middle of a frame, as if all were well."""

import os

from codeanatomy.sandbox import wire
from tests.sandbox.zoo.animal import Animal, stream


class HalfFrame(Animal):
    def bite(self, source):
        os.write(stream(), wire.FRAME.pack(wire.BATCH, 1_000) + b"only this")
        os._exit(0)


open = HalfFrame

"""Announces a frame larger than any may be."""

import os

from codeanatomy.sandbox import wire
from tests.sandbox.zoo.animal import Animal, forever, stream


class Giant(Animal):
    def bite(self, source):
        os.write(stream(), wire.FRAME.pack(wire.BATCH, 0xFFFF_FFFF))
        forever()


open = Giant

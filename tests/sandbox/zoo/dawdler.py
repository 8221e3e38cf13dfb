"""Says again and again that it is about to make its batches, as if that were progress."""

import os
import time

from codeanatomy.sandbox import wire
from tests.sandbox.zoo.animal import Animal, stream


class Dawdler(Animal):
    def bite(self, source):
        while True:
            os.write(stream(), wire.frame(wire.START, wire.NUMBER.pack(wire.NO_FILE)))
            time.sleep(0.1)


open = Dawdler

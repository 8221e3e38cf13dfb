"""Sends the frames of failures that its file says, behind the back of its worker."""

import os

from codeanatomy.sandbox import wire
from tests.sandbox.zoo.animal import Animal, forever, stream


class Slanderer(Animal):
    def bite(self, source):
        for payload in source.data.splitlines()[1:]:
            os.write(stream(), wire.frame(wire.FAILURE, payload))
        forever()


open = Slanderer

"""Writes garbage into the stream."""

import os

from tests.sandbox.zoo.animal import Animal, forever, stream


class Garbage(Animal):
    def bite(self, source):
        os.write(stream(), b"this is not a frame")
        forever()


open = Garbage

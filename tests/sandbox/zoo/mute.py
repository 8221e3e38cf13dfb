"""Closes its stream and stays."""

import os
import time

from tests.sandbox.zoo.animal import Animal, stream


class Mute(Animal):
    def bite(self, source):
        os.close(stream())
        time.sleep(3_600)


open = Mute

"""Sleeps."""

import time

from tests.sandbox.zoo.animal import Animal


class Sleeper(Animal):
    def bite(self, source):
        time.sleep(3_600)


open = Sleeper

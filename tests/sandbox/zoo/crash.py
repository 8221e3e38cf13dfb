"""Ends the process with an exit code."""

import os

from tests.sandbox.zoo.animal import Animal


class Crash(Animal):
    def bite(self, source):
        os._exit(3)


open = Crash

"""Reads a bad file, and dies only when the batch is made: of several files, nobody knows at first which it was."""

import os

from tests.sandbox.zoo.animal import Animal


class Late(Animal):
    doomed = False

    def bite(self, source):
        self.doomed = True

    def take(self):
        if self.doomed:
            os._exit(4)
        return super().take()


open = Late

"""Does all that is asked, says that it is done, and does not go."""

import os
import time

from tests.sandbox.zoo.animal import Animal


class Lingerer(Animal):
    def __init__(self):
        super().__init__()
        os._exit = lambda code: time.sleep(3_600)


open = Lingerer

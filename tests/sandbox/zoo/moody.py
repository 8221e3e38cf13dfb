"""Refuses a bad file, and dies of a worse one."""

import os

from codeanatomy.extract.source import Failed
from tests.sandbox.zoo.animal import Animal


class Moody(Animal):
    def bite(self, source):
        if b"worse" in source.data:
            os._exit(6)
        raise Failed("CA201", "not today")


open = Moody

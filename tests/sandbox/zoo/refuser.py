"""Refuses a bad file, as an extractor should."""

from codeanatomy.extract.source import Failed
from tests.sandbox.zoo.animal import Animal


class Refuser(Animal):
    def bite(self, source):
        raise Failed("CA201", "this is no Python", bstart=1, bend=3, line=7)


open = Refuser

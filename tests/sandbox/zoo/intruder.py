"""Does the deed that its file names, and tells how it went by refusing the file."""

import json

from codeanatomy.extract.source import Failed
from tests.sandbox.zoo import deeds
from tests.sandbox.zoo.animal import Animal


class Intruder(Animal):
    def bite(self, source):
        deed, facts = json.loads(source.data.removeprefix(b"bad "))
        raise Failed("CA201", deeds.attempt(deed, facts))


open = Intruder

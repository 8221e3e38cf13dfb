"""Does what it should."""

from tests.sandbox.zoo.animal import Animal


open = Animal

"""Asks for more and more memory."""

from tests.sandbox.zoo.animal import Animal


class Glutton(Animal):
    def bite(self, source):
        meals = []
        while True:
            meals.append(bytearray(64 << 20))


open = Glutton

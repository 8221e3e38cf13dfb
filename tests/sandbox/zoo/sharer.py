"""Takes shared memory, which RLIMIT_DATA does not count."""

import mmap

from tests.sandbox.zoo.animal import Animal, forever


class Sharer(Animal):
    def bite(self, source):
        meal = mmap.mmap(-1, 256 << 20)
        meal[:] = b"x" * len(meal)
        forever()


open = Sharer

"""Ignores every signal that can be ignored, and so does the child that it leaves behind."""

import ctypes
import os
import signal

from tests.sandbox.zoo.animal import Animal, forever


# Python's own `signal` works in the main thread only.
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    ctypes.CDLL(None).signal(int(number), ctypes.c_void_p(1))


class Stubborn(Animal):
    def bite(self, source):
        os.fork()
        forever()


open = Stubborn

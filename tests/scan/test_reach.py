"""What a file says only after it was opened. Files of the kernel do so at will: their size is zero, and some open and cannot be read."""

from __future__ import annotations

import os
import sys

import pytest

from codeanatomy.scan.reach import Reach
from codeanatomy.scan.refusal import Refused

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
PROC = Reach(b"/proc")


@pytest.mark.parametrize("read", [PROC.read, PROC.head], ids=["read", "head"])
def test_what_opens_and_cannot_be_read_is_refused(read) -> None:
    with pytest.raises(Refused) as refused:
        read(b"%d/mem" % os.getpid(), 100)
    assert (refused.value.failure.code, refused.value.failure.message) == ("CA102", "it cannot be read: Input/output error")


def test_what_is_larger_than_it_said_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        PROC.read(b"cpuinfo", 10)
    assert (refused.value.failure.code, refused.value.failure.message) == ("CA105", "more than the 10 bytes that are read")


def test_what_is_larger_than_it_said_is_read_to_its_end() -> None:
    with open("/proc/version", "rb") as file:
        assert PROC.read(b"version") == file.read()

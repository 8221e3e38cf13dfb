"""The stream's frames, cut wherever a pipe may cut them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeanatomy.sandbox import wire

FRAME_LISTS = st.lists(st.tuples(st.sampled_from(sorted(wire.KINDS)), st.binary(max_size=300)), max_size=20)


@settings(deadline=None)
@given(FRAME_LISTS, st.lists(st.integers(0, 2_000), max_size=30))
def test_frames_survive_every_cut(sent: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    stream = b"".join(wire.frame(kind, payload) for kind, payload in sent)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    frames = wire.Frames(300)
    received = [frame for start, end in pairwise(edges) for frame in frames.feed(stream[start:end])]
    assert received == sent


@pytest.mark.parametrize("stream", [b"X\0\0\0\0", b"B\x2d\x01\0\0", b"\0\0\0\0\0"])
def test_what_is_no_frame_is_garbage(stream: bytes) -> None:
    """An unknown kind, a length of 301 where 300 are allowed, zeros."""
    with pytest.raises(wire.Garbage):
        list(wire.Frames(300).feed(stream))


@settings(deadline=None)
@given(st.binary(max_size=8).filter(lambda payload: len(payload) != 4))
def test_a_number_has_four_bytes(payload: bytes) -> None:
    with pytest.raises(wire.Garbage):
        wire.number(payload)

"""BLAKE3 of up to 1,024 bytes, after its specification: enough for the second implementation of the fingerprint. Slow, and for tests only."""

from __future__ import annotations

import struct

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
COLUMNS_AND_DIAGONALS = (
    (0, 4, 8, 12),
    (1, 5, 9, 13),
    (2, 6, 10, 14),
    (3, 7, 11, 15),
    (0, 5, 10, 15),
    (1, 6, 11, 12),
    (2, 7, 8, 13),
    (3, 4, 9, 14),
)
CHUNK_START, CHUNK_END, ROOT = 1, 2, 8


def blake3(data: bytes) -> bytes:
    """The first 32 bytes of the hash."""
    assert len(data) <= 1024, "one chunk only"
    blocks = [data[start : start + 64] for start in range(0, len(data), 64)] or [b""]
    chain = IV
    for number, block in enumerate(blocks):
        flags = (CHUNK_START if number == 0 else 0) | (CHUNK_END | ROOT if number == len(blocks) - 1 else 0)
        chain = _compress(chain, block, flags)
    return struct.pack("<8I", *chain)


def _compress(chain: tuple[int, ...], block: bytes, flags: int) -> tuple[int, ...]:
    words = list(struct.unpack("<16I", block.ljust(64, b"\0")))
    state = [*chain, *IV[:4], 0, 0, len(block), flags]
    for _ in range(7):
        for place, (a, b, c, d) in enumerate(COLUMNS_AND_DIAGONALS):
            for word, turns in ((words[2 * place], (16, 12)), (words[2 * place + 1], (8, 7))):
                state[a] = (state[a] + state[b] + word) % 2**32
                state[d] = _rotr(state[d] ^ state[a], turns[0])
                state[c] = (state[c] + state[d]) % 2**32
                state[b] = _rotr(state[b] ^ state[c], turns[1])
        words = [words[index] for index in PERMUTATION]
    return tuple(low ^ high for low, high in zip(state[:8], state[8:], strict=True))


def _rotr(word: int, by: int) -> int:
    return (word >> by | word << (32 - by)) % 2**32

"""BLAKE3 after its specification: a second implementation for fingerprints and hashes. Slow, and for tests only."""

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
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
CHUNK = 1024


def blake3(data: bytes) -> bytes:
    """The first 32 bytes of the hash."""
    return struct.pack("<8I", *_tree(data, 0, ROOT))


def _tree(data: bytes, counter: int, root: int) -> tuple[int, ...]:
    """The chaining value of a chunk, or of the two halves of more: the left one is the largest power of two of chunks that leaves something."""
    if len(data) <= CHUNK:
        return _chunk(data, counter, root)
    chunks = 1
    while chunks * 2 * CHUNK < len(data):
        chunks *= 2
    left, right = _tree(data[: chunks * CHUNK], counter, 0), _tree(data[chunks * CHUNK :], counter + chunks, 0)
    return _compress(IV, struct.pack("<16I", *left, *right), 0, PARENT | root)


def _chunk(data: bytes, counter: int, root: int) -> tuple[int, ...]:
    blocks = [data[start : start + 64] for start in range(0, len(data), 64)] or [b""]
    chain: tuple[int, ...] = IV
    for number, block in enumerate(blocks):
        flags = (CHUNK_START if number == 0 else 0) | (CHUNK_END | root if number == len(blocks) - 1 else 0)
        chain = _compress(chain, block, counter, flags)
    return chain


def _compress(chain: tuple[int, ...], block: bytes, counter: int, flags: int) -> tuple[int, ...]:
    words = list(struct.unpack("<16I", block.ljust(64, b"\0")))
    state = [*chain, *IV[:4], counter, 0, len(block), flags]
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

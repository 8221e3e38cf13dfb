"""Which one source a tool dies over, when the tool does not say: by halves. It runs nothing itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from codeanatomy.scan import SourceFile

Dies = Callable[[Sequence[SourceFile]], Awaitable[bool]]
"""Whether the tool dies over a tree of just these sources."""


async def culprit(suspects: Sequence[SourceFile], dies: Dies, may_go_on: Callable[[], bool]) -> SourceFile | None:
    """The source over which it dies alone; none if it dies over no single one, or must not be tried any more."""
    left = list(suspects)
    while left and may_go_on():
        half = left[: max(len(left) // 2, 1)]
        if await dies(half):
            if len(half) == 1:
                return half[0]
            left = half
        else:
            left = left[len(half) :]
    return None

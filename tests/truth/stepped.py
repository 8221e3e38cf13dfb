"""The steps of a graph, as control may walk over them: whether one can follow another. It builds nothing."""

from collections import defaultdict

Block = tuple[int, int]
"""Function and number."""
Place = tuple
"""Class in `ast`, line, column, end line, end column."""
JOINS = {
    "BoolOp",
    "IfExp",
    "Compare",
    "UnaryOp",
    "NamedExpr",
    "If",
    "While",
    "For",
    "AsyncFor",
    "With",
    "AsyncWith",
    "Try",
    "TryStar",
    "Match",
}
"""What several ways of control finish together, at the start of one block: a way into that block need not have begun all of them."""


class Steps:
    """Steps of the files `paths`, by block and by place."""

    def __init__(self, rows, path: str) -> None:
        self.of_block: dict[Block, list[Place]] = defaultdict(list)
        self.of_place: dict[Place, list[tuple[Block, int]]] = defaultdict(list)
        for function, block, *place in rows(
            f"SELECT function_id, block, kind, line, col, end_line, end_col FROM steps WHERE path = '{path}' ORDER BY 1, 2, seq"
        ):
            steps = self.of_block[function, block]
            self.of_place[tuple(place)].append(((function, block), len(steps)))
            steps.append(tuple(place))
        self.after: dict[Block, list[Block]] = defaultdict(list)
        self.handlers: dict[Block, list[Block]] = defaultdict(list)
        for function, source, target, kind in rows(f"SELECT function_id, src_block, dst_block, kind FROM cfg WHERE path = '{path}'"):
            (self.handlers if kind == "exception" else self.after)[function, source].append((function, target))
        self.entries = dict(rows(f"SELECT function_id, min(block) FROM blocks WHERE path = '{path}' AND \"entry\" GROUP BY 1"))

    def may_follow(self, place: Place, last: Place | None, said: set[Place]) -> bool:
        """Whether control can come from `last`, or from the start of the frame, to `place` without finishing any other of `said`."""
        if last is None:
            waiting = [((function, self.entries[function]), 0) for (function, _), _ in self.of_place[place]]
        else:
            waiting = [(block, at + 1) for block, at in self.of_place[last]]
        seen = set(waiting)
        while waiting:
            block, at = waiting.pop()
            steps = self.of_block[block]
            joins = next((number for number, step in enumerate(steps) if step[0] not in JOINS), len(steps))
            first = next(
                (step for number, step in enumerate(steps) if number >= at and (step == place or (step in said and number >= joins))), None
            )
            if first == place:
                return True
            ways = self.handlers[block] if first else self.after[block] + self.handlers[block]
            waiting += [(way, 0) for way in ways if (way, 0) not in seen]
            seen |= {(way, 0) for way in ways}
        return False

"""Which statement follows which in a control-flow graph, whatever it was drawn from. It builds nothing.

A statement follows another where a step of it is the next one, but for steps that both drawings need not place alike: what several ways
finish together, `pass`, constants that are statements or returned (the compiler drops them or lends them no span), and exits by exception.
"""

from collections import Counter, defaultdict
from itertools import pairwise

Statement = int | str
"""Number of its node; `entry` and `exit`."""
Succession = tuple[str, Statement, Statement]
"""`normal` or `exception`, a statement and the next one."""
HOLDERS = {"If", "While", "For", "AsyncFor", "With", "AsyncWith", "Try", "TryStar", "Match"}
JOINS = {"BoolOp", "IfExp", "Compare", "UnaryOp", "NamedExpr"}
FOLDED = {"Constant", "UnaryOp", "BinOp", "Tuple"}
NODE = (1 << 24) - 1


class Syntax:
    """The statements of the files of some evidence."""

    def __init__(self, rows) -> None:
        self.files = defaultdict(dict)
        self.children = defaultdict(list)
        for row in rows:
            self.files[row["file_id"]][row["node"]] = (row["parent"], row["kind"], row["field"])
            self.children[row["file_id"], row["parent"]].append(row["node"])

    def statement(self, file: int, node: int) -> int:
        """The statement that a node stands in, or the module."""
        of = self.files[file]
        while node and (of[node][2] not in ("body", "orelse", "finalbody") or of[of[node][0]][1] in ("Lambda", "IfExp")):
            node = of[node][0]
        return node

    def place(self, file: int, node: int) -> int | None:
        """The statement of a step, if it counts."""
        statement = self.statement(file, node)
        kind, own = self.files[file][node][1], self.files[file][statement][1]
        unplaced = (node == statement and kind in HOLDERS) or kind in JOINS or own == "Pass"
        return None if unplaced or (own in ("Return", "Expr") and self._is_folded(file, statement)) else statement

    def _is_folded(self, file: int, statement: int) -> bool:
        waiting = [*self.children[file, statement]]
        found = []
        while waiting:
            node = waiting.pop()
            found.append(self.files[file][node][1])
            waiting += self.children[file, node]
        return bool(found) and FOLDED.issuperset(found)

    def leaves(self, file: int, statement: int) -> bool:
        """Whether a way out behind a statement is no exception."""
        of = self.files[file]
        if of[statement][1] in ("Raise", "Try", "TryStar"):
            return False
        while statement:
            if of[statement][2] == "finalbody":
                return False
            statement = of[statement][0]
        return True


def successions(tables: dict[str, list[dict]], syntax: Syntax) -> dict[tuple, set[Succession]]:
    """By code object: path, kind, name, span, and its number among equals."""
    steps, blocks, after, handlers = (defaultdict(list) for _ in range(4))
    for row in sorted(tables["steps"], key=lambda row: (row["block_id"], row["seq"])):
        steps[row["block_id"]].append(row["node_id"] & NODE)
    for row in tables["flow"]:
        (handlers if row["kind"] == "exception" else after)[row["src_id"]].append(row["dst_id"])
    for row in tables["blocks"]:
        blocks[row["code_id"]].append(row)
    found: dict[tuple, set[Succession]] = {}
    equals: Counter[tuple] = Counter()
    for code in sorted(tables["compiled_code"], key=lambda code: code["number"]):
        key = (code["path"], code["kind"], code["name"], code["bstart"], code["bend"])
        equals[key] += 1
        body = _Body(code["file_id"], blocks[code["id"]], steps, after, handlers, syntax)
        found[(*key, equals[key])] = set(body.successions())
    return found


class _Body:
    def __init__(self, file, blocks, steps, after, handlers, syntax) -> None:
        self.file, self.blocks, self.after, self.handlers, self.syntax = file, blocks, after, handlers, syntax
        self.exits = {block["id"] for block in blocks if block["exit"]}
        self.places = {block["id"]: self._places(steps[block["id"]]) for block in blocks}

    def _places(self, nodes: list[int]) -> list[int]:
        places = [place for node in nodes if (place := self.syntax.place(self.file, node)) is not None]
        return [place for number, place in enumerate(places) if number == 0 or places[number - 1] != place]

    def successions(self):
        for block in self.blocks:
            this, places = block["id"], self.places[block["id"]]
            if block["entry"]:
                yield from (("normal", "entry", first) for first in self._first([this], False))
            yield from (("normal", *pair) for pair in pairwise(places))
            for last in places[-1:]:
                nexts = self._first(self.after[this], False) | ({"exit"} if this in self.exits else set())
                yield from (
                    ("normal", last, first) for first in nexts if first != last and (first != "exit" or self.syntax.leaves(self.file, last))
                )
            caught = self._first(self.handlers[this], True) - {"exit"}
            yield from (("exception", place, first) for place in places for first in caught if first != place)

    def _first(self, blocks: list[int], raised: bool) -> set[Statement]:
        """The first statements from some blocks on."""
        waiting, seen, found = [*blocks], set(blocks), set()
        while waiting:
            block = waiting.pop()
            if self.places[block]:
                found.add(self.places[block][0])
                continue
            if block in self.exits:
                found.add("exit")
            ways = [way for way in self.after[block] + (self.handlers[block] if raised else []) if way not in seen]
            waiting += ways
            seen.update(ways)
        return found

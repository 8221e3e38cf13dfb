"""The questions people ask of a graph: what each takes and the columns of its answer. How an answer is found is `query`'s.

The help of the command line, the schema of an answer's JSON, the library's Arrow tables and CATALOG.md follow from these rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from codeanatomy.catalog.shapes import Column


@dataclass(frozen=True, slots=True)
class Question:
    """A question: its name, what the answer says, an example of what follows `codeanatomy ask`, and the columns of the answer in order."""

    name: str
    sentence: str
    words: str
    columns: tuple[Column, ...]


def _id(name: str, sentence: str) -> Column:
    return Column(name, "int64", sentence)


def _text(name: str, sentence: str, nullable: bool = False) -> Column:
    return Column(name, "string", sentence, nullable)


def _count(name: str, sentence: str, nullable: bool = False) -> Column:
    return Column(name, "int32", sentence, nullable)


_PLACE = (
    _text("path", "Source, relative to the repository.", nullable=True),
    _count("line", "Line, from 1.", nullable=True),
    _count("col", "Column, from 1, in characters.", nullable=True),
)
_SPAN = (
    *_PLACE,
    _count("end_line", "Last line.", nullable=True),
    _count("end_col", "Column after the last character.", nullable=True),
)
_EVIDENCE = (
    _text("origin", "Evidence it rests on."),
    _text("resolution", "How the target was found.", nullable=True),
    Column("confidence", "float64", "How often such a row is right.", nullable=True),
)
_CALL = (
    _id("caller_id", "Function, lambda or module in which the call runs."),
    _text("caller", "Qualified name of that."),
    *_SPAN,
    _id("callee_id", "What is called."),
    _text("callee", "Qualified or dotted name of that."),
    _text("callee_kind", "`function`, `class`, `external` or `builtin`."),
    _text("callee_path", "Source of the callee; null outside the repository.", nullable=True),
    Column("callee_line", "int64", "Line of its `def` or `class`.", nullable=True),
    Column("implicit", "bool", "Whether no call is written here."),
    _text("via", "By what detour: `constructor`, `decorator`, …", nullable=True),
    *_EVIDENCE,
    Column("ambiguity_group", "int64", "Rows of one group are alternatives.", nullable=True),
)

QUESTIONS: tuple[Question, ...] = (
    Question(
        "callers", "Who calls a function, class, external symbol or builtin: the rows of `calls` to it.", "callers shop.money.add", _CALL
    ),
    Question("callees", "What a function, lambda or module calls: the rows of `calls` from it.", "callees shop.cart.make", _CALL),
    Question(
        "refs",
        "Where a name is used: the rows of `refs` whose target it is.",
        "refs shop.cart.Cart",
        (
            *_SPAN,
            _text("name", "The name as written."),
            _text("access", "`read`, `write` or `delete`."),
            _id("target_id", "What it means, behind imports."),
            _text("target", "Qualified or dotted name of that."),
            _text("target_path", "Source of that; null outside the repository.", nullable=True),
            _count("target_line", "Line of its name.", nullable=True),
            _count("target_col", "Column of its name.", nullable=True),
            _text("origin", "Evidence it rests on."),
            Column("confidence", "float64", "How often such a row is right.", nullable=True),
        ),
    ),
    Question(
        "definition",
        "What the name at a place means: its definition, or several where it may mean several things.",
        "definition shop/cart.py:7:22",
        (
            _id("target_id", "What the name means, behind imports."),
            _text("target", "Qualified or dotted name of that."),
            _text("kind", "Node kind of that."),
            *_SPAN,
            _text("origin", "Evidence it rests on."),
            Column("confidence", "float64", "How often such a row is right; null for the definition's own name.", nullable=True),
        ),
    ),
    Question(
        "subclasses",
        "Classes that inherit from a class, directly and by others.",
        "subclasses shop.cart.Base",
        (
            _id("class_id", "The class."),
            _text("class", "Its qualified name."),
            *_PLACE,
            _id("base_id", "The base through which it inherits."),
            _text("base", "Qualified or dotted name of that."),
            _count("distance", "1 for a direct subclass."),
        ),
    ),
    Question(
        "overrides",
        "Methods that override a method, and methods that it overrides, directly and by others.",
        "overrides shop.cart.Base.total",
        (
            _id("method_id", "The other method."),
            _text("method", "Its qualified name."),
            *_PLACE,
            _text("relation", "`overrides` if the other overrides the one asked for, `overridden` if that overrides the other."),
            _count("distance", "1 for the next one in the hierarchy."),
        ),
    ),
    Question(
        "imports",
        "What is imported, in all sources or in one; and who imports a module.",
        "imports shop.money",
        (
            _text("importer", "Module that holds the import."),
            _text("path", "Its source, relative to the repository."),
            _count("line", "Line, from 1."),
            _text("relation", "`imports` if the module asked for holds it, else `imported`; null where all are asked for.", nullable=True),
            _text("module", "Dotted module of the statement, absolute.", nullable=True),
            _text("name", "Name after `import` of a from-import.", nullable=True),
            _text("alias", "Name after `as`.", nullable=True),
            _text("target", "Qualified or dotted name of what it finally means.", nullable=True),
            _text("target_kind", "`module`, `definition`, `external`, `stdlib` or `unresolved`."),
            _text("distribution", "Distribution that provides it.", nullable=True),
            _text("version", "Version of the distribution.", nullable=True),
        ),
    ),
    Question(
        "import_cycles",
        "Modules that import each other in a circle: every import inside each group.",
        "imports --cycles",
        (
            _count("cycle", "Number of the group, from 1; the largest first."),
            _count("modules", "How many modules the group has."),
            _text("importer", "Module that holds the import."),
            _text("path", "Its source, relative to the repository."),
            _count("line", "Line, from 1."),
            _text("imported", "Module of the same group that it imports."),
            Column("deferred", "bool", "Whether the import stands in a function, so that it runs later."),
        ),
    ),
    Question(
        "impact",
        "What a change of some sources may affect: everything that depends on what they define, directly and by others.",
        "impact shop/money.py",
        (
            _id("id", "What may be affected."),
            _text("kind", "`module`, `class`, `function` or `lambda`."),
            _text("qualified_name", "Its qualified name."),
            *_PLACE,
            _count("distance", "1 for what depends on the changed sources directly."),
            _text("reason", "`import`, `reference`, `call`, `inheritance` or `override`: why it depends."),
            _id("through_id", "What it depends on, which is changed or affected itself."),
            _text("through", "Qualified name of that."),
            _count("site_line", "Line of the import, use, call or base.", nullable=True),
        ),
    ),
    Question(
        "slice",
        "The lines that what happens on a line depends on (backward), or that depend on it (forward).",
        "slice shop/money.py:5 --backward",
        (
            _text("path", "Source, relative to the repository."),
            _count("line", "Line, from 1."),
            _text("function", "Qualified name of the definition whose code it is.", nullable=True),
            _count("distance", "Steps from the line asked for."),
            _text(
                "reason",
                "`data` (a value flows) or `control` (a condition decides, or what may raise an exception that a handler waits for).",
            ),
            _text("name", "The variable that carries the value.", nullable=True),
            _text("through_path", "Source of the line through which it belongs to the slice."),
            _count("through_line", "That line."),
        ),
    ),
    Question(
        "path",
        "How one thing reaches another by calls: a shortest chain, call by call.",
        "path main shop.money.add",
        (_count("step", "Place in the chain, from 1."), *_CALL),
    ),
)

BY_NAME: dict[str, Question] = {question.name: question for question in QUESTIONS}

"""The public views: a stable contract over the published tables. One row per view here, its SQL in the file of its name.

The SQL is plain enough for DataFusion, DuckDB and Spark alike. Conventions: `line` and `col` start at 1, columns count characters,
ends are exclusive, a column is null where there is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codeanatomy.catalog.graph.calls import CALLEE_TEXT, REASON, STATUS


@dataclass(frozen=True, slots=True)
class PublicView:
    """A view of the contract: its name, what a row is, its columns in order with their meaning, and an example query."""

    name: str
    sentence: str
    columns: tuple[tuple[str, str], ...]
    example: str

    @property
    def sql(self) -> str:
        return (Path(__file__).parent / f"{self.name}.sql").read_text(encoding="utf-8")


_PLACE = (("path", "Source, relative to the repository."), ("line", "Line, from 1."), ("col", "Column, from 1, in characters."))
_SPAN = (*_PLACE, ("end_line", "Last line."), ("end_col", "Column after the last character."))
_DRAWN = "`bytecode`, or `syntax` where the source has a syntax tree and no bytecode."

PUBLIC_VIEWS: tuple[PublicView, ...] = (
    PublicView(
        "files",
        "One row per source of the scan.",
        (
            ("path", "Path relative to the repository."),
            ("module", "Dotted name of the module it defines."),
            ("lines", "Number of lines."),
            ("bytes", "Size on disk."),
            ("encoding", "Encoding by BOM, cookie or default."),
            ("status", "`ok`, or `failed` if an extractor has a failure for it."),
            ("parser", "`ast`, or `tree_sitter` for a source that CPython refuses; null where nothing is known of it."),
        ),
        "SELECT path, lines FROM files ORDER BY lines DESC LIMIT 5",
    ),
    PublicView(
        "definitions",
        "One row per module, class, function and lambda statement, and per variable, parameter and attribute of a scope.",
        (
            ("id", "Id of the definition."),
            ("kind", "Node kind."),
            ("name", "Its own name."),
            ("qualified_name", "Dotted name from the module on."),
            ("path", "Source, relative to the repository."),
            ("line", "Line of `def` or `class`; of the name for the others."),
            ("col", "Column of the name token, from 1, in characters."),
            ("end_line", "Line of the end of the name token."),
            ("end_col", "Column after the name token."),
            ("parent_id", "Definition it stands in."),
            ("parent", "Qualified name of that."),
            ("decorators", "Decorators as dotted text, outermost first."),
            ("docstring", "Docstring as Python evaluates it."),
            ("origin", "`ast`, or `tree_sitter` in a source that CPython refuses."),
        ),
        "SELECT kind, count(*) AS n FROM definitions GROUP BY kind ORDER BY n DESC",
    ),
    PublicView(
        "bindings",
        "One row per place that binds a name.",
        (
            ("definition_id", "Definition that is bound; null for an import."),
            ("name", "The name."),
            ("how", "What binds it: def, assign, import, for, …"),
            *_SPAN,
            ("scope_id", "Module, class, function or lambda in whose scope it is bound."),
        ),
        "SELECT name, how, path, line FROM bindings WHERE how = 'walrus'",
    ),
    PublicView(
        "refs",
        "One row per use of a name or attribute and binding that it may see.",
        (
            *_SPAN,
            ("name", "The name as written."),
            ("access", "`read`, `write` or `delete`; `global` or `nonlocal` in such a statement."),
            ("target_id", "What it means, behind imports."),
            ("target", "Qualified or dotted name of that."),
            ("target_path", "Source of that; null outside the repository."),
            ("target_line", "Line of its name, where it is bound."),
            ("target_col", "Column of its name, where it is bound."),
            ("origin", "Evidence it rests on."),
            ("confidence", "How often such a row is right."),
        ),
        "SELECT path, line, access FROM refs WHERE target = 'shop.money.add'",
    ),
    PublicView(
        "calls",
        "One row per call site and callee. On CPython 3.11 `{x}` of an f-string has the place of the whole string, so that the rows of two may be equal.",
        (
            ("caller_id", "Function, lambda or module in which the call runs."),
            ("caller", "Qualified name of that."),
            *_SPAN,
            ("callee_id", "What is called."),
            ("callee", "Qualified or dotted name of that."),
            ("callee_kind", "`function`, `class`, `external` or `builtin`."),
            ("callee_path", "Source of the callee; null outside the repository."),
            ("callee_line", "Line of its `def` or `class`."),
            ("implicit", "Whether no call is written here."),
            ("via", "By what detour: `constructor`, `decorator`, …"),
            ("origin", "Evidence it rests on."),
            ("resolution", "How the callee was found."),
            ("confidence", "How often such a row is right."),
            ("ambiguity_group", "Rows of one group are alternatives."),
        ),
        "SELECT caller, path, line FROM calls WHERE callee = 'shop.money.add'",
    ),
    PublicView(
        "call_sites",
        "One row per written call, whatever became of it.",
        (
            *_SPAN,
            ("caller_id", "Definition in which the call runs."),
            ("callee_text", CALLEE_TEXT),
            ("status", STATUS),
            ("reason", REASON),
            ("targets", "Number of possible callees."),
        ),
        "SELECT status, count(*) AS n FROM call_sites GROUP BY status ORDER BY n DESC",
    ),
    PublicView(
        "disagreements",
        "One row per two answers of different evidence to one question. The graph keeps the first; the second is told here alone.",
        (
            ("subject", "What is asked about: the callee as written, or the caller where it is no dotted name; the name of a reference."),
            ("relation", "What is asked: `calls`, or of a name `refers`."),
            ("origin_a", "Evidence of the first answer."),
            ("value_a", "The first answer: qualified name."),
            ("origin_b", "Evidence of the second answer."),
            ("value_b", "The second answer."),
            ("path", "Where."),
            ("line", "Line there."),
        ),
        "SELECT subject, value_a, value_b, path, line FROM disagreements LIMIT 10",
    ),
    PublicView(
        "arguments",
        "One row per argument of a call, written or implicit, and parameter that it may fill.",
        (
            *_PLACE,
            ("callee_id", "Function whose parameter it is."),
            ("parameter_id", "The parameter."),
            ("parameter", "Its name."),
            (
                "position",
                "Place of the argument among the positional ones, from 0; null for a keyword, and where no argument list is written: for an operand, an index, "
                "what is stored or decorated.",
            ),
            ("keyword", "The keyword, if it is given by one."),
        ),
        "SELECT path, line, position, keyword FROM arguments WHERE parameter = 'how'",
    ),
    PublicView(
        "imports",
        "One row per imported name; a star import has one per name it brings.",
        (
            ("path", "Source, relative to the repository."),
            ("line", "Line, from 1."),
            ("module", "Dotted module, absolute."),
            ("name", "Name after `import` of a from-import."),
            ("alias", "Name after `as`."),
            ("target", "Qualified or dotted name of what it finally means."),
            ("target_kind", "`module`, `definition`, `external`, `stdlib` or `unresolved`."),
            ("distribution", "Distribution that provides it."),
            ("version", "Version of the distribution."),
            ("origin", "`ast`, or `tree_sitter` in a source that CPython refuses."),
        ),
        "SELECT target, count(*) AS n FROM imports WHERE target_kind = 'external' GROUP BY target ORDER BY n DESC LIMIT 5",
    ),
    PublicView(
        "inherits",
        "One row per class and known base.",
        (
            ("class_id", "The class."),
            ("class", "Its qualified name."),
            ("base", "Qualified or dotted name of the base."),
            ("base_id", "The base."),
            ("position", "Place among the bases, from 0."),
        ),
        "SELECT \"class\" FROM inherits WHERE base = 'shop.cart.Base'",
    ),
    PublicView(
        "mro",
        "One row per class and class of its method resolution order.",
        (
            ("class_id", "The class."),
            ("class", "Its qualified name."),
            ("position", "0 is the class itself."),
            ("ancestor", "Qualified or dotted name."),
        ),
        "SELECT position, ancestor FROM mro WHERE \"class\" = 'shop.cart.Cart' ORDER BY position",
    ),
    PublicView(
        "overrides",
        "One row per method that overrides another.",
        (
            ("method_id", "The method."),
            ("method", "Its qualified name."),
            ("overridden_id", "The next method of that name in the method resolution order."),
            ("overridden", "Its qualified name."),
        ),
        "SELECT method FROM overrides WHERE overridden = 'shop.cart.Base.total'",
    ),
    PublicView(
        "blocks",
        "One row per basic block.",
        (
            ("function_id", "Definition whose code it is; the code object where there is none."),
            ("function", "Qualified name of that."),
            ("path", "Source, relative to the repository."),
            ("block", "Number in the code object; the entry has the lowest."),
            ("entry", "Whether control enters here."),
            ("exit", "Whether control leaves here."),
            ("first_line", "Smallest line of its instructions."),
            ("last_line", "Largest line of its instructions."),
            ("origin", _DRAWN),
        ),
        "SELECT block, first_line, last_line FROM blocks WHERE \"function\" = 'shop.money.add' ORDER BY block",
    ),
    PublicView(
        "cfg",
        "One row per edge of control flow inside a code object.",
        (
            ("function_id", "Definition whose code it is; the code object where there is none."),
            ("function", "Qualified name of that."),
            ("path", "Source, relative to the repository."),
            ("src_block", "Block that control leaves."),
            ("dst_block", "Block that control enters."),
            ("kind", "`next`, `true`, `false`, `exception`, `yields` or `awaits`."),
            ("src_line", "Line of the last instruction left."),
            ("dst_line", "Line of the block entered."),
            ("origin", _DRAWN),
        ),
        "SELECT src_block, dst_block, kind FROM cfg WHERE \"function\" = 'shop.money.add' ORDER BY 1, 2",
    ),
    PublicView(
        "steps",
        "One row per evaluation of an expression or statement, in the block and at the place where CPython finishes it, after its operands.",
        (
            ("function_id", "Definition whose code it is; the code object where there is none."),
            ("function", "Qualified name of that."),
            ("path", "Source, relative to the repository."),
            ("block", "Number of the block in the code object; the entry has the lowest."),
            ("seq", "Order in the block, from 0."),
            ("line", "First line; of a decorated function or class, that of its `def` or `class`."),
            ("col", "Column, from 1, in characters."),
            ("end_line", "Last line."),
            ("end_col", "Column after the last character."),
            ("kind", "Its class in CPython's `ast`."),
            ("origin", _DRAWN),
        ),
        "SELECT block, seq, line, kind FROM steps WHERE \"function\" = 'shop.money.add' ORDER BY block, seq",
    ),
    PublicView(
        "dataflow",
        "One row per step of a value: from a binding or store to a read, from an argument to a parameter, from what is returned or yielded to where it "
        "comes back.",
        (
            ("variable", "Name that is read, or parameter that is filled; null for a result."),
            (
                "function_id",
                "Function, class or module that holds the variable, of an attribute that no class defines or more than one the module that stores it; "
                "the function that is called, returns or yields.",
            ),
            ("function", "Qualified name of that."),
            ("path", "Source in which the value is bound, passed, returned or yielded."),
            ("def_line", "Line of that."),
            ("def_col", "Column of that."),
            ("use_path", "Source to which it goes."),
            ("use_line", "Line of the read, the parameter, or the expression or statement that runs the function."),
            ("use_col", "Column of that."),
            (
                "kind",
                "`local` (also from around a class body to what it reads as it runs), `captured` (by a nested function), `global`, `attribute`, `argument`, "
                "`return` or `yield`.",
            ),
        ),
        "SELECT variable, def_line, use_line FROM dataflow WHERE \"function\" = 'shop.money.add' AND kind = 'local'",
    ),
    PublicView(
        "decorators",
        "One row per decorator of a class or function.",
        (
            ("definition_id", "What is decorated."),
            ("definition", "Qualified name of that."),
            ("position", "Place among its decorators, from 0, the outermost first."),
            ("text", "The decorator as written, brackets around it included, without its `@`; null where libcst did not run."),
            *_SPAN,
        ),
        "SELECT definition, text FROM decorators WHERE text LIKE '%cache%'",
    ),
    PublicView(
        "comments",
        "One row per comment.",
        (
            *_SPAN,
            ("kind", "`shebang`, `encoding`, `type_ignore`, `type`, `noqa`, `pragma`, `tool` or `plain`."),
            ("text", "The comment, with its `#`."),
            ("own_line", "Whether nothing but space stands before it on its line."),
        ),
        "SELECT path, line, text FROM comments WHERE kind = 'type_ignore'",
    ),
    PublicView(
        "types",
        "One row per inferred type of an expression and per written annotation.",
        (
            *_SPAN,
            (
                "subject",
                "Name of the expression where it has one; of what is annotated its qualified name, or its name where that is no definition, or not the first annotation of one.",
            ),
            (
                "type",
                "The type, names of classes dotted from their module on; the annotation as written, or where libcst did not run, or refuses the source, its name or null.",
            ),
            ("declared", "Whether it is written in the source."),
            ("origin", "Who says it: `pyrefly`, or `ast` for an annotation."),
        ),
        "SELECT subject, type FROM types WHERE path = 'shop/cart.py' AND NOT declared",
    ),
    PublicView(
        "failures",
        "One row per problem with a source.",
        (
            ("path", "Source or folder, relative to the repository."),
            ("stage", "`scan` or `extraction`."),
            ("extractor", "Who met the problem."),
            ("code", "Failure code: `codeanatomy explain CODE`."),
            ("severity", "`error` or `warning`."),
            ("message", "What happened."),
            ("line", "Line, where known."),
        ),
        "SELECT code, count(*) AS n FROM failures GROUP BY code ORDER BY n DESC",
    ),
)

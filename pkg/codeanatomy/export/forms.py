"""The forms of an export, by name: what each is and which module writes it. It writes nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from codeanatomy.export.whole import whole_file, whole_folder
from codeanatomy.failure import Coded

if TYPE_CHECKING:
    from codeanatomy.query.graph import OpenGraph


@dataclass(frozen=True, slots=True)
class Form:
    """A form: its name, what it is, and whether it is a folder of files or one stream."""

    name: str
    sentence: str
    folder: bool = False


FORMS: tuple[Form, ...] = (
    Form("pycg", "PyCG's call graph in JSON"),
    Form("graphml", "all nodes and edges for graph libraries and viewers"),
    Form("jsonl", "all nodes and edges, a JSON object each"),
    Form("dot", "for Graphviz: the call graph, or what --function or --around names"),
    Form("parquet", "a folder with a file for each public view and table", folder=True),
    Form("csv", "a folder with nodes.csv and edges.csv for Neo4j's bulk import", folder=True),
)
BY_NAME = {form.name: form for form in FORMS}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported: a form, and of DOT the part of the graph: the control flow of a function, or what is around a definition."""

    form: Form
    function: str | None = None
    around: str | None = None
    depth: int | None = None


def wanted(form: str, function: str | None = None, around: str | None = None, depth: int | None = None) -> Wanted:
    """What is asked for, if that can be. Raises CA637 for a form there is not, CA638 for options that do not go together."""
    if form not in BY_NAME:
        close = get_close_matches(form, BY_NAME, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise Coded("CA637", f"there is no export format {form!r}", f"{hint}there are {', '.join(BY_NAME)}")
    if form != "dot" and (function or around):
        raise Coded("CA638", f"{form} is of the whole graph", "a function, or what is around a name, can be had as dot")
    if function and around:
        raise Coded("CA638", "one graph is of a function or of what is around a name", "ask for one of them")
    if depth is not None and not around:
        raise Coded("CA638", "a depth is how far to go around a name", "say around what")
    return Wanted(BY_NAME[form], function, around, depth)


def export(graph: OpenGraph, what: Wanted, output: Path) -> list[Path]:
    """Write to a file, or of several files to a folder: whole, or nothing; gives the files. Raises CA805 when they cannot be written."""
    if what.form.folder:
        with whole_folder(output) as folder:
            _files(what)(graph, folder)
            names = sorted(path.name for path in folder.iterdir())
        return [output / name for name in names]
    with whole_file(output) as file:
        stream(what)(graph, file)
    return [output]


def stream(what: Wanted) -> Callable[[OpenGraph, IO[bytes]], None]:
    """What writes a form that is one stream."""
    from codeanatomy.export import dot, graphml, json_lines, pycg  # import Arrow, which the command line does without until it is needed

    match what.form.name:
        case "pycg":
            return pycg.write_pycg
        case "graphml":
            return graphml.write_graphml
        case "jsonl":
            return json_lines.write_json_lines
    if what.function:
        return partial(dot.write_control_flow, name=what.function)
    if what.around:
        return partial(dot.write_around, name=what.around, depth=what.depth or 1)
    return dot.write_calls


def _files(what: Wanted) -> Callable[[OpenGraph, Path], None]:
    from codeanatomy.export import neo4j, parquet

    return neo4j.write_neo4j if what.form.name == "csv" else parquet.write_parquet

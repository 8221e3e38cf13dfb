"""Import modules of the standard library and print what their classes inherit. Run as a script: the arguments are modules, each imported in a fork.

Output as JSON: {"classes": [[path, first line, qualified name, [base, …], [ancestor, …]], …], "aliases": {name: class, …},
"loaded": [path, …], "skipped": {module: why}}.
A class of a source is a list of path, first line and qualified name, any other its dotted name; `aliases` has all names that those others have in
modules. A module that cannot be imported here, or takes more than a minute, is skipped.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import io
import json
import os
import select
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = f"{sysconfig.get_paths()['stdlib']}/"
SECONDS = 60.0

sources: dict[type, tuple[str, int, str]] = {}
build = builtins.__build_class__


def building(body: Any, name: str, /, *bases: Any, **keywords: Any) -> Any:
    """In the place of `__build_class__`: remembers the source of each class."""
    made = build(body, name, *bases, **keywords)
    code = body.__code__
    if isinstance(made, type) and code.co_filename.startswith(ROOT):
        sources[made] = code.co_filename.removeprefix(ROOT), code.co_firstlineno, code.co_qualname
    return made


def early(module: ModuleType) -> None:
    """Classes of a module that the interpreter imported before anything could be remembered. What a decorator made of one is another."""
    file = getattr(module, "__file__", None)
    if not file or not file.startswith(ROOT) or not file.endswith(".py"):
        return
    for statement in ast.parse(Path(file).read_bytes()).body:
        if isinstance(statement, ast.ClassDef) and not statement.decorator_list:
            made = vars(module).get(statement.name)
            if isinstance(made, type) and made.__module__ == module.__name__:
                sources.setdefault(made, (file.removeprefix(ROOT), statement.lineno, statement.name))


def named(made: type, by_name: dict[tuple[str, str], tuple[str, int, str]]) -> Any:
    """What stands for a class; one that a decorator made anew stands for that of its statement."""
    return list(sources.get(made) or by_name.get((made.__module__, made.__qualname__)) or ()) or f"{made.__module__}.{made.__qualname__}"


def inherited() -> dict[str, Any]:
    """All classes that are known by now."""
    by_name = {(made.__module__, made.__qualname__): place for made, place in sources.items()}
    classes = [
        (*place, [named(base, by_name) for base in made.__bases__], [named(base, by_name) for base in made.__mro__])
        for made, place in sources.items()
    ]
    others = {base for made in sources for base in made.__mro__ if isinstance(named(base, by_name), str)}
    aliases = {
        f"{module}.{name}": named(value, by_name)
        for module, of in list(sys.modules.items())
        for name, value in list(vars(of).items())
        if isinstance(value, type) and value in others
    }
    files = [str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())]
    loaded = [file.removeprefix(ROOT) for file in files if file.startswith(ROOT) and "site-packages" not in file and file.endswith(".py")]
    return {"classes": classes, "aliases": aliases, "loaded": loaded}


def forked(module: str) -> Any:
    """What an import of a module in a fork finds, or why there is nothing."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        silent = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(silent, descriptor)
        try:
            importlib.import_module(module)
            answer: Any = inherited()
        except BaseException as error:  # whatever it is, this module is not importable here
            answer = f"{type(error).__name__}: {error}"
        with os.fdopen(writing, "w") as pipe:
            json.dump(answer, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        answered = io.BytesIO()
        while select.select([pipe], [], [], SECONDS)[0]:
            piece = pipe.read(1 << 20)
            if not piece:
                os.waitpid(child, 0)
                return json.loads(answered.getvalue() or b'"it ended the process"')
            answered.write(piece)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return f"took longer than {SECONDS:g} s"


def main(modules: list[str]) -> None:
    for imported in list(sys.modules.values()):
        early(imported)
    vars(builtins)["__build_class__"] = building
    classes: dict[tuple[Any, ...], Any] = {}
    aliases: dict[str, Any] = {}
    loaded: set[str] = set()
    skipped: dict[str, str] = {}
    for module in modules:
        found = forked(module)
        if isinstance(found, str):
            skipped[module] = found
            continue
        aliases |= found["aliases"]
        loaded |= set(found["loaded"])
        for path, first, name, bases, ancestors in found["classes"]:
            classes[path, first, name] = [path, first, name, bases, ancestors]
    found = {"classes": list(classes.values()), "aliases": aliases, "loaded": sorted(loaded), "skipped": skipped}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])

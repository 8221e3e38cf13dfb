"""What comes from programs that are not ours: how each is found, run in its cage, and its output cut into parcels for an extractor's workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeanatomy.catalog.extractors import EXTRACTORS
from codeanatomy.combine import provide_rows
from codeanatomy.dependencies import provide_dependencies, provide_interfaces
from codeanatomy.supply import Provide, provide_nothing
from codeanatomy.tools import scip, types

if TYPE_CHECKING:
    from codeanatomy.product import GraphProductBuildRequest


def supplies(request: GraphProductBuildRequest) -> dict[str, Provide]:
    """Who gets its supply from what, by extractor; who is not here reads the sources."""
    off = {"libcst": not request.enable_libcst, "tree_sitter": not request.enable_tree_sitter}
    provides: dict[str, Provide] = {name: provide_nothing for name, is_off in off.items() if is_off}
    provides["dependencies"] = provide_dependencies
    provides["scip"] = scip.provide(request.scip, request.work, request.confinement)
    provides["types"] = types.provide(request.types, request.work, request.confinement)
    provides |= {extractor.name: provide_rows for extractor in EXTRACTORS if extractor.inputs}
    if request.external_interface_depth == "metadata":
        return provides | dict.fromkeys(("external_names", "external_interfaces"), provide_nothing)
    return provides | {"external_names": provide_interfaces}

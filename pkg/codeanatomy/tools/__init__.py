"""What comes from programs that are not ours: how each is found, run in its cage, and its output cut into parcels for an extractor's workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeanatomy.supply import Provide, provide_nothing

if TYPE_CHECKING:
    from codeanatomy.product import GraphProductBuildRequest


def supplies(request: GraphProductBuildRequest) -> dict[str, Provide]:
    """Who gets its supply from what, by extractor; who is not here reads the sources."""
    off = {"libcst": not request.enable_libcst, "tree_sitter": not request.enable_tree_sitter}
    return {name: provide_nothing for name, is_off in off.items() if is_off}

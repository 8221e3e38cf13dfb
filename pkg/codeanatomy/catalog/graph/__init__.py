"""The graph's layers, in the order in which they build on each other. A layer's module says its kinds; its SQL lies in `views`."""

from codeanatomy.catalog.graph import calls, control_flow, data_flow, definitions, evidence, files, imports, names, syntax, types
from codeanatomy.catalog.graph.kinds import EdgeKind, Layer, NodeKind, Property

__all__ = ["EDGE_KINDS", "LAYERS", "NODE_KINDS", "PROPERTIES", "EdgeKind", "Layer", "NodeKind", "Property"]

LAYERS: tuple[Layer, ...] = (
    files.LAYER,
    syntax.LAYER,
    definitions.LAYER,
    names.LAYER,
    imports.LAYER,
    calls.LAYER,
    types.LAYER,
    control_flow.LAYER,
    data_flow.LAYER,
    evidence.LAYER,
)

NODE_KINDS: dict[str, NodeKind] = {kind.name: kind for layer in LAYERS for kind in layer.nodes}
EDGE_KINDS: dict[str, EdgeKind] = {kind.name: kind for layer in LAYERS for kind in layer.edges}
PROPERTIES: tuple[Property, ...] = tuple(item for layer in LAYERS for item in layer.properties)

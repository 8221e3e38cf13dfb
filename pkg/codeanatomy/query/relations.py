"""What a query may name: the public views and the tables. What lies in them is `graph`'s."""

from __future__ import annotations

from difflib import get_close_matches

from codeanatomy.catalog.public import PUBLIC_VIEWS
from codeanatomy.catalog.tables import AUXILIARY_TABLES, GRAPH_TABLES

TABLES = (*GRAPH_TABLES, *AUXILIARY_TABLES)
NAMES = (*(view.name for view in PUBLIC_VIEWS), *(table.name for table in TABLES))


def nearest(name: str) -> str:
    """A hint for whoever named one that there is not."""
    close = get_close_matches(name, NAMES, n=1, cutoff=0.5)
    return (f"did you mean {close[0]!r}? " if close else "") + "`codeanatomy query --views` lists what there is"

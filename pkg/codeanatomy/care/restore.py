"""An earlier generation, current again: its record is published as the next generation. No table changes."""

from __future__ import annotations

from codeanatomy.care.generations import check_whole
from codeanatomy.engine.generation import output_folder
from codeanatomy.failure import Coded
from codeanatomy.query.generation import Generation, open_generation


def check(generation: Generation) -> None:
    """Raises CA842 where there is nothing to restore, CA843 where the generation is not whole any more."""
    if generation.number == open_generation(generation.output_dir).number:
        raise Coded("CA842", f"generation {generation.number} is the current one", "`codeanatomy delta history` lists the others")
    check_whole(generation)


async def restore(generation: Generation) -> int:
    """Publish it again; returns the number of the new generation. Raises CA620 while a build writes, CA621 when one has published."""
    async with output_folder(generation.output_dir) as folder:
        check(generation)
        return await folder.publish({**generation.record, "restored_from": generation.number})

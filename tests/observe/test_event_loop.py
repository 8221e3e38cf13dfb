"""A build in the library leaves the event loop to others. That it does so on asyncio, during a build of Django, is in `tests/truth`."""

import shutil
import sysconfig
from pathlib import Path

from tests.support.ticking import check, ticked_build


def test_the_loop_is_never_blocked_on_trio(tmp_path):
    for name in ("email", "json"):
        source = Path(sysconfig.get_paths()["stdlib"]) / name
        shutil.copytree(source, tmp_path / "lib" / name, ignore=shutil.ignore_patterns("__pycache__"))
    result, ticks = ticked_build(tmp_path / "lib", tmp_path / "out", "trio", tools=False)
    check(ticks, result)

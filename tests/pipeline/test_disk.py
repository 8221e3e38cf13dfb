"""Builds onto a disk of their own, a small tmpfs, that gets full or read-only: a coded failure, and nothing is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from deltalake import DeltaTable
from tests.support.answers import check
from tests.support.mounts import MOUNT, NEEDS_MOUNTS
from tests.support.repositories import SHOP, write

COMMAND = Path(__file__).parents[2] / "bin" / "codeanatomy"
DISK_BYTES = 6 << 20
LEFT_BYTES = 40_000


pytestmark = NEEDS_MOUNTS


def build(repository: Path, output: Path) -> tuple[int, dict]:
    done = subprocess.run([COMMAND, "build", repository, "-o", output, "--json"], capture_output=True, text=True, check=False)
    check(["build"], done.stdout)
    return done.returncode, json.loads(done.stdout)


def rows(output: Path) -> dict[str, int]:
    """What another program reads of the generation that stands there."""
    number = int((output / "CURRENT").read_text())
    record = json.loads((output / "generations" / f"{number:06}.json").read_text())
    found = {
        name: DeltaTable(output / name, version=table["version"]).to_pyarrow_table().num_rows for name, table in record["tables"].items()
    }
    assert found == {name: table["rows"] for name, table in record["tables"].items()}
    return found


def fill(disk: Path) -> Path:
    """Leave so little room that no build fits."""
    filler, room = disk / "filler", os.statvfs(disk)
    with filler.open("wb") as file:
        file.write(bytes(room.f_bavail * room.f_frsize - LEFT_BYTES))
    return filler


def full(repository: Path, disk: Path) -> None:
    """In the namespace of the disk."""
    output = disk / "out"
    _, first = build(repository, output)
    before, filler = rows(output), fill(disk)
    code, printed = build(repository, output)
    assert (code, printed["status"], printed["error"]["stage"]) == (5, "failed", "materialization"), printed
    assert printed["error"]["code"] in {"CA610", "CA611"}  # data files and logs: which is first is chance
    assert "No space left on device" in printed["error"]["message"]
    assert printed["generation"] is None
    assert rows(output) == before
    assert not [*(output / "work" / "scratch").glob("*")]
    assert all(path.stat().st_size for path in (output / "runs" / printed["run_id"]).glob("*"))
    filler.unlink()
    _, again = build(repository, output)
    assert again["generation"] == 2
    assert [again["tables"][name]["fingerprint"] == first["tables"][name]["fingerprint"] for name in ("cpg_nodes", "cpg_edges")] == [
        True,
        True,
    ]


def read_only(repository: Path, disk: Path) -> None:
    """In the namespace of the disk."""
    output = disk / "out"
    build(repository, output)
    before, files = rows(output), sorted(disk.rglob("*"))
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    code, printed = build(repository, output)
    assert (code, printed["status"], printed["error"]["code"]) == (5, "failed", "CA622"), printed
    assert "Read-only file system" in printed["error"]["message"]
    assert [warning[:6] for warning in printed["warnings"]] == ["CA874:"]
    assert (printed["manifest"], printed["run_bundle"], printed["report"]) == (None, None, None)
    assert rows(output) == before
    assert sorted(disk.rglob("*")) == files


@pytest.mark.parametrize("case", [full, read_only])
def test_a_disk(tmp_path, case):
    write(tmp_path / "repository", SHOP)
    (tmp_path / "disk").mkdir()
    here = Path(__file__).parents[2]
    # It leaves without taking apart what it read tables with: threads of that library may still run, and then abort the process.
    code = (
        f"import os, sys\nfrom pathlib import Path\nfrom tests.pipeline.test_disk import {case.__name__} as case\n"
        "case(*map(Path, sys.argv[1:]))\nos._exit(0)"
    )
    mounted = f'mount -t tmpfs -o size={DISK_BYTES} none "$1" && shift && exec "$@"'
    command = [*MOUNT, "sh", "-c", mounted, "sh", tmp_path / "disk", sys.executable, "-c", code, tmp_path / "repository", tmp_path / "disk"]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]

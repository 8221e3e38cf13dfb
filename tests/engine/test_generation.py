"""Publishing: compare-and-set, what a crash leaves, the lock, cleaning up."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from deltalake import DeltaTable

from codeanatomy import _engine
from codeanatomy.engine.errors import EngineRuntimeError
from codeanatomy.engine.generation import work_folder
from tests.engine.specs import columns, read, write


def record(**versions: int) -> str:
    return json.dumps({"tables": {name: {"version": version} for name, version in versions.items()}})


def test_generations_follow_each_other(tmp_path: Path) -> None:
    assert _engine.current(tmp_path) is None
    assert _engine.publish(tmp_path, record(t=0)) == 1
    assert _engine.publish(tmp_path, record(t=1), 1) == 2
    assert json.loads(_engine.current(tmp_path) or "") == {"generation": 2, "record": {"tables": {"t": {"version": 1}}}}
    assert sorted(path.name for path in (tmp_path / "generations").iterdir()) == ["000001.json", "000002.json"]


@pytest.mark.parametrize("expected", [None, 1, 3])
def test_another_former_is_refused(tmp_path: Path, expected: int | None) -> None:
    _engine.publish(tmp_path, record(t=0))
    _engine.publish(tmp_path, record(t=1), 1)
    with pytest.raises(EngineRuntimeError) as caught:
        _engine.publish(tmp_path, record(t=2), expected)
    assert (caught.value.error_code, caught.value.details) == ("CA621", {"current": 2, "expected": expected})
    assert json.loads(_engine.current(tmp_path) or "")["generation"] == 2


def test_a_record_that_a_dead_build_left_is_replaced(tmp_path: Path) -> None:
    _engine.publish(tmp_path, record(t=0))
    (tmp_path / "generations" / "000002.json").write_text('{"tab')
    (tmp_path / "generations" / ".draft-x").write_text("half")
    assert json.loads(_engine.current(tmp_path) or "")["generation"] == 1
    assert _engine.publish(tmp_path, record(t=5), 1) == 2
    assert json.loads(_engine.current(tmp_path) or "")["record"] == {"tables": {"t": {"version": 5}}}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"tables": {"t": {}}}'])
def test_a_record_without_versions_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(EngineRuntimeError, match="CA623"):
        _engine.publish(tmp_path, text)
    assert _engine.current(tmp_path) is None


def test_a_damaged_folder_is_told(tmp_path: Path) -> None:
    _engine.publish(tmp_path, record(t=0))
    (tmp_path / "CURRENT").write_text("what?")
    with pytest.raises(EngineRuntimeError, match="CA622"):
        _engine.current(tmp_path)


def test_the_lock_is_held_by_one(tmp_path: Path) -> None:
    with _engine.OutputLock(tmp_path):
        code = "import sys\nfrom codeanatomy import _engine\ntry:\n    _engine.OutputLock(sys.argv[1], 0.1)\nexcept Exception as error:\n    sys.exit(str(error))"
        other = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60)
        assert other.returncode == 1
        assert "CA620" in other.stderr
    _engine.OutputLock(tmp_path).release()


def test_waiting_for_the_lock_can_be_cancelled(tmp_path: Path) -> None:
    token = _engine.CancelToken()
    with _engine.OutputLock(tmp_path):
        token.cancel()
        with pytest.raises(Exception, match="CA690"):
            _engine.OutputLock(tmp_path, 60.0, token)


def test_cleaning_keeps_what_two_generations_and_the_latest_version_name(tmp_path: Path) -> None:
    former = None
    for value in range(5):
        version = write(tmp_path / "t", columns("n int64"), [(value,)])["version"]
        former = _engine.publish(tmp_path, record(t=version), former)
    write(tmp_path / "t", columns("n int64"), [(99,)])
    (tmp_path / "t" / "part-orphan.parquet").write_bytes(b"left by a killed build")
    removed = _engine.clean(tmp_path, 2)
    assert removed == 3 + 3 + 1, "records 1 to 3, data files of versions 0 to 2, the orphan"
    assert [read(tmp_path / "t", version) for version in (3, 4, 5)] == [[{"n": 3}], [{"n": 4}], [{"n": 99}]]
    assert sorted(path.name for path in (tmp_path / "generations").iterdir()) == ["000004.json", "000005.json"]
    assert DeltaTable(str(tmp_path / "t")).version() == 5


@pytest.mark.anyio
async def test_a_scratch_folder_that_somebody_removed_meanwhile_ends_no_build(tmp_path: Path) -> None:
    async with work_folder(tmp_path / "work", tmp_path / "work" / "scratch", tmp_path):
        shutil.rmtree(tmp_path / "work")
    assert not (tmp_path / "work").exists()

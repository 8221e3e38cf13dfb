"""SCIP with the real scip-python (`make scip` installs it), and with indexes that are damaged or of another commit."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from tests.support.repositories import write
from tests.tools.conftest import Collect, kill_the_first, needs_node, path_of, said, text

from codeanatomy.attachment import attach
from codeanatomy.extract import scip
from codeanatomy.extract.scip_grammar import Document
from codeanatomy.extract.source import Failed, Source
from codeanatomy.failure import Coded
from codeanatomy.sandbox.confinement import UNCONFINED
from codeanatomy.tools.config import ScipIdentityOverrides, ScipIndexConfig
from codeanatomy.tools.scip import find
from codeanatomy.tools.scip_index import Index

pytestmark = [pytest.mark.anyio, needs_node]
PREFIX = "scip-python python . . "
ON = ScipIndexConfig(mode="on")


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    assert find(ON) is not None, "npm is here, and scip-python is not: run make scip"


async def test_definitions_and_references(shop: Path, collected: Collect) -> None:
    found = await collected(shop, "scip", scip=ON)
    paths = path_of(found)
    places = {
        (paths[row["file_id"]], row["symbol"].removeprefix(PREFIX), row["is_definition"], text(shop, paths[row["file_id"]], row))
        for row in found.tables["scip_occurrences"]
    }
    assert {place for place in places if place[0] == "shop/base.py" and place[3]} >= {
        ("shop/base.py", "`shop.base`/Base#", True, "Base"),
        ("shop/base.py", "`shop.base`/Base#total().", True, "total"),
        ("shop/base.py", "`shop.base`/Base#total().(n)", False, "n"),
        ("shop/base.py", "local 0", True, "é"),
        ("shop/base.py", "local 0", False, "é"),
        ("shop/base.py", "local 1", True, "y"),
    }
    assert ("shop/cart.py", "`shop.base`/Base#total().", False, "total") in places
    assert ("shop/cart.py", "`shop.base`/Base#", False, "Base") in places
    assert ("shop/latin.py", "`shop.latin`/d.", False, "d") in places
    assert ("shop/bom.py", "`shop.bom`/bom().", True, "bom") in places
    assert ("shop/cart.py", "`shop.cart`/__init__:", True, "") in places
    assert [row["related"].removeprefix(PREFIX) for row in found.tables["scip_relationships"]] == [
        "`shop.base`/Base#",
        "`shop.base`/Base#total().",
    ]
    assert {row["is_implementation"] for row in found.tables["scip_relationships"]} == {True}
    assert sorted(paths[row["file_id"]] for row in found.tables["scip_documents"]) == sorted(paths.values())
    assert found.failures == []


async def test_totals_are_those_of_the_index(shop: Path, collected: Collect, tmp_path: Path) -> None:
    found = await collected(shop, "scip", scip=ScipIndexConfig(mode="on", output_dir=tmp_path / "kept"))
    documents = occurrences = 0
    for number, document in fields((tmp_path / "kept" / "index.scip").read_bytes()):
        if number == 2:
            documents += 1
            # A place may be said twice; then it counts once.
            occurrences += len({part for field, part in fields(document) if field == 2})
    assert documents == len(found.tables["scip_documents"]) == 6
    assert occurrences == len(found.tables["scip_occurrences"]) > 40


def fields(data: bytes) -> list[tuple[int, bytes]]:
    """The fields of a protobuf message that hold bytes, by a reader of our own."""
    found, at = [], 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = number()
        if tag & 7 == 2:
            length = number()
            found.append((tag >> 3, data[at : at + length]))
            at += length
        else:
            number()
    return found


async def test_settings_have_an_effect(shop: Path, collected: Collect, tmp_path: Path) -> None:
    environment = write(tmp_path, {"env.json": "[]"}) / "env.json"
    identity = ScipIdentityOverrides(project_name="store", project_version="7", project_namespace="acme")
    config = ScipIndexConfig(mode="on", identity=identity, target_only="shop/base.py", env_json=environment, extra_args=("--quiet",))
    found = await collected(shop, "scip", scip=config)
    assert [path_of(found)[row["file_id"]] for row in found.tables["scip_documents"]] == ["shop/base.py"]
    assert any(row["symbol"].startswith("scip-python python store 7 `acme.shop.base`/") for row in found.tables["scip_symbols"])
    missing = await failure(collected, shop, ScipIndexConfig(mode="on", env_json=tmp_path / "none.json"))
    assert missing.code == "CA232"
    assert "none.json" in missing.message
    for written, says in (("nope", "is not JSON"), ("{}", "lists no packages"), ('[{"name": "x"}]', "lists no packages")):
        wrong = await failure(collected, shop, ScipIndexConfig(mode="on", env_json=write(tmp_path, {"bad.json": written}) / "bad.json"))
        assert (wrong.code, says in wrong.message) == ("CA232", True)
    nowhere = await failure(collected, shop, ScipIndexConfig(mode="on", target_only="no/such/folder"))
    assert (nowhere.code, "'no/such/folder'" in nowhere.message) == ("CA232", True)
    file = await failure(collected, shop, ScipIndexConfig(mode="on", output_dir=write(tmp_path, {"file": ""}) / "file"))
    assert (file.code, f"no index can be kept in {tmp_path / 'file'}" in file.message) == ("CA232", True)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_each_setting_is_in_the_symbols_also_where_an_index_without_it_is_kept(collected: Collect, tmp_path: Path) -> None:
    folder = write(tmp_path / "repository", {"one.py": "import outside\n", "two.py": ""})
    installed = json.dumps([{"name": "Outside", "version": "9", "files": ["outside/__init__.py"]}])
    for config, expected in (
        (ON, ". . one/__init__:"),
        (replace(ON, extra_args=("--project-version", "8")), ". 8 one/__init__:"),
        (replace(ON, env_json=write(tmp_path, {"env.json": installed}) / "env.json"), "Outside 9 outside/__init__:"),
        (replace(ON, identity=ScipIdentityOverrides(project_name="store")), "store . one/__init__:"),
        (replace(ON, identity=ScipIdentityOverrides(project_version="7")), ". 7 one/__init__:"),
        (replace(ON, identity=ScipIdentityOverrides(project_namespace="acme")), ". . `acme.one`/__init__:"),
    ):
        found = await collected(folder, "scip", scip=config)
        assert f"scip-python python {expected}" in {row["symbol"] for row in found.tables["scip_occurrences"]}
        assert len(found.tables["scip_documents"]) == 2
    found = await collected(folder, "scip", scip=replace(config, target_only="two.py"))
    assert len(found.tables["scip_documents"]) == 1


async def failure(collected: Collect, folder: Path, config: ScipIndexConfig) -> Coded:
    with pytest.raises(Coded) as caught:
        await collected(folder, "scip", scip=config)
    return caught.value


async def test_modes(shop: Path, collected: Collect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for config in (ScipIndexConfig(mode="off"), ScipIndexConfig(disabled=True)):
        found = await collected(shop, "scip", scip=config)
        assert (found.extractors["scip"].status, found.warnings, found.failures) == ("off", [], [])
        assert found.tables["scip_occurrences"] == []
    assert (await failure(collected, shop, ScipIndexConfig(mode="on", disabled=True))).code == "CA111"
    nowhere = tmp_path / "scip-python"
    skipped = await collected(shop, "scip", scip=ScipIndexConfig(scip_python_bin=nowhere))
    assert skipped.extractors["scip"].status == "skipped"
    assert skipped.extractors["scip"].reason == skipped.warnings[0]
    assert [warning[:5] for warning in skipped.warnings] == ["CA233"]
    assert str(nowhere) in skipped.warnings[0]
    missing = await failure(collected, shop, ScipIndexConfig(mode="on", scip_python_bin=nowhere))
    assert missing.code == "CA231"
    assert str(nowhere) in missing.message
    assert "npm install" in missing.hint
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (await failure(collected, shop, ON)).code == "CA231"


async def test_an_index_is_made_once(shop: Path, collected: Collect) -> None:
    first = await collected(shop, "scip", scip=ON)
    program = find(ON)
    assert program is not None
    program.script.touch()
    second = await collected(shop, "scip", scip=ON)
    assert [len(found.extractors["scip"].tools) for found in (first, second)] == [1, 0]
    assert first.tables == second.tables
    write(shop, {"shop/base.py": "class Base:\n    pass\n"})
    assert len((await collected(shop, "scip", scip=ON)).extractors["scip"].tools) == 1


@pytest.mark.parametrize(("others", "runs"), [({"good.py": "y = 1\n"}, 0), ({}, 1)], ids=["beside_an_index", "alone"])
async def test_what_it_gave_up_is_kept_with_an_index_only(collected: Collect, tmp_path: Path, others: dict[str, str], runs: int) -> None:
    real = find(ON)
    assert real is not None
    deed = f"if (require('fs').readFileSync('deadly.py').length) process.exit(3)\nrequire({json.dumps(str(real.script))})\n"
    fake = write(tmp_path, {"bin/deadly.js": deed}) / "bin" / "deadly.js"
    fake.chmod(0o755)
    repository = write(tmp_path / "repository", {"deadly.py": "x = 1\n", **others})
    config = replace(ON, scip_python_bin=fake)
    first, second = [await collected(repository, "scip", scip=config, no_sandbox=True) for _ in range(2)]
    assert len(first.extractors["scip"].tools) > 0
    assert len(second.extractors["scip"].tools) == runs
    assert said(first) == said(second) == [("deadly.py", "CA235")]
    assert len(second.tables["scip_documents"]) == len(others)
    assert [failure.message for failure in second.failures] == ["scip-python cannot index it: exit 3"]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_without_the_sandbox_it_has_the_limits_only(shop: Path, collected: Collect) -> None:
    free = await collected(shop, "scip", scip=ON, no_sandbox=True)
    caged = await collected(shop, "scip", scip=replace(ON, target_only="shop"))
    assert "file_size" in free.extractors["scip"].tools[0]["in_force"]
    assert UNCONFINED.without.isdisjoint(free.extractors["scip"].tools[0]["in_force"])
    assert not UNCONFINED.without.isdisjoint(caged.extractors["scip"].tools[0]["in_force"])


async def test_too_little_memory_is_a_coded_warning(shop: Path, collected: Collect) -> None:
    found = await collected(shop, "scip", scip=ScipIndexConfig(mode="on", node_max_old_space_mb=10, timeout_s=20))
    assert found.tables["scip_documents"] == []
    assert {code for _, code in said(found)} | {warning[:5] for warning in found.warnings} <= {"CA234", "CA235", "CA237"}
    assert found.warnings or found.failures


async def test_when_its_time_is_over_the_rest_is_told_and_left_out(shop: Path, collected: Collect, tmp_path: Path) -> None:
    scip_python = write(tmp_path / "node_modules", {"endless.js": "#!/usr/bin/env node\nsetInterval(() => {}, 1000);\n"}) / "endless.js"
    scip_python.chmod(0o755)
    found = await collected(shop, "scip", scip=ScipIndexConfig(mode="on", scip_python_bin=scip_python, timeout_s=2.0))
    assert [tool["exit"] for tool in found.extractors["scip"].tools] == ["limit time"]
    assert found.warnings == ["CA234: scip-python ended with limit time; 6 sources have no SCIP symbols"]
    assert said(found) == [(path, "CA237") for path in sorted(path_of(found).values())]


async def test_nothing_to_index_needs_no_run(shop: Path, collected: Collect) -> None:
    write(shop, {"tools/run": "#!/usr/bin/env python3\n"})
    found = await collected(shop, "scip", scip=ScipIndexConfig(mode="on", target_only="tools"))
    assert (found.extractors["scip"].tools, found.tables["scip_documents"], found.warnings) == ([], [], [])


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_what_is_too_large_for_its_memory_is_indexed_in_parts(shop: Path, collected: Collect) -> None:
    write(shop, {f"large/part_{number}.py": large(number) for number in range(16)})
    found = await collected(shop, "scip", scip=ScipIndexConfig(mode="on", node_max_old_space_mb=110))
    ends = [tool["exit"] for tool in found.extractors["scip"].tools]
    assert "signal SIGABRT" in ends
    assert "exit 0" in ends
    assert len(found.tables["scip_documents"]) == 22
    assert (said(found), found.warnings) == ([], [])


def large(number: int) -> str:
    return "".join(f"def function_{number}_{index}(a, b):\n    c = [a, b, {index}]\n    return c\n\n\n" for index in range(400))


LAST_IS_TOO_MUCH = """\
#!/usr/bin/env node
const fs = require("fs");
const ran = require("path").join(process.env.HOME, "ran");
if (!fs.existsSync(ran)) {
  fs.writeFileSync(ran, "");
  const write = fs.writeSync;
  let left = 6;
  fs.writeSync = (...of) => {
    if (left-- === 0) { console.error("heap out of memory"); process.abort(); }
    return write(...of);
  };
}
require("./index.js");
"""
"""scip-python whose first run ends before the last of six documents; what tells of the index comes before them."""


async def test_the_last_source_of_a_run_is_not_to_blame_for_its_memory(shop: Path, collected: Collect, tmp_path: Path) -> None:
    program = find(ON)
    assert program is not None
    scip_python = tmp_path / "node_modules" / "scip-python"
    shutil.copytree(program.script.parent, scip_python)
    (write(scip_python, {"last.js": LAST_IS_TOO_MUCH}) / "last.js").chmod(0o755)
    found = await collected(shop, "scip", scip=ScipIndexConfig(mode="on", scip_python_bin=scip_python / "last.js"))
    assert [tool["exit"] for tool in found.extractors["scip"].tools] == ["signal SIGABRT", "exit 0"]
    assert (said(found), len(found.tables["scip_documents"])) == ([], 6)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_source_over_which_it_hangs_is_left_out(shop: Path, collected: Collect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codeanatomy.tools.scip.START_S", 15.0)
    write(shop, {"hang.py": "if a:\n    pass\n" + "elif a:\n    pass\n" * 4_000})
    found = await collected(shop, "scip", scip=ON)
    assert said(found) == [("hang.py", "CA235")]
    assert len(found.tables["scip_documents"]) == 6


async def test_killed_from_outside_it_is_run_again(shop: Path, collected: Collect) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kill_the_first, "node", shop.parent)
        found = await collected(shop, "scip", scip=ON)
        tasks.cancel_scope.cancel()
    assert found.extractors["scip"].tools[0]["exit"] == "signal SIGKILL"
    assert found.extractors["scip"].tools[-1]["exit"] == "exit 0"
    assert len(found.tables["scip_documents"]) == 6


async def test_an_index_made_elsewhere(shop: Path, collected: Collect, tmp_path: Path) -> None:
    made = await collected(shop, "scip", scip=ScipIndexConfig(mode="on", output_dir=tmp_path))
    whole = (tmp_path / "index.scip").read_bytes()
    given = await collected(shop, "scip", scip=ScipIndexConfig(index_path_override=tmp_path / "index.scip"))
    assert given.tables == made.tables
    cut = write(tmp_path, {"cut.scip": whole[: len(whole) // 2]}) / "cut.scip"
    half = await collected(shop, "scip", scip=ScipIndexConfig(index_path_override=cut))
    assert 0 < len(half.tables["scip_documents"]) < 6
    assert len(half.tables["scip_documents"]) + len(said(half)) == 6
    assert {code for _, code in said(half)} == {"CA237"}
    assert [warning[:5] for warning in half.warnings] == ["CA238"]
    junk = write(tmp_path, {"junk.scip": b"\xff" * 100}) / "junk.scip"
    assert [warning[:5] for warning in (await collected(shop, "scip", scip=ScipIndexConfig(index_path_override=junk))).warnings] == [
        "CA238"
    ]
    missing = await failure(collected, shop, ScipIndexConfig(index_path_override=tmp_path / "none.scip"))
    assert missing.code == "CA232"


async def test_an_index_of_another_commit(shop: Path, collected: Collect, tmp_path: Path) -> None:
    await collected(shop, "scip", scip=ScipIndexConfig(mode="on", output_dir=tmp_path))
    write(shop, {"shop/cart.py": "# another text\n" * 30, "shop/base.py": "x = 1\n"})
    (shop / "shop" / "bom.py").unlink()
    found = await collected(shop, "scip", scip=ScipIndexConfig(index_path_override=tmp_path / "index.scip"))
    assert said(found) == [("shop/base.py", "CA236"), ("shop/cart.py", "CA236")]
    assert {failure.severity for failure in found.failures} == {"warning"}
    assert [warning[:5] for warning in found.warnings] == ["CA239"]
    assert sorted(path_of(found)[row["file_id"]] for row in found.tables["scip_documents"]) == [
        "broken.py",
        "shop/__init__.py",
        "shop/latin.py",
    ]


def test_columns_of_every_encoding() -> None:
    data = "a = '汉😀'; b = a\n".encode()
    for encoding, column in ((1, 15), (2, 11), (3, 10)):
        document = Document(relative_path="m.py", position_encoding=encoding)
        document.occurrences.add(range=[0, column, column + 1], symbol="local 0", symbol_roles=1)
        extraction = scip.open()
        extraction.read(Source(1, "m.py", attach(data, document.SerializeToString())))
        (row,) = extraction.take()[1].to_pylist()
        assert data[row["bstart"] : row["bend"]] == b"b", encoding


@pytest.mark.parametrize("place", [[0, 99, 100], [9, 0, 1], [0, 3, 1], [0, -1, 1], [1]])
def test_ranges_outside_of_the_text_are_refused(place: list[int]) -> None:
    document = Document(relative_path="m.py")
    document.occurrences.add(range=place, symbol="local 0")
    extraction = scip.open()
    with pytest.raises(Failed) as refused:
        extraction.read(Source(1, "m.py", attach(b"x = 1\n", document.SerializeToString())))
    assert refused.value.code == "CA236"
    assert extraction.pending == 0


@pytest.mark.parametrize("path", ["m.py", ""], ids=["document", "symbols outside of the repository"])
def test_bytes_that_are_no_document_are_refused(path: str) -> None:
    extraction = scip.open()
    with pytest.raises(Failed, match="no readable document") as refused:
        extraction.read(Source(1, path, attach(b"x = 1\n", b"\xff")))
    assert refused.value.code == "CA236"
    assert extraction.pending == 0


def test_a_truncated_index_gives_what_is_whole() -> None:
    part = b"\x12\x06\x0a\x04a.py"
    index = Index()
    index.add(part + b"\x12\x7f" + json.dumps("rest").encode())
    assert list(index.documents) == ["a.py"]
    assert "breaks off" in index.truncated

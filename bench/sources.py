"""The source distributions that benchmarks and tests read: pinned, fetched by pip, checked, unpacked once. Nothing of them is ever installed.

pip asks the build backend of a source distribution for its metadata before it hands the archive over, so code of it does run, once, and only
after its hash was found right.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Distribution:
    """One release on the package index and the SHA-256 of its source archive."""

    name: str
    version: str
    sha256: str

    @property
    def stem(self) -> str:
        return f"{self.name}-{self.version}"


BENCHMARKED = (
    Distribution("django", "5.2", "1a47f7a7a3d43ce64570d350e008d2949abe8c7e21737b351b6a1611277c6d89"),
    Distribution("sympy", "1.14.0", "d3d3fe8df1e5a0b42f0e7bdf50541697dbe7d23746e894990c030e2b05e72517"),
)
SUITES = (
    Distribution("beniget", "0.5.0", "e7af11fa8ec7de3d3eb3d98b1e722d15d44017d8b35d8aa11d54f6719b312f22"),
    Distribution("jedi", "0.20.1", "2f71208c3f9c1bca057c0e90d3f272aba44ace88fc4067d7587e9e069331b7e5"),
    Distribution("pycg", "0.0.8", "644b4df4346b393ca29450223da12598a6e6ad51fcfb1c218330b774f643a6c1"),
    Distribution("pyflakes", "4.1.0", "592beb57058eb82eb190fb7514f2081c555c51000b029ff71286a681e6cf2f83"),
)
BY_NAME = {distribution.name: distribution for distribution in (*BENCHMARKED, *SUITES)}


def source(name: str) -> Path:
    """The unpacked source distribution of that name; fetched and unpacked the first time."""
    distribution = BY_NAME[name]
    folder = cache() / distribution.stem
    if not folder.is_dir():
        _unpack(_archive(distribution), folder)
    return folder


def cache() -> Path:
    """Where archives and their contents are kept."""
    root = os.environ.get("CODEANATOMY_CACHE")
    return (Path(root) if root else Path.home() / ".cache" / "codeanatomy") / "sources"


def _archive(distribution: Distribution) -> Path:
    """The archive, checked."""
    archive = cache() / f"{distribution.stem}.tar.gz"
    if not archive.is_file():
        archive.parent.mkdir(parents=True, exist_ok=True)
        _download(distribution, archive)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != distribution.sha256:
        raise RuntimeError(f"{archive} has the hash {found}, not {distribution.sha256}: delete it to fetch it again")
    return archive


def _download(distribution: Distribution, archive: Path) -> None:
    """Fetch the archive from the index that pip is configured to use."""
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        wanted = Path(folder, "requirements.txt")
        wanted.write_text(f"{distribution.name}=={distribution.version} --hash=sha256:{distribution.sha256}\n", encoding="ascii")
        fetched = Path(folder, "fetched")
        # Only this distribution as source: the backend that tells its metadata may come as a wheel.
        options = ["--no-deps", "--no-binary", distribution.name, "--require-hashes", "--disable-pip-version-check"]
        command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(fetched), "--requirement", str(wanted)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"pip could not fetch {distribution.stem}:\n{done.stderr[-2000:]}")
        (only,) = fetched.iterdir()
        only.replace(archive)


def _unpack(archive: Path, folder: Path) -> None:
    """Put the archive's one top folder at `folder`: whole or not at all."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        with tarfile.open(archive) as content:
            content.extractall(scratch, filter="data")
        (top,) = Path(scratch).iterdir()
        try:
            top.rename(folder)
        except OSError:
            # Somebody else was faster, and what they unpacked is the same.
            if not folder.is_dir():
                raise

"""File systems that a test mounts in a namespace of its own."""

import subprocess
import sys

import pytest

MOUNT = ["unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"]
"""How a command begins that may mount."""


def _can_mount() -> bool:
    probe = [*MOUNT, "mount", "-t", "tmpfs", "none", "/mnt"]
    return sys.platform == "linux" and subprocess.run(probe, capture_output=True, check=False).returncode == 0


NEEDS_MOUNTS = pytest.mark.skipif(not _can_mount(), reason="this system lets nobody mount a file system in a namespace of their own")

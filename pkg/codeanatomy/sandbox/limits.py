"""The numbers that confine a worker. They say how much, not how it is held to it: that is `confine` and `run`."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1 << 10
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one worker may use. The defaults are the same on every machine: what fails on one fails on all."""

    start_seconds: float = 60.0
    """From the start of the process until it is ready."""
    file_seconds: float = 10.0
    """For a file, plus `seconds_per_byte` for its bytes. Only time that the parent waits for the worker counts."""
    seconds_per_byte: float = 1e-5
    grace_seconds: float = 5.0
    """For a worker that is done to end, and for the kernel to take back a killed one."""
    cpu_seconds: int | None = None
    """Processor seconds of one worker; None: what its files may take by the clock, and a start."""
    data_bytes: int = 2560 * MIB
    """Private writable memory (RLIMIT_DATA), the 512 MiB of the deep stack included."""
    resident_bytes: int = 3072 * MIB
    """Resident memory, looked at a few times a second: for what RLIMIT_DATA does not count."""
    open_files: int = 32
    stack_bytes: int = 512 * MIB
    """Stack of the thread that extracts, so that deep inputs are refused by the parser and do not kill it."""
    frame_bytes: int = 256 * MIB
    uncommitted_bytes: int = 512 * MIB
    stderr_bytes: int = 16 * MIB
    stderr_kept: int = 64 * KIB
    batch_files: int = 50
    batch_bytes: int = 1 * MIB
    batch_rows: int = 200_000
    """A batch is taken when one of these three is reached."""

    def allowance(self, size: int) -> float:
        """Seconds that a worker may take over a file of that many bytes."""
        return self.file_seconds + size * self.seconds_per_byte

    def processor_allowance(self, files: int, size: int) -> int:
        """Processor seconds for a worker with that many files and bytes: never less than the clock would grant them."""
        if self.cpu_seconds is not None:
            return self.cpu_seconds
        return int(self.start_seconds + files * self.file_seconds + size * self.seconds_per_byte) + 1

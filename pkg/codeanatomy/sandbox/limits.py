"""The numbers that confine a worker or a tool. They say how much, not how it is held to it: that is `confine` and `run`."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1 << 10
MIB = 1 << 20
DISCARDED_BYTES = 512 * MIB
"""What a tool may write into each folder that nobody reads, where that is kept in memory."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one worker may use. The defaults are the same on every machine: what fails on one fails on all."""

    start_seconds: float = 60.0
    """From the start of the process until it is ready."""
    file_seconds: float = 30.0
    """For a file by the clock, plus `seconds_per_byte` for its bytes. Only time that the parent waits for the worker counts."""
    file_cpu_seconds: float = 8.0
    """For a file by the processor, plus `seconds_per_byte`, looked at a few times a second: however busy the machine is, an endless file has
    soon used it up. The dearest real files that are known (SymPy's, for libcst) need a third of it."""
    seconds_per_byte: float = 1e-5
    grace_seconds: float = 5.0
    """For a worker that is done to end, and for the kernel to take back a killed one."""
    cpu_seconds: int | None = None
    """Processor seconds of one worker; None: what its files may take by the clock, and a start."""
    data_bytes: int = 2048 * MIB
    """Private writable memory (RLIMIT_DATA)."""
    resident_bytes: int = 3072 * MIB
    """Resident memory, looked at a few times a second: for what RLIMIT_DATA does not count."""
    open_files: int = 32
    stack_bytes: int = 8 * MIB
    """Stack of the thread that extracts: what a main thread has, so that the parsers take and refuse what the interpreter itself would."""
    frame_bytes: int = 256 * MIB
    uncommitted_bytes: int = 512 * MIB
    stderr_bytes: int = 16 * MIB
    stderr_kept: int = 64 * KIB
    batch_files: int = 200
    batch_bytes: int = 1 * MIB
    batch_rows: int = 200_000
    """A batch is taken when one of these three is reached."""
    batch_files_again: int = 50
    """Instead of `batch_files`, once a worker of the shard has died: all of a batch that another dies over is read again."""

    def allowance(self, size: int) -> float:
        """Seconds that a worker may take over a file of that many bytes."""
        return self.file_seconds + size * self.seconds_per_byte

    def cpu_allowance(self, size: int) -> float:
        """Processor seconds that a worker may take over a file of that many bytes."""
        return self.file_cpu_seconds + size * self.seconds_per_byte

    def processor_allowance(self, files: int, size: int) -> int:
        """Processor seconds for a worker with that many files and bytes: never less than the clock would grant them."""
        if self.cpu_seconds is not None:
            return self.cpu_seconds
        return int(self.start_seconds + files * self.file_seconds + size * self.seconds_per_byte) + 1


@dataclass(frozen=True, slots=True)
class ToolLimits:
    """What one tool may use, with all that it starts."""

    memory_bytes: int = 2048 * MIB
    """Written memory of the whole tree, looked at a few times a second."""
    processes: int = 64
    """Processes at once, looked at as often."""
    cpu_seconds: int | None = None
    """Processor seconds of each process (RLIMIT_CPU)."""
    data_bytes: int | None = None
    """Private writable memory of each process (RLIMIT_DATA): for what must not wait for the next look."""
    open_files: int = 4096
    file_bytes: int = 4096 * MIB
    """Size of a file that it writes."""
    output_bytes: int = 64 * MIB
    """What it may write to stdout, and to stderr."""
    stdout_kept: int = 64 * KIB
    stderr_kept: int = 64 * KIB
    """How much of the end of each is kept."""
    grace_seconds: float = 5.0
    """For the launcher to end what the tool has started."""

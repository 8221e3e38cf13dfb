"""What a hostile extractor or tool may try, one function a deed: it raises `OSError` where it is refused. Standard library only."""

import ctypes
import json
import mmap
import os
import signal
import socket
import struct
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE3, PROCESS_VM_READV = 435, 310 if os.uname().machine == "x86_64" else 270


def read_file(facts):
    with open(facts["file"], "rb") as file:
        return file.read()


def list_folder(facts):
    return os.listdir(facts["folder"])


def write_file(facts):
    os.close(os.open(facts["folder"] + "/written", os.O_WRONLY | os.O_CREAT))


def truncate_file(facts):
    os.truncate(facts["victim"], 1)


def remove_file(facts):
    os.close(os.open(facts["folder"] + "/removed", os.O_WRONLY | os.O_CREAT))
    os.unlink(facts["folder"] + "/removed")


def change_mode(facts):
    os.chmod(facts["victim"], 0o640)


def change_time(facts):
    os.utime(facts["victim"], (1, 1))


def connect(family, kind, address):
    with socket.socket(family, kind) as end:
        end.connect(address)


def connect_tcp(facts):
    connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", facts["tcp"]))


def send_udp(facts):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.sendto(b"secret", ("127.0.0.1", facts["udp"]))


def connect_local(facts):
    connect(socket.AF_UNIX, socket.SOCK_STREAM, facts["unix"])


def connect_abstract(facts):
    connect(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + facts["abstract"])


def execute(facts):
    child = os.posix_spawn("/bin/true", ["true"], {})
    if os.waitpid(child, 0)[1] != 0:
        raise OSError("it did not run")


def fork(facts):
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def clone3(facts):
    arguments = struct.pack("11Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, 0)
    child = LIBC.syscall(CLONE3, arguments, len(arguments))
    if child == 0:
        os._exit(0)
    if child < 0:
        raise OSError(ctypes.get_errno(), "clone3")
    os.waitpid(child, 0)


def escape(facts):
    """A child with a session of its own, whose parent is gone: nothing ties it to us."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            for descriptor in (0, 1, 2):
                os.close(descriptor)
            os.write(tell, b"x")
            time.sleep(60)
        os._exit(0)
    os.waitpid(child, 0)
    os.read(told, 1)


def signal_parent(facts):
    os.kill(facts["pid"], 0)


def read_memory_file(facts):
    with open(f"/proc/{facts['pid']}/mem", "rb", buffering=0) as file:
        file.seek(facts["address"])
        return file.read(8)


def read_memory(facts):
    buffer = ctypes.create_string_buffer(8)
    mine = struct.pack("PL", ctypes.addressof(buffer), 8)
    theirs = struct.pack("PL", facts["address"], 8)
    words = (ctypes.c_long(number) for number in (PROCESS_VM_READV, facts["pid"]))
    if LIBC.syscall(*words, mine, ctypes.c_long(1), theirs, ctypes.c_long(1), ctypes.c_long(0)) != 8:
        raise OSError(ctypes.get_errno(), "process_vm_readv")


def make_executable(facts):
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def hidden_file(facts):
    os.close(os.memfd_create("hidden"))


def eat(facts):
    meal = bytearray(facts["bytes"])
    meal[:: mmap.PAGESIZE] = b"x" * len(meal[:: mmap.PAGESIZE])
    time.sleep(facts["seconds"])


def eat_together(facts):
    """Four children eat a quarter each."""
    for _ in range(4):
        if os.fork() == 0:
            os.setsid()
            eat({"bytes": facts["bytes"] // 4, "seconds": facts["seconds"]})
            os._exit(0)
    for _ in range(4):
        os.wait()


def multiply(facts):
    """Children, one after the other, each in a session of its own."""
    for _ in range(facts["children"]):
        if os.fork() == 0:
            os.setsid()
            time.sleep(facts["seconds"])
            os._exit(0)
        time.sleep(0.002)
    time.sleep(facts["seconds"])


def flood(facts):
    for _ in range(facts["bytes"] >> 16):
        os.write(2, b"x" * (1 << 16))


def stay(facts):
    time.sleep(60)


def attempt(deed, facts):
    """How a deed went: `done`, or the error by which it was refused."""
    try:
        globals()[deed](facts)
    except OSError as error:
        return f"refused: {error}"
    return "done"


if __name__ == "__main__":
    print(attempt(sys.argv[1], json.loads(sys.argv[2])), flush=True)

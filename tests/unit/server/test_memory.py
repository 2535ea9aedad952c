"""Memory of a process with many threads is kept in few places."""

import platform
import subprocess
import sys

import pytest

ARENAS = """
import ctypes, re, sys, tempfile, threading
from server.app import memory
if sys.argv[1] == "bound":
    memory.bound()
c = ctypes.CDLL(None)
c.malloc.restype, c.fdopen.restype = ctypes.c_void_p, ctypes.c_void_p
together = threading.Barrier(8)
def use():
    together.wait()
    c.malloc(5000)
    together.wait()
threads = [threading.Thread(target=use) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
with tempfile.TemporaryFile() as told:
    stream = ctypes.c_void_p(c.fdopen(told.fileno(), b"w"))
    c.malloc_info(0, stream), c.fflush(stream)
    told.seek(0)
    print(len(re.findall(rb"<heap nr", told.read())))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no arenas to bound")
def test_many_threads_share_two_arenas():
    def arenas(how: str) -> int:
        return int(subprocess.check_output([sys.executable, "-c", ARENAS, how]))

    assert arenas("bound") <= 2 < arenas("as it is")

"""Memory of a process with many threads is kept in few places."""

import gc
import platform
import subprocess
import sys
import weakref
from datetime import datetime, timezone

import pytest

from server.api.tokens import Tokens
from server.app.context import Context
from server.app.jobs.jobs import scheduled
from server.settings import Settings
from server.store import Store

ARENAS = """
import ctypes, re, sys, tempfile, threading
from server.app.process import memory
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


CYCLES = """
import gc, sys, weakref
from server.app.process import memory
memory.collect_rarely()
class One:
    def __init__(self):
        self.me, self.ballast = self, bytearray(100_000)
lived = [One() for _ in range(100)]
gc.collect()                      # they have lived for long, and are counted among what stays
known = [weakref.ref(one) for one in lived]
del lived
for _ in range(60):
    keep = [[] for _ in range(60_000)]
if sys.argv[1] == "given back":
    memory.give_back()
print(sum(one() is not None for one in known))
"""


def test_what_lived_for_long_and_refers_to_itself_is_found():
    def left(how: str) -> int:
        return int(subprocess.check_output([sys.executable, "-c", CYCLES, how]))

    assert (left("as it is"), left("given back")) == (100, 0)


class Cycle:
    def __init__(self) -> None:
        self.me = self


def test_the_server_gives_memory_back_again_and_again(tmp_path):
    store = Store(tmp_path / "server")
    (job,) = [
        one
        for one in scheduled(Context(Settings(data=store.folder), store, Tokens(tmp_path / "key")))
        if one.name == "memory"
    ]
    one = Cycle()
    gc.collect()  # it has lived for long
    known = weakref.ref(one)
    del one
    job.run(datetime.now(timezone.utc))
    assert job.every <= 60 and known() is None
    store.close()

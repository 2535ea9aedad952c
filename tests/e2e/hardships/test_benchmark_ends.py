"""A benchmark that is ended leaves no server and no folder behind."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[3]
MEASURE = """
import time
from benchmarks.servers import scratch, soundyard
with scratch("ended") as folder, soundyard(folder):
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_server_of_a_benchmark_that_is_ended_ends_with_it(how):
    with subprocess.Popen(
        [sys.executable, "-c", MEASURE],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as benchmark:
        assert benchmark.stdout
        folder = Path(benchmark.stdout.readline().strip())
        servers = psutil.Process(benchmark.pid).children(recursive=True)
        assert servers and folder.is_dir()
        benchmark.send_signal(how)
        assert benchmark.wait(30) != 0
    assert not [server for server in servers if server.is_running()]
    assert not folder.exists()

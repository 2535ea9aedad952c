"""Servers to measure, each a process of its own on a free port with a folder that is removed afterwards."""

from __future__ import annotations

import http.client
import os
import platform
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any

import orjson
import psutil

ROOT = Path(__file__).resolve().parent.parent


def machine() -> dict[str, object]:
    """What figures were measured on."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    named = (
        [one for one in known.read_text().splitlines() if one.startswith("model name")]
        if known.exists()
        else []
    )
    return named[0].partition(": ")[2] if named else platform.processor()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _end_in_order() -> None:
    """SIGTERM ends the benchmark as Ctrl-C does, so that what it started ends with it."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _end)


def _end(*_: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)


@contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """A folder for one measurement. `SOUNDYARD_BENCH_DIR` chooses the disk."""
    folder = Path(tempfile.mkdtemp(prefix=f"soundyard-{prefix}-", dir=os.environ.get("SOUNDYARD_BENCH_DIR")))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Process:
    """A server process: where it answers, how much memory it has, how long it took to start."""

    def __init__(self, command: Sequence[str], port: int, folder: Path, ready: str) -> None:
        _end_in_order()
        self.port = port
        began = time.perf_counter()
        self._log = (folder / "log").open("ab")
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=self._log, stderr=self._log)
        try:
            while not self._answers(ready):
                if self._process.poll() is not None or time.perf_counter() - began > 180:
                    raise RuntimeError(f"{command[0]} didn't start: {(folder / 'log').read_text()[-2000:]}")
                time.sleep(0.005)
        except BaseException:
            self.stop()
            raise
        self.seconds_to_start = time.perf_counter() - began

    def _answers(self, path: str) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def resident_mb(self) -> float:
        """Of the process and its children, in MB."""
        whole = psutil.Process(self._process.pid)
        return sum(one.memory_info().rss for one in [whole, *whole.children(recursive=True)]) / 1e6

    def cpu_ms(self) -> float:
        """That the process has used so far, on all cores: another program's work makes it no longer."""
        used = psutil.Process(self._process.pid).cpu_times()
        return 1000 * (used.user + used.system)

    def _family(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def stop(self) -> None:
        family = self._family()
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
        for one in family:
            if one.is_running():
                one.kill()
        self._log.close()


@contextmanager
def soundyard(folder: Path, *options: str) -> Iterator[Process]:
    """This checkout's server on `folder`; a browser is let in without a link."""
    port = free_port()
    command = [sys.executable, "-m", "server", "--data", str(folder / "server"), "--port", str(port)]
    process = Process(
        [*command, "--api-port", "0", "--files-port", "0", "--auth", "none", *options],
        port,
        folder,
        "/api/debug.ping",
    )
    try:
        yield process
    finally:
        process.stop()


@contextmanager
def real_agents(folder: Path, *started: Sequence[str], **variables: str) -> Iterator[None]:
    """Unmodified agents of the server on `folder`, on the CPU: one for each list of words for `agents.start`.

    `variables`: of their environment, beside those by which they find the server.
    """
    environment = {
        **os.environ,
        "CLEARML_CONFIG_FILE": str(folder / "clearml.conf"),
        "SOUNDYARD_STATE": str(folder),
        **variables,
    }
    run = partial(subprocess.run, cwd=ROOT, env=environment, capture_output=True)
    try:
        for words in started:
            run([sys.executable, "-m", "agents.start", *words, "--cpu-only", "--detached"], check=True)
        yield
    finally:
        run([sys.executable, "-m", "agents.stop"])


class Client:
    """One kept-alive connection with a token."""

    def __init__(
        self,
        process: Process,
        folder: Path | None = None,
        token: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=120)
        self.token = token or self._login(folder or Path())
        self._headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}

    def _login(self, folder: Path) -> str:
        written = (folder / "clearml.conf").read_text()
        keys = ":".join(re.findall(r'(?:access|secret)_key: "([^"]+)"', written))
        headers = {"Authorization": f"Basic {b64encode(keys.encode()).decode()}"}
        self._connection.request("POST", "/api/auth.login", headers=headers)
        return orjson.loads(self._connection.getresponse().read())["data"]["token"]

    def send(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
        self._connection.request("POST", path, body, headers or self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {content[:300]!r}")
        return content

    def call(self, endpoint: str, **fields: Any) -> dict[str, Any]:
        return orjson.loads(self.send(f"/api/{endpoint}", orjson.dumps(fields)))["data"]


def timed(action: Callable[[], object], times: int) -> tuple[float, float]:
    """Milliseconds of a repeated action: median and 95th percentile."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        taken.append((time.perf_counter() - began) * 1000)
    cuts = quantiles(taken, n=20)
    return cuts[9], cuts[18]


@dataclass(frozen=True)
class Row:
    """One figure: what it must be, what it was, what another server does with the same, whether it holds."""

    what: str
    wanted: str
    measured: str
    peer: str = ""
    holds: bool | None = None
    """None: there is no limit to hold."""

    def text(self) -> str:
        mark = "" if self.holds is None else "yes" if self.holds else "NO"
        return f"{self.what:<50} {self.wanted:<22} {self.measured:>26}  {mark:<3}  {self.peer}".rstrip()


ROWS: list[Row] = []
"""Every row of this run."""
HEADING = Row("what", "wanted", "measured", "MLflow 3").text().replace("     MLflow", "  holds  MLflow")


def line(what: str, measured: str, wanted: str = "", good: bool | None = None, peer: str = "") -> None:
    """Note a row of the report, and print it."""
    ROWS.append(Row(what, wanted, measured, peer, good))
    print(ROWS[-1].text(), flush=True)

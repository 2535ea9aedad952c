"""The other processes of a training on several: started here or by `torchrun`, told what to do by the first one.

A replica is `python -m audio.training.replica`. It learns from a part of every batch and reports nothing; the
experiment tracker lives in the first process alone. All processes, on whatever machine, need the clip store at the same
path.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from audio import interruption
from audio.config import TrainConfig
from audio.distributed import in_a_group
from audio.errors import AudioError

ROOT = Path(__file__).resolve().parents[2]
DEVICE = "SOUNDYARD_DEVICE"  # names the device to the replicas, which join before they know the configuration
READY = "ready to join"  # in a replica's log, when it can do its work
LAST_WORDS = 1500  # characters of a dead replica's log that are shown


class ReplicaDied(AudioError):
    """Another process of the training ended early."""


@contextmanager
def replicas(config: TrainConfig) -> Iterator[None]:
    """Start the other `config.processes - 1` processes for as long as the block runs.

    Nothing is started when they are there already. Raises ReplicaDied when the block fails since one of them ended.
    """
    if config.processes == 1 or in_a_group():
        yield
        return
    shared: dict[str, Any] = {"WORLD_SIZE": config.processes, "LOCAL_WORLD_SIZE": config.processes}
    shared |= {DEVICE: config.device, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
    with tempfile.TemporaryDirectory() as logs, _environment(_ranked(shared, 0)):
        others = {rank: _start(_ranked(shared, rank), Path(logs)) for rank in range(1, config.processes)}
        try:
            _wait_until_ready(others, Path(logs))
            yield
        except RuntimeError as error:  # what torch.distributed raises when a connection is lost
            for rank, process in others.items():
                if _ended(process):
                    raise _died(rank, process, Path(logs)) from error
            raise
        finally:
            for process in others.values():
                process.kill()
                process.wait()


def _start(environment: dict[str, str], logs: Path) -> subprocess.Popen[bytes]:
    with (logs / f"{environment['RANK']}.log").open("wb") as log, interruption.unheard():
        return subprocess.Popen(
            [sys.executable, "-m", "audio.training.replica"],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _wait_until_ready(others: dict[int, subprocess.Popen[bytes]], logs: Path) -> None:
    """Wait until all are about to join: whoever waits in the group for one that has died waits for half an hour."""
    for rank, process in others.items():
        while READY not in (logs / f"{rank}.log").read_text(errors="replace"):
            if process.poll() is not None:
                raise _died(rank, process, logs)
            time.sleep(0.05)


def _died(rank: int, process: subprocess.Popen[bytes], logs: Path) -> ReplicaDied:
    words = (logs / f"{rank}.log").read_text(errors="replace")[-LAST_WORDS:]
    return ReplicaDied(f"Process {rank} of the training ended with status {process.returncode}:\n{words}")


def _ended(process: subprocess.Popen[bytes], seconds: float = 2.0) -> bool:
    """Whether it ended, with a moment's grace."""
    try:
        return bool(process.wait(seconds))
    except subprocess.TimeoutExpired:
        return False


def _ranked(shared: dict[str, Any], rank: int) -> dict[str, str]:
    return {name: str(value) for name, value in {**shared, "RANK": rank, "LOCAL_RANK": rank}.items()}


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Environment variables for as long as the block runs; the engine reads them."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

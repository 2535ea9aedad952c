"""The embedded server as a process: started for the demo, found again, ended."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from tasks.client.connection import ROOT, state
from tasks.errors import SoundyardError

READY = "server is ready"  # what it prints once it accepts requests
SERVES = {"server", "serve"}  # words of its command line: `python -m server`, `soundyard serve`
START_SECONDS = 60.0


class ServerDidNotStart(SoundyardError):
    """The embedded server ended before it was ready; the message is what it said."""


@dataclass(frozen=True)
class Server:
    """A running embedded server."""

    pid: int
    url: str
    conf: Path  # the client configuration it wrote


def running() -> Server | None:
    """The server of this checkout, if it runs."""
    data = state() / "server"
    try:
        facts = json.loads((data / "ready.json").read_text())
        process = psutil.Process(int(facts["pid"]))
        if process.status() == psutil.STATUS_ZOMBIE or not SERVES & set(process.cmdline()):
            return None
    except (OSError, ValueError, KeyError, psutil.Error):
        return None
    return Server(process.pid, facts["url"], Path(facts["conf"]))


def start(options: Sequence[str] = ()) -> Server:
    """Start the server of this checkout and wait until it accepts requests; its log is beside its folder.

    `options` are those of `python -m server`. Raises ServerDidNotStart with what the server said.
    """
    data = state() / "server"
    data.parent.mkdir(parents=True, exist_ok=True)
    log = data.parent / f"{data.name}.log"
    log.touch(mode=0o600)
    log.chmod(0o600)  # it has the link that opens the page
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "server", "--data", str(data), *options],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while READY not in log.read_text(errors="replace"):
        if process.poll() is not None:
            said = log.read_text(errors="replace").strip().splitlines()
            raise ServerDidNotStart("\n".join(said[-3:]) or f"the server ended with {process.returncode}")
        if time.monotonic() > deadline:
            process.kill()
            raise ServerDidNotStart(
                f"the server was not ready within {START_SECONDS:.0f} s; its log is {log}"
            )
        time.sleep(0.05)
    found = running()
    if found is None:
        raise ServerDidNotStart(f"the server ended right after it was ready; its log is {log}")
    return found


def link(*, opened: bool = True) -> str:
    """A one-time link to the page of this checkout's server, empty when it needs none. With `opened` the page is opened
    at once where there is a screen."""
    command = [sys.executable, "-m", "server", "link", "--data", str(state() / "server")]
    opening = ["--open"] if opened and sys.stdout.isatty() else []
    made = subprocess.run([*command, *opening], cwd=ROOT, capture_output=True, text=True, check=False)
    return made.stdout.strip()


def stop(server: Server, patience: float = 10.0) -> None:
    """End a server: asked first, killed when it does not listen."""
    try:
        process = psutil.Process(server.pid)
        process.terminate()
        process.wait(patience)
    except psutil.TimeoutExpired:
        process.kill()
    except psutil.NoSuchProcess:
        return

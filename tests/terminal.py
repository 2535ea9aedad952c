"""A command typed at a terminal: a pty of a given width, what it shows as a screen, and keys that are pressed."""

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pyte

ROWS = 50
MARK = "SOUNDYARD_TEST_TERMINAL"  # in the environment of a command and so of all that it starts


class Terminal:
    """A command that runs on a terminal of its own."""

    def __init__(
        self, command: Sequence[str], *, cwd: Path, environment: dict[str, str], columns: int = 80
    ) -> None:
        self._screen = pyte.HistoryScreen(columns, ROWS, history=100_000)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        self._mark = f"{os.getpid()}-{time.monotonic_ns()}"
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
        hidden = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"}  # a terminal tells its size itself
        known = {name: value for name, value in environment.items() if name not in hidden}
        self.process = subprocess.Popen(
            command, cwd=cwd, env={**known, "TERM": "xterm-256color", MARK: self._mark},
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that keys make signals
        )  # fmt: skip
        os.close(slave)

    def read(self, seconds: float) -> None:
        """Take in what is shown within some time; returns early when nobody has the terminal open any more."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and select.select([self._master], [], [], left)[0]:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # how Linux tells that the other side is closed
                return
            self.raw += data
            self._stream.feed(data)

    def until(self, words: str, seconds: float) -> None:
        """Wait until something is shown. Fails with what was."""
        end = time.monotonic() + seconds
        while words not in self.text:
            alive = self.process.poll() is None
            self.read(0.2)
            assert alive or words in self.text, f"ended without {words!r}:\n{self.text}"
            assert time.monotonic() < end, f"no {words!r} within {seconds:g} s:\n{self.text}"

    def wait(self, seconds: float) -> int:
        """The exit status, as a shell has it. Fails with what was shown when it takes longer."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, f"still running after {seconds:g} s:\n{self.text}"
            self.read(0.2)
        self.read(0.2)
        status = self.process.returncode
        return 128 - status if status < 0 else status

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def interrupt(self) -> None:
        """Ctrl-C: the terminal sends SIGINT to all processes that are in the foreground."""
        self.type(b"\x03")

    @property
    def lines(self) -> list[str]:
        """What a person sees, scrolled-off lines first."""
        columns = self._screen.columns
        gone = ["".join(line[x].data for x in range(columns)) for line in self._screen.history.top]
        return [line.rstrip() for line in [*gone, *self._screen.display]]

    @property
    def text(self) -> str:
        return "\n".join(self.lines).rstrip()

    def left_over(self) -> list[psutil.Process]:
        """Processes that the command has started, itself included, and that still run."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get(MARK) == self._mark
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def close(self) -> None:
        """End what is left, the hard way."""
        for process in self.left_over():
            process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._master)

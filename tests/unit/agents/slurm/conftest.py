"""Slurm's commands as programs on the path: they write down what they are given, and answer what a test puts there."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAMS = {
    "sbatch": """\
number=$(ls | grep -c '[.]script$')
number=$((number + 101))
printf '%s\\n' "$@" > $number.arguments
cat > $number.script
env > $number.environment
[ -f sbatch.says ] || echo "$number;cluster"
""",
    "squeue": "printf '%s\\n' \"$@\" > squeue.arguments\necho x >> squeue.calls\n"
    "[ ! -f squeue.jobs ] || exec cat squeue.jobs\n"
    "for one in $(ls | grep arguments | grep '^[0-9]'); do\n"
    '  echo "${one%.arguments}|PENDING|None|$(sed -n \'s/--job-name=//p\' "$one")"\ndone\n',
    "scancel": 'echo "$@" >> scancel.calls\n',
}
FAILS = '[ -f {name}.status ] && {{ cat {name}.says >&2; exit "$(cat {name}.status)"; }}\nexit 0\n'


class Commands:
    """The three programs and what they were asked, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for name, program in PROGRAMS.items():
            self.install(name, f"cd '{folder}'\n{program}{FAILS.format(name=name)}")

    def install(self, name: str, program: str) -> None:
        (self.folder / name).write_text(f"#!/bin/sh\n{program}")
        (self.folder / name).chmod(0o755)

    def fail(self, name: str, says: str, status: int = 1) -> None:
        (self.folder / f"{name}.says").write_text(says)
        (self.folder / f"{name}.status").write_text(str(status))

    def work(self, name: str) -> None:
        for file in self.folder.glob(f"{name}.s[at]*"):
            file.unlink()

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()

    def jobs(self, *lines: str) -> None:
        """What squeue lists from now on: `number|state|why|name`; before, all that was submitted waits."""
        (self.folder / "squeue.jobs").write_text("".join(f"{line}\n" for line in lines))

    @property
    def submitted(self) -> list[int]:
        return sorted(int(one.stem) for one in self.folder.glob("*.script"))

    @property
    def cancelled(self) -> list[str]:
        file = self.folder / "scancel.calls"
        return file.read_text().split() if file.exists() else []

    def looks(self) -> int:
        """How often squeue was asked."""
        file = self.folder / "squeue.calls"
        return file.read_text().count("x") if file.exists() else 0

    def arguments(self, number: int) -> list[str]:
        return (self.folder / f"{number}.arguments").read_text().splitlines()

    def script(self, number: int) -> str:
        return (self.folder / f"{number}.script").read_text()

    def environment(self, number: int) -> dict[str, str]:
        lines = (self.folder / f"{number}.environment").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Commands]:
    made = Commands(tmp_path / "commands")
    monkeypatch.setenv("PATH", f"{made.folder}{os.pathsep}{os.defpath}")
    assert shutil.which("sbatch") == str(made.folder / "sbatch")
    yield made

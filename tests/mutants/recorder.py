"""Runs pytest and writes down which tests run which lines, and how long each takes. Started as a file, in a copy.

Processes that a test starts count as the test's: coverage reads their context from the variable that pytest sets.
"""

import json
import os
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import coverage
import pytest

RECORD = "MUTANTS_RECORD"  # the folder that the record is written into
SETTINGS = """[run]
source =
    {rooms}
branch = false
parallel = true
context = ${{PYTEST_CURRENT_TEST-}}
data_file = {folder}/coverage
"""


class Recorder:
    """Coverage with each test's name as its context."""

    def __init__(self, folder: Path, rooms: str, root: Path) -> None:
        self.folder, self.root = folder, root
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()  # without any change: they can't notice one
        (folder / "settings").write_text(
            SETTINGS.format(folder=folder, rooms="\n    ".join(str(root / one) for one in rooms.split(",")))
        )
        self.coverage = coverage.Coverage(config_file=str(folder / "settings"))
        self.coverage.start()
        os.environ["COVERAGE_PROCESS_START"] = str(
            folder / "settings"
        )  # read anew by each process that starts

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self.coverage.switch_context(item.nodeid)
        started = time.monotonic()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.monotonic() - started

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        self.coverage.save()
        self.coverage.combine(keep=True)
        data = self.coverage.get_data()
        tests = self.seconds.keys() - self.failed
        lines = {
            str(Path(file).relative_to(self.root)): {
                line: sorted({context.rsplit(" (", 1)[0] for context in contexts} & tests)
                for line, contexts in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
            if Path(file).is_relative_to(self.root)
        }
        record = {"lines": lines, "seconds": self.seconds}
        (self.folder / "record.json").write_text(json.dumps(record))


def pytest_configure(config: pytest.Config) -> None:
    folder = Path(os.environ[RECORD])
    config.pluginmanager.register(Recorder(folder, os.environ["MUTANTS_ROOMS"], Path.cwd()))


if __name__ == "__main__":
    sys.path[0] = str(Path.cwd())  # the copy's modules, not those beside this file
    sys.exit(pytest.main(sys.argv[1:], plugins=[sys.modules[__name__]]))

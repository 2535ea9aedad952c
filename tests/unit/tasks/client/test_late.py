"""A grammar that takes seconds to build is built when it is used. Real processes, with a package of its name."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder of packages with one that tells when it is loaded."""
    package = tmp_path / "rfc3987_syntax"
    package.mkdir()
    (package / "__init__.py").write_text(
        "print('loaded')\nfrom .helpers import RULES\ndef is_valid_syntax(rule, text):\n    return text != 'wrong'\n"
    )
    (package / "helpers.py").write_text("RULES = ['iri']\n")
    return tmp_path


def run(program: str, packages: Path | None = None) -> list[str]:
    path = [str(ROOT), *([str(packages)] if packages else [])]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\nsys.path[:0] = {path!r}\n{program}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("program", ["tasks", "agents.unmodified", "pipelines.main_job", "soundyard.queued"])
def test_the_sdk_and_the_agent_come_without_it(packages, program):
    text = f"import {program}, clearml, clearml_agent.backend_api.session\nprint('rfc3987_syntax' in sys.modules)"
    assert run(text, packages) == ["True"]


def test_a_format_that_needs_it_is_still_checked(packages):
    checks = "[jsonschema.FormatChecker().conforms(text, 'iri') for text in ('right', 'wrong')]"
    assert run(f"import tasks, jsonschema\nprint('before')\nprint({checks})", packages) == [
        "before",
        "loaded",
        "[True, False]",
    ]


@pytest.mark.parametrize(
    "use",
    [
        "import rfc3987_syntax; print(rfc3987_syntax.RULES)",
        "from rfc3987_syntax import RULES; print(RULES)",
        "from rfc3987_syntax.helpers import RULES; print(RULES)",
        "import importlib.util; print(['iri'] if importlib.util.find_spec('rfc3987_syntax') else None)",
    ],
)
def test_other_programs_use_all_of_it(packages, use):
    assert run(f"import tasks\n{use}", packages)[-1] == "['iri']"


def test_what_is_loaded_stays(packages):
    assert run(
        "import rfc3987_syntax as one, tasks\nprint(sys.modules['rfc3987_syntax'] is one)", packages
    ) == [
        "loaded",
        "True",
    ]


def test_nothing_stands_for_what_is_not_installed():
    """Where it is installed all the same, its own file says so."""
    text = """
import importlib.util
there = importlib.util.find_spec('rfc3987_syntax')
import tasks
print(bool(there) == ('rfc3987_syntax' in sys.modules))
"""
    assert run(text) == ["True"]


def test_a_finder_that_keeps_it_out_is_heeded():
    text = """
class Out:
    def find_spec(self, name, path=None, target=None):
        if name == 'rfc3987_syntax':
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Out())
import tasks
print('rfc3987_syntax' in sys.modules)
"""
    assert run(text) == ["False"]

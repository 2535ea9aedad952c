"""The README is held against what stands."""

import re
import shlex

import pytest

from audio import command_line
from soundyard import programs
from tasks.registry import tasks
from tests import documented, tree
from tests.tree import ROOT, line_of, listed

TEXTS = {str(path.relative_to(ROOT)): path.read_text() for path in documented.texts()}
README = TEXTS["README.md"]
LINES = 220  # of a front page


def test_the_tree_is_that_of_the_files():
    assert tree.FILE.read_text() == tree.tree(), "docs/tree.md is out of date: run `make tree`"


def test_the_front_page_is_one():
    assert README.count("\n") <= LINES, "README.md is a front page: longer texts go to docs/"
    assert "\naudio/" not in README, "the tree is in docs/tree.md"


def test_every_file_begins_with_what_it_is_for():
    silent = [path for path in listed() if not line_of(path)]
    assert [str(path) for path in silent if path.parts[0] != "tests" or path.suffix == ".py"] == []


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_make_target_that_is_named_exists(name):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`|=cpu )make ([a-z][a-z-]+)", TEXTS[name], re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_module_that_is_run_exists(name):
    for module in set(re.findall(r"python -m ([a-z_.]+)", TEXTS[name])) - {"pytest"}:
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module
    for script in set(re.findall(r"python ([a-z_]+/[a-z_/]+\.py)", TEXTS[name])):
        assert (ROOT / script).is_file(), script


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_path_that_is_named_exists(name):
    places = "|".join(tree.ROOMS)
    named = set(re.findall(rf"`((?:{places})/[\w./-]+\.(?:py|md|js|toml))`", TEXTS[name]))
    assert [one for one in named if not (ROOT / one).exists()] == []


def commands_of(text: str) -> set[tuple[str, ...]]:
    found = re.findall(r"(?:^|`)soundyard (.+?)(?:`|\s{2,}#|$)", text, re.MULTILINE)
    return {tuple(shlex.split(one.replace("…", ""))) for one in found if one[0] not in "-<"}


@pytest.mark.parametrize("name", sorted(name for name in TEXTS if commands_of(TEXTS[name])))
def test_every_command_of_soundyard_is_one_with_those_options(name):
    for words in commands_of(TEXTS[name]):
        if words[0].isupper():
            continue
        found = programs.find(words)
        if found is None:
            assert words[0] in {one.split()[0] for one in programs.PROGRAMS}, words
            continue
        options = {one.partition("=")[0] for one in found[1] if one.startswith("--")} - {"--help"}
        known = options_of(found[0], found[1])
        assert options <= known, f"{words}: {options - known}"


def options_of(program: programs.Program, words: list[str]) -> set[str]:
    """Of the program, or for `run` also of the task."""
    parsers = [program.parser()]
    if program.name == "run" and (task := next((one for one in words if one in tasks.names()), "")):
        parsers.append(programs.of_task(task).parser())
    return {option for parser in parsers for option in command_line._options(parser)}

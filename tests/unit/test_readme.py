"""The README is held against what stands."""

import re

from tests.tree import ROOT, line_of, listed, written

README = (ROOT / "README.md").read_text()


def test_the_tree_is_that_of_the_files():
    assert written(README) == README, "the tree in README.md is out of date: run `make tree`"


def test_every_file_begins_with_what_it_is_for():
    silent = [path for path in listed() if not line_of(path)]
    assert [str(path) for path in silent if path.parts[0] != "tests" or path.suffix == ".py"] == []


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]+)", README, re.MULTILINE))
    assert named <= targets


def test_every_module_that_is_run_exists():
    for module in set(re.findall(r"python -m ([a-z_.]+)", README)):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module
    for script in set(re.findall(r"python ([a-z_/]+\.py)", README)):
        assert (ROOT / script).is_file(), script

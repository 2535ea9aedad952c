"""Registries: what comes along is there under its name, and a name means one thing."""

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from audio import registry
from audio.errors import ConfigError, DatasetError, PluginError
from audio.registry import Lazy, Registry
from tests.conftest import ROOT
from tests.plugins import undone


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    with undone():
        yield


def everything() -> list[tuple[str, str]]:
    return [(one.kind, name) for one in registry.EVERY for name in one.names()]


@pytest.mark.parametrize(("kind", "name"), everything())
def test_whatever_comes_along_is_where_its_registry_says(kind, name):
    own = next(one for one in registry.EVERY if one.kind == kind)
    assert own.find(name) is not None
    assert not isinstance(own.find(name), Lazy)
    assert own.entry(name).where.startswith(str(ROOT))


def test_names_are_listed_without_importing_anything_heavy():
    program = (
        "import sys; from audio import registry; from tasks.registry import tasks;"
        "names = [one.names() for one in registry.EVERY]; assert all(names), names;"
        "print([name for name in ('torch', 'numpy', 'pandas', 'clearml') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_thing_is_registered_by_a_decorator_and_at_once():
    own = Registry("colour", "colours", ("about",))

    @own.register("red", about="warm")
    def red() -> None: ...

    assert own.register("blue", 7) == 7
    assert own.find("red") is red and own.find("blue") == 7
    assert own.entry("red").options == {"about": "warm"}
    assert own.names() == ["blue", "red"] and own.names_in_order() == ["red", "blue"]
    assert own.entry("red").file == __file__
    registry.EVERY.remove(own)


def test_a_name_that_is_taken_is_refused_with_both_places():
    line = sys._getframe().f_lineno + 1
    registry.metrics.register("of-mine", len)
    with pytest.raises(PluginError) as refused:
        registry.metrics.register("of-mine", max)
    said = str(refused.value)
    assert f"{__file__}, line {line}," in said and f"{__file__}, line {line + 2}." in said
    assert registry.metrics.find("of-mine") is len, "the first one stays"
    with pytest.raises(PluginError, match=r"Two models are called 'cnn'.*audio.catalogue\.py"):
        registry.models.register("cnn", len)


def test_the_same_line_may_register_again_as_when_a_file_is_imported_twice():
    for thing in (len, max):
        registry.metrics.register("again", thing)
    assert registry.metrics.find("again") is max


def test_a_file_may_register_itself_what_a_catalogue_tells_of(tmp_path, monkeypatch):
    """As a new task of the project does: a file with the decorator, and a line in the catalogue."""
    from tasks import registry as tasks

    monkeypatch.syspath_prepend(tmp_path)
    text = "from tasks.task import Parameters, task\n\n@task('told-of', Parameters)\ndef main(run): ...\n"
    (tmp_path / "told_of.py").write_text(text)
    tasks.tasks.register(
        "told-of", Lazy("told_of:main"), kind="testing", parameters=Lazy("told_of:Parameters")
    )
    assert tasks.entry_point("told-of") == "-m told_of"
    assert callable(tasks.tasks.find("told-of")) and tasks.record("told-of")().plugins == []
    assert tasks.tasks.entry("told-of").file == str(tmp_path / "told_of.py")
    (tmp_path / "another_one.py").write_text("\n" + text)
    with pytest.raises(PluginError, match="Two tasks are called 'told-of'"):
        import_module("another_one")


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a,b", "-a", "[a]", "a|b", "é/a", 7])
def test_a_name_that_lists_could_not_hold_is_refused(name):
    with pytest.raises(PluginError, match=r"as in @models.register|As in @models.register"):
        registry.models.register(name, len)


def test_what_cannot_be_said_of_a_thing_is_refused_with_what_can():
    with pytest.raises(PluginError, match=r"is registered with colour; it takes about, head"):
        registry.models.register("mine", len, colour="red")


def test_an_unknown_name_is_answered_with_those_there_are_and_with_plugins():
    with pytest.raises(ConfigError, match=r"no model 'cn'.*Did you mean 'cnn'.*crnn.*plugins=FILE"):
        registry.models.find("cn")
    with pytest.raises(DatasetError, match="no data set 'esc11'"):
        registry.datasets.find("esc11")


def install(site: Path, package: str, text: str) -> None:
    """A package as pip installs it: a module, and its entry point."""
    about = site / f"{package}-1.5.dist-info"
    about.mkdir(parents=True)
    (site / f"{package}.py").write_text(text)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.5\n")
    (about / "entry_points.txt").write_text(f"[soundyard.plugins]\nsounds = {package}\n")
    (about / "top_level.txt").write_text(f"{package}\n")


ADDS = "from audio.registry import metrics\n\n@metrics.register('loud')\ndef loud(answers): return 1\n"


def asked(site: Path, program: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PYTHONPATH": f"{ROOT}:{site}", "PATH": "/usr/bin:/bin"}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)


def test_what_an_installed_package_adds_is_found_by_its_entry_point(tmp_path):
    install(tmp_path, "loud_sounds", ADDS)
    program = """
from audio import plugins
from audio.registry import metrics
assert "loud" in metrics.names()
its = plugins.origin(metrics.entry("loud"))
print(its.name, its.version)"""
    done = asked(tmp_path, program)
    assert done.stdout.strip() == "loud_sounds 1.5", done.stderr


def test_an_installed_package_that_is_broken_costs_its_own_names_alone_and_is_told(tmp_path):
    install(tmp_path, "loud_sounds", ADDS)
    install(tmp_path, "wrong_sounds", "raise ValueError('not today')")
    program = """
from audio.registry import metrics
print("loud" in metrics.names())
metrics.find("quiet")"""
    done = asked(tmp_path, program)
    assert done.stdout.strip() == "True"
    said = "The installed plugin wrong_sounds of wrong_sounds can't be used: ValueError: not today"
    assert f"note: {said}" in done.stderr and done.stderr.strip().endswith(said), done.stderr

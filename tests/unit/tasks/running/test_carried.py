"""Plugins that travel with a task: their text there and back, on a machine that has not got the file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audio import plugins, registry
from audio.errors import PluginError
from tasks import register
from tasks.arguments import command, schema
from tasks.code import carried
from tasks.errors import NothingThere
from tests.plugins import undone, write_examples

USED = ("model", "frontend", "augmentation", "metric")


@pytest.fixture(autouse=True)
def as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("clearml.config.get_cache_dir", lambda: tmp_path / "cache")
    with undone():
        yield


def travelling(path: Path) -> str:
    """The text that travels, of a plugin that is gone from this machine and from this process."""
    with undone():
        text = carried.text_of(plugins.load([str(path)]))
    path.unlink()
    return text


def test_a_plugin_is_imported_from_what_travels_where_its_file_is_not(tmp_path):
    path = write_examples(tmp_path / "é: %")["metric"]
    source = path.read_text()
    text = travelling(path)
    assert json.loads(text)[0]["files"]["my_metric.py"] == source.split("\n"), "a person can read it"
    (loaded,) = carried.load([str(path)], text)
    assert registry.metrics.entry("calibration").file.startswith(str(tmp_path / "cache"))
    assert (loaded.given, loaded.files) == (str(path), {"my_metric.py": source})
    assert json.loads(carried.text_of([loaded]))[0]["digest"] == json.loads(text)[0]["digest"]


def test_what_travels_is_taken_even_where_the_file_is_another_by_now(tmp_path):
    path = write_examples(tmp_path)["metric"]
    text = travelling(path)
    path.write_text("raise ValueError('edited since')\n")
    carried.load([str(path)], text)
    assert "calibration" in registry.metrics.names()


def test_a_plugin_that_neither_travels_nor_is_here_is_told(tmp_path):
    with pytest.raises(PluginError, match="no such file or folder"):
        carried.load([str(tmp_path / "elsewhere.py")], None)
    for text in ("{", "[1]", '[{"given": "a"}]', '{"a": 1}'):
        with pytest.raises(PluginError, match="was changed and can't be read"):
            carried.load([str(tmp_path / "elsewhere.py")], text)


def test_what_travels_is_not_used_where_the_parameter_no_longer_names_it(tmp_path):
    path = write_examples(tmp_path)["metric"]
    carried.load([], travelling(path))
    assert "calibration" not in registry.metrics.names()


def test_a_task_without_the_plugins_of_a_search_is_refused(tmp_path):
    path = str(write_examples(tmp_path)["metric"])
    base: dict[str, Any] = {"name": "train", "hyperparams": {"Args": {"plugins": {"value": "[]"}}}}
    with pytest.raises(NothingThere, match=rf"tasks\.register --plugins {path}"):
        carried.refuse_absent([path], base, "base_task_id")
    base["hyperparams"]["Args"]["plugins"]["value"] = json.dumps([path])
    carried.refuse_absent([path], base, "base_task_id")
    carried.refuse_absent([], {"name": "old", "hyperparams": {}}, "base_task_id")


def helped(*words: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        command.with_plugins(register.record("train"), [*words, "--help"], prog="p", about="a")
    return " ".join(capsys.readouterr().out.split())


def test_help_the_schema_and_the_lists_of_a_form_name_what_a_plugin_adds(tmp_path, capsys):
    paths = write_examples(tmp_path)
    assert "mean-pool" not in helped(capsys=capsys)
    given = [
        word
        for name in ("model", "frontend", "augmentation", "metric")
        for word in ("--plugins", str(paths[name]))
    ]
    text = helped(*given, capsys=capsys)
    for name in ("mean-pool", "crossings", "dropout-samples", "calibration", "balanced_accuracy", "cnn"):
        assert name in text
    told = schema.schema(register.record("train"))["properties"]
    assert "mean-pool" in told["model"]["examples"] and "crossings" in told["frontend"]["examples"]
    assert "calibration" in told["metrics"]["items"]["examples"]


def test_a_plugin_brings_its_preset_to_the_command_line(tmp_path):
    path = str(write_examples(tmp_path)["preset"])
    words = ["--plugins", path, "--preset", "ours", "--epochs", "2"]
    found = command.with_plugins(register.record("train"), words, prog="p", about="a")
    assert (found.preset, found.record.model, found.record.epochs) == ("ours", "cnn-wide", 2)
    assert found.record.plugins == [path]


def test_plugins_are_named_several_times_with_commas_spaces_in_names_and_as_a_list(tmp_path):
    names = [tmp_path / "a b.py", tmp_path / "c,d.py", tmp_path / "e.py"]
    for name in names:
        name.write_text("")
    first, second, third = map(str, names)
    assert command.plugins_in(["--plugins", first, f"--plugins={second}", "--epochs", "3"]) == [first, second]
    assert command.plugins_in(["--plugins", f"{first}, {third}"]) == [first, third]
    assert command.plugins_in(["--plugins", json.dumps([second, third])]) == [second, third]
    assert command.plugins_in(["--plugins"]) == command.plugins_in(["--epochs", "3"]) == []


def test_a_plugin_that_is_broken_ends_the_command_line_with_the_reason(tmp_path, capsys):
    (tmp_path / "broken.py").write_text("x = y\n")
    with pytest.raises(SystemExit) as ended:
        command.with_plugins(
            register.record("train"), ["--plugins", str(tmp_path / "broken.py")], prog="p", about="a"
        )
    assert ended.value.code == 2
    assert "broken.py, line 1" in capsys.readouterr().err

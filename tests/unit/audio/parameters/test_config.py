"""Configuration: contradictions are refused with what to do, and paths made to mean the same everywhere."""

import os

import pytest

from audio.config import PreprocessConfig, TrainConfig
from audio.errors import ConfigError


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epochs": 0}, "at least 1"),
        ({"optimizer": "adam"}, "adamw, sgd"),
        ({"win_length": 4096}, "longer than n_fft"),
        ({"f_max": 10.0}, "not above f_min"),
        ({"speeds": []}, "speeds is empty"),
        ({"mixup": 1.5}, "between 0 and 1"),
    ],
)
def test_contradictions_are_refused_with_what_to_do(settings, words):
    with pytest.raises(ConfigError, match=words):
        TrainConfig(**settings)


def test_a_path_that_is_here_or_written_as_one_becomes_absolute(tmp_path, monkeypatch):
    (tmp_path / "größer #1 50%").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "größer #1 50%")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for written, meant in (
        ("größer #1 50%", "größer #1 50%"),
        ("link", "link"),  # not what it points to today
        ("./link/../x", "x"),
        ("../elsewhere", "../elsewhere"),
        ("~/x", "x"),
    ):
        assert PreprocessConfig(data=written).data == os.path.normpath(tmp_path / meant)
        assert TrainConfig(background=written).background == os.path.normpath(tmp_path / meant)


@pytest.mark.parametrize("name", ["ashraq/esc50", "facebook/wav2vec2-base", "", "https://example.org/x.wav"])
def test_a_name_that_is_no_path_here_stays_a_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert PreprocessConfig(data=name).data == name
    assert TrainConfig(encoder=name).encoder == name


def test_a_path_that_is_not_text_is_refused_by_name(tmp_path):
    with pytest.raises(ConfigError, match=r"data is b'.*\\xff.*not UTF-8"):
        PreprocessConfig(data=os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))

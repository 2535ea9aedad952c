"""`soundyard`'s helpers for sound: options that are read, paths that are told apart, figures that are in an order."""

import argparse
from pathlib import Path

import numpy as np
import pytest

from audio.errors import ConfigError
from soundyard import predictor
from soundyard.hearing import events, listen, options


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("012", 12)])
def test_a_whole_number_is_read(text, number):
    assert options.count(text) == number
    if number:
        assert options.positive(text) == number


@pytest.mark.parametrize("text", ["", "-1", "1.5", "²", "٣", "x", " 1"])
def test_what_is_no_whole_number_is_refused_with_what_was_expected(text):
    with pytest.raises(argparse.ArgumentTypeError, match=r"at least 0, got "):
        options.count(text)
    with pytest.raises(argparse.ArgumentTypeError, match=r"at least [01], got "):
        options.positive(text)


def test_nothing_is_neither_positive_nor_a_place():
    with pytest.raises(argparse.ArgumentTypeError, match="at least 1, got '0'"):
        options.positive("0")
    with pytest.raises(argparse.ArgumentTypeError, match="expected the name of a file"):
        options.place("  ")
    assert options.place("a é") == Path("a é")


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("--shadow-log=a-b", "--shadow_log=a-b"),
        ("--x-y-z", "--x_y_z"),
        ("a-b", "a-b"),
        ("-x", "-x"),
        ("--a", "--a"),
    ],
)
def test_an_option_may_be_written_with_hyphens(word, read):
    assert options._underscored(word) == read


def test_a_table_grows_in_folders_that_are_made_and_one_that_can_not_be_is_told(tmp_path):
    with options.table(None) as nothing:
        assert nothing is None
    path = tmp_path / "é" / "b" / "events.csv"
    for _ in range(2):
        with options.table(path) as file:
            assert file is not None
            file.write("é\udce9\n")
        assert path.read_text().splitlines()[-1] == "é\\udce9" and len(path.read_text().splitlines()) == 2
    (tmp_path / "file").touch()
    with (
        pytest.raises(ConfigError, match=r"file/x\.csv can't be written: "),
        options.table(tmp_path / "file" / "x.csv"),
    ):
        pass


def test_tables_lie_below_what_all_recordings_have_in_common(tmp_path):
    files = [tmp_path / "a" / "x.wav", tmp_path / "b" / "c" / "y.wav"]
    assert events._above([tmp_path], files) == tmp_path
    assert events._above(files, files) == tmp_path
    assert events._above([files[0]], files[:1]) == tmp_path / "a"
    assert events._above([], []) == Path()
    assert events._above(files, [files[0], Path("relative/y.wav")]) == Path()


def test_a_model_is_a_file_by_its_path_and_else_one_of_the_server(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("tasks.lookup.file_to_hear", lambda given: asked.append(given) or Path("/fetched"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bare").touch()
    for model, file in (
        (Path("id"), Path("id")),
        ("bare", Path("bare")),
        ("gone.ONNX", Path("gone.ONNX")),
        ("~/x", tmp_path / "x"),
    ):
        assert predictor.file_of(model) == file
    assert asked == []
    assert predictor.file_of("0123abcd") == predictor.file_of(predictor.LATEST) == Path("/fetched")
    assert asked == ["0123abcd", ""]


@pytest.mark.parametrize(
    ("sound", "several"),
    [
        ("a.wav", False), (Path("a"), False), (b"RIFF", False), (bytearray(), False), (memoryview(b""), False),
        (np.zeros(3), False), (["a", "b"], True), ((one for one in "ab"), True), (3, False),
    ],
)  # fmt: skip
def test_several_sounds_are_told_from_one(sound, several, tmp_path):
    assert predictor._are_several(sound) is several
    with (tmp_path / "x").open("wb") as file:
        assert predictor._are_several(file) is False


def test_how_late_answers_came_is_told_by_the_middle_the_most_and_the_worst(capsys):
    told = listen.Told.__new__(listen.Told)
    told._late = [0.5, 0.001, *(0.01 * number for number in range(20, 0, -1))]
    told.sum_up()
    said = capsys.readouterr().err
    assert said == "answers came 110 ms after the end of their window (95 %: 200 ms, latest: 500 ms)\n"
    told._late = []
    told.sum_up()
    assert capsys.readouterr().err == ""

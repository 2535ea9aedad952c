"""Many recordings to one table: nothing is lost or told twice, whatever happens on the way."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile

from audio.events import run as running
from audio.events.config import EventConfig
from audio.events.hearing import Detector, Found
from audio.events.tracking import Event
from audio.events.workers import Part, hear_all
from soundyard.hearing.events import main
from tests.conftest import ROOT, until
from tests.unit.audio.heard import RATE

from .conftest import alternating

Run = Callable[..., tuple[int, str, str]]
OPTIONS = ("--hop", "0.1", "--threshold", "0.6")


@pytest.fixture
def events(onnx, capsys) -> Run:
    """Runs the command; gives its status, and what it wrote to stdout and stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        try:
            status = main(["--model", str(onnx), *OPTIONS, *map(str, words)])
        except SystemExit as end:
            status = int(str(end.code))
        return (status, *capsys.readouterr())

    return run


def journal(out: Path) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in Path(f"{out}.journal").read_text().splitlines()[1:]]


def test_a_folder_is_one_table_and_unreadable_files_are_rows_with_the_reason(events, recordings, tmp_path):
    (recordings / "broken.wav").write_bytes(b"RIFF nothing")
    out = tmp_path / "not" / "there" / "events.csv"
    status, _, err = events(recordings, "--out", out)
    assert status == 1 and "broken.wav can't be heard" in err and "1 of 4 recordings can't be heard" in err
    table = pd.read_csv(out)
    assert list(table.columns) == ["file", "onset", "offset", "label", "score", "mean", "error"]
    labels = table[table.error.isna()].groupby("file").label.apply(list)
    assert labels[str(recordings / "a.wav")] == ["low", "high", "low"]
    assert labels[str(recordings / "b %:.flac")] == ["high", "low", "high"]
    assert list(table[table.error.notna()].file) == [str(recordings / "broken.wav")]


def test_it_is_printed_where_no_file_is_named(events, recordings):
    status, out, _ = events(recordings / "a.wav")
    assert status == 0 and [line.split(",")[3] for line in out.splitlines()] == [
        "label",
        "low",
        "high",
        "low",
    ]
    assert not list(recordings.glob("*.journal"))


def test_processes_and_repetitions_change_nothing(events, recordings, tmp_path):
    tables = []
    for jobs in (1, 3):
        out = tmp_path / f"{jobs}.csv"
        assert events(recordings, "--out", out, "--jobs", jobs)[0] == 0
        assert events(recordings, "--out", out, "--jobs", jobs)[0] == 0
        assert len(journal(out)) == 3  # each was heard once
        tables.append(out.read_bytes())
    assert tables[0] == tables[1]


def test_what_has_changed_and_what_is_new_is_heard_and_what_could_not_be_is_tried_again(
    events, recordings, tmp_path
):
    out = tmp_path / "events.csv"
    (recordings / "c.wav").write_bytes(b"RIFF nothing")
    assert events(recordings, "--out", out)[0] == 1
    soundfile.write(recordings / "a.wav", alternating([900]), RATE)
    soundfile.write(recordings / "c.wav", alternating([300]), RATE)
    soundfile.write(recordings / "d.wav", alternating([300]), RATE)
    status, _, err = events(recordings, "--out", out)
    assert status == 0 and "2 of 5 recordings were heard before" in err
    table = pd.read_csv(out)
    assert table.error.isna().all()
    assert list(table[table.file == str(recordings / "a.wav")].label) == ["high"]
    assert list(table[table.file == str(recordings / "c.wav")].label) == ["low"]
    assert len(journal(out)) == 4 + 3


def test_other_parameters_or_another_use_of_the_table_are_refused(events, recordings, tmp_path):
    out = tmp_path / "events.csv"
    assert events(recordings, "--out", out)[0] == 0
    before = out.read_bytes()
    status, _, err = events(recordings, "--out", out, "--gap", 1)
    assert status == 1 and "gap was 0.0 and is 1.0" in err and out.read_bytes() == before
    Path(f"{out}.journal").write_text("my own notes\n")
    status, _, err = events(recordings, "--out", out)
    assert status == 1 and "is not a journal" in err
    assert Path(f"{out}.journal").read_text() == "my own notes\n" and out.read_bytes() == before
    status, _, err = events(recordings, "--out", tmp_path)
    assert status == 1 and "is a folder" in err


def test_a_journal_that_was_cut_off_anywhere_gives_the_same_table(events, recordings, tmp_path):
    out = tmp_path / "events.csv"
    assert events(recordings, "--out", out)[0] == 0
    whole, lines = out.read_bytes(), Path(f"{out}.journal").read_bytes()
    for length in (0, 1, 40, len(lines) // 2, lines.rindex(b"\n", 0, -1) + 1, len(lines) - 1):
        out.unlink()
        Path(f"{out}.journal").write_bytes(lines[:length])
        assert events(recordings, "--out", out)[0] == 0
        assert out.read_bytes() == whole, length


def start(onnx: Path, folder: Path, out: Path, jobs: int) -> "subprocess.Popen[str]":
    words = [str(folder), "--out", str(out), "--model", str(onnx), *OPTIONS, "--jobs", str(jobs)]
    return subprocess.Popen(
        [sys.executable, "-m", "soundyard", "events", *words], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(("jobs", "how"), [(1, signal.SIGKILL), (2, signal.SIGKILL), (2, signal.SIGINT)])
def test_a_run_that_is_ended_goes_on_and_its_table_is_that_of_one_that_was_not(
    onnx, events, recordings, tmp_path, jobs, how
):
    for number in range(60):
        shutil.copy(recordings / "a.wav", recordings / f"copy {number:02}.wav")
    assert events(recordings, "--out", tmp_path / "at once.csv")[0] == 0
    out = tmp_path / "events.csv"
    log = Path(f"{out}.journal")
    for least in (3, 20):
        process = start(onnx, recordings, out, jobs)
        until(lambda: log.exists() and log.read_bytes().count(b"\n") > least, 60, "some are heard")  # noqa: B023
        process.send_signal(how)
        _, err = process.communicate(timeout=60)
        assert process.returncode == -how and "Traceback" not in err
        if how == signal.SIGINT:
            assert "interrupted; what was heard is in" in err
            assert pd.read_csv(out).file.nunique() >= least
    assert events(recordings, "--out", out)[0] == 0
    assert out.read_bytes() == (tmp_path / "at once.csv").read_bytes()
    heard = [one["file"] for one in journal(out)]
    assert len(heard) == len(set(heard)) == 63


def test_two_runs_do_not_write_one_table(onnx, events, recordings, tmp_path):
    for number in range(200):
        shutil.copy(recordings / "a.wav", recordings / f"copy {number:03}.wav")
    out = tmp_path / "events.csv"
    process = start(onnx, recordings, out, 1)
    try:
        until(Path(f"{out}.journal").exists, 60, "the first has begun")
        process.send_signal(signal.SIGSTOP)
        status, _, err = events(recordings, "--out", out)
        assert status == 1 and "is in use" in err
    finally:
        process.kill()
        process.communicate()


def test_tables_for_each_recording_lie_in_a_folder_as_the_recordings_do(events, recordings, tmp_path):
    out = tmp_path / "labels"
    assert events(recordings, "--out", out, "--format", "audacity")[0] == 0
    assert sorted(str(one.relative_to(out)) for one in out.rglob("*.txt")) == [
        "a.wav.txt", "b %:.flac.txt", "more é/a.wav.txt",
    ]  # fmt: skip
    single = tmp_path / "a.txt"
    assert events(recordings / "a.wav", "--out", single, "--format", "raven")[0] == 0
    assert single.read_text().splitlines()[1].split("\t")[-2] == "low"


def test_a_name_that_is_not_utf_8_is_written_with_its_bytes(events, recordings, tmp_path):
    name = os.fsdecode(os.fsencode(recordings) + b"/caf\xe9.wav")
    (recordings / "a.wav").rename(name)
    for jobs in (1, 2):
        assert events(recordings, "--out", tmp_path / f"{jobs}.csv", "--jobs", jobs)[0] == 0
        assert "caf\\xe9.wav" in (tmp_path / f"{jobs}.csv").read_text("utf-8")
        assert events(recordings, "--out", tmp_path / f"{jobs}.csv", "--jobs", jobs)[0] == 0


def test_agreement_with_marked_events_is_printed(events, recordings, tmp_path):
    marked = tmp_path / "marked.csv"
    marked.write_text("file,onset,offset,label\na.wav,0,2,low\nb %:.flac,0,2,high\nb %:.flac,2,4,siren\n")
    status, out, err = events(recordings, "--out", tmp_path / "events.csv", "--reference", marked)
    assert status == 0, err
    assert "the model does not know siren" in out
    rows = {
        line.split()[0]: line.split()[1:] for line in out.splitlines() if line.startswith(("low", "siren"))
    }
    assert rows["siren"] == ["0.000", "–", "0.000", "2"]  # of the second kind of counting: two segments
    status, _, err = events(recordings, "--reference", marked)
    assert status == 2 and "--reference needs --out" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--threshold", "2"], "threshold is 2.0; it must be between 0 and 1"),
        (["--jobs", "-1"], "--jobs"),
        (["--jobs", "many"], "expected a whole number"),
        (["--out", ""], "expected the name of a file"),
        (["--format", "xml"], "invalid choice"),
        (["--shortes", "1"], "did you mean --shortest?"),
        (["gone"], "such file"),
    ],
)
def test_words_that_make_no_sense_are_refused_before_work_begins(events, recordings, words, said):
    status, _, err = events(recordings, *words)
    assert status != 0 and said in err and "Traceback" not in err


def test_a_model_without_a_calibration_says_so_in_one_process_and_in_two(events, recordings, tmp_path):
    for jobs in (1, 2):
        status, _, err = events(recordings, "--out", tmp_path / "events.csv", "--calibrated", "--jobs", jobs)
        assert status == 1 and "The model has no calibration" in err


class Screen(io.StringIO):
    """A terminal that is written to; without one, a file."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets forward."""
    now = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(running.time, "monotonic", lambda: now.seconds)
    return now


def test_how_far_a_long_recording_is_stands_on_one_line_of_the_terminal(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    screen = Screen(terminal=True)
    shown = running.Progress(2, 0, screen)
    one = Path("one.wav")
    clock.seconds += 10
    shown.hears(Part(one, 3600.0, 7200.0))
    expected = "0 of 2 recordings, 0 events, 0 can't be heard; 1:00:00 of 2:00:00, 360 × as fast as sound, 0:00:30 left"
    assert screen.getvalue() == expected
    shown.hears(Part(one, 3601.0, 7200.0))
    assert screen.getvalue() == expected  # no sooner than can be read
    clock.seconds += 1
    monkeypatch.setenv("COLUMNS", "40")
    shown.hears(Part(Path("two"), 12.0, None))
    assert screen.getvalue() == f"{expected}\r\x1b[K0 of 2 recordings, 0 events, 0 can't be"
    clock.seconds += 1
    monkeypatch.setenv("COLUMNS", "200")
    shown.heard(Found(one, 7200.0, [Event(0.0, 1.0, "low", 0.5, 0.5)]))
    last = screen.getvalue().split("\x1b[K")[-1]
    assert last.startswith("1 of 2 recordings, 1 events, 0 can't be heard; 0:00:12 of ?, 601 ×")
    shown.clear()
    assert screen.getvalue().endswith("left\r\x1b[K")
    shown.clear()
    assert screen.getvalue().endswith("left\r\x1b[K")


def test_without_a_terminal_it_is_a_line_now_and_then(clock):
    screen = Screen(terminal=False)
    shown = running.Progress(3, 1, screen)
    for seconds in (4, 5, 2):
        clock.seconds += seconds
        shown.hears(Part(Path("one"), clock.seconds, None))
    shown.end()
    assert screen.getvalue().splitlines() == [
        "1 of 3 recordings were heard before",
        "1 of 3 recordings, 0 events, 0 can't be heard; 0:01:51 of ?, 10 × as fast as sound",
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_process_tells_how_far_it_is(onnx, tmp_path, jobs):
    soundfile.write(tmp_path / "é.wav", np.tile(alternating([300, 900]), 900), RATE)
    parts = []
    config = EventConfig()
    about = {"model": str(onnx), "config": asdict(config), "device": "cpu", "precision": "fp32"}
    about |= {"plugins": [], "calibrated": False}
    detector = Detector(onnx, config, "cpu")
    (found,) = hear_all(detector, about, [tmp_path / "é.wav"], jobs, parts.append)
    assert found.duration == 3600 and not found.error
    heard = [part.heard for part in parts]
    assert len(parts) > 2 and heard == sorted(heard) and 0 < heard[0] < 1800
    assert {(part.path, part.whole) for part in parts} == {(tmp_path / "é.wav", 3600.0)}

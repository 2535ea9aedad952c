"""The command line of inference: bad input is refused before work begins, and work that is done is never lost."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import soundfile

from audio.checkpoints import checkpoint as checkpoints
from audio.config import TrainConfig
from audio.models import build
from audio.predict import main
from tests.conftest import ROOT, until
from tests.unit.audio.conftest import tone
from tests.unit.audio.layouts import a_folder_of_others

RATE = 8000
Heard = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """A checkpoint of an untrained network: what it answers does not matter here."""
    path = tmp_path_factory.mktemp("model") / "model.pt"
    config = TrainConfig(n_fft=256, win_length=256, hop_length=128, n_mels=16, f_min=50)
    network = build(config, RATE, 2)
    checkpoints.save(
        {
            "format": checkpoints.FORMAT,
            "version": checkpoints.VERSION,
            "config": vars(config),
            "epoch": 0,
            "classes": ["high", "error"],
            "multi_label": False,
            "sample_rate": RATE,
            "clip_frames": RATE // 2,
            "preparation": {},
            "frontend": network.frontend.describe(),
            "weights": network.state_dict(),
        },
        path,
    )
    return path


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A folder with two sounds, one of them in a folder of its own, and what is no sound."""
    folder = tmp_path / "sounds"
    (folder / "more").mkdir(parents=True)
    for place in (folder / "a.wav", folder / "more" / "b é %.flac"):
        soundfile.write(place, tone(1.2, RATE), RATE)
    (folder / "notes.txt").write_text("not a sound")
    return folder


@pytest.fixture
def heard(model, capsys) -> Heard:
    """Runs the command; gives its status, and what it wrote to stdout and stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        try:
            status = main([str(model), *map(str, words)])
        except SystemExit as end:
            status = int(str(end.code))
        return (status, *capsys.readouterr())

    return run


def test_a_folder_is_heard_file_by_file_into_a_table_in_a_folder_that_is_made(heard, sounds, tmp_path):
    table = tmp_path / "not" / "there" / "heard.csv"
    status, out, _ = heard(sounds, "--csv", table)
    assert status == 0 and "a.wav" in out and "b é %.flac" in out and "notes.txt" not in out
    rows = pd.read_csv(table, header=None, skiprows=1)
    assert table.read_text().splitlines()[0] == "file,start,end,high,error,error"  # a class has that name too
    assert sorted(set(rows[0])) == [str(sounds / "a.wav"), str(sounds / "more" / "b é %.flac")]
    assert (rows[3] + rows[4]).round(4).eq(1).all() and len(rows) > 2


def test_a_broken_file_is_a_row_with_its_reason_and_not_the_end(heard, sounds, tmp_path):
    (sounds / "aa.wav").write_bytes(b"RIFF no sound")
    table = tmp_path / "heard.csv"
    status, out, err = heard(sounds, sounds / "gone.wav", "--csv", table)
    assert status == 1 and "b é %.flac" in out and "2 of 4 files could not be heard" in err
    rows = pd.read_csv(table, header=None, skiprows=1)
    reasons = rows[rows[5].notna()].set_index(0)
    assert list(reasons.index) == [str(sounds / "aa.wav"), str(sounds / "gone.wav")]
    assert reasons[[1, 2, 3, 4]].isna().all(axis=None)


def test_a_folder_that_cannot_be_read_is_a_row_and_the_others_are_heard(model, sounds, capsys):
    with a_folder_of_others() as (root, close):
        shutil.copytree(sounds, root, dirs_exist_ok=True)
        shutil.copy(model, root)
        (root / "lost").mkdir()
        close("lost")
        assert main([str(model), str(root)]) == 1  # which lies in a folder of somebody else
        assert "model.pt can't be read: Permission denied" in capsys.readouterr().err
        status = main([str(root / "model.pt"), str(root)])
        out, err = capsys.readouterr()
    assert status == 1 and "a.wav" in out and "b é %.flac" in out
    assert f"{root / 'lost'} can't be heard: is a folder that cannot be read" in err


def test_a_name_that_is_not_utf_8_is_printed_and_written_with_its_bytes(model, sounds, tmp_path):
    name = os.fsencode(sounds) + b"/caf\xe9 \xff.wav"
    (sounds / "a.wav").rename(os.fsdecode(name))
    (sounds / os.fsdecode(b"broken \xe9.wav")).touch()
    table = tmp_path / "heard.csv"
    command = [sys.executable, "-m", "audio.predict", str(model), str(sounds), "--csv", str(table)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True)
    assert done.returncode == 1 and b"Traceback" not in done.stderr, done.stderr
    assert b"caf\\xe9 \\xff.wav" in done.stdout + done.stderr
    assert b"broken \\xe9.wav can't be heard" in done.stderr
    assert "caf\\xe9 \\xff.wav" in table.read_text("utf-8")


def test_what_was_heard_before_ctrl_c_is_in_the_table(model, sounds, tmp_path):
    table, files = tmp_path / "heard.csv", [str(sounds / "a.wav")] * 20_000
    process = subprocess.Popen(
        [sys.executable, "-m", "audio.predict", str(model), *files, "--csv", str(table)],
        cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    until(lambda: table.exists() and "a.wav" in table.read_text(), 60, "the first file is in the table")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT and "Traceback" not in err
    assert len(pd.read_csv(table)) == 4 * int(re.findall(r"(\d+) files are in", err)[0])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--hop", "0"], "--hop: expected seconds above 0, got '0'"),
        (["--hop", "-1"], "--hop"),
        (["--hop", "nan"], "--hop"),
        (["--hop", ""], "--hop"),
        (["--top", "0"], "--top: expected a whole number of at least 1"),
        (["--top", "many"], "--top"),
        (["--csv", ""], "--csv: expected the name of a file"),
        (["--csv", "FOLDER"], "is a folder"),
        (["--csv", "FILE/under.csv"], "can't be written"),
        (["--csv", "/proc/nowhere/heard.csv"], "can't be written"),
        (["--device", "cudaa"], "device is 'cudaa'; it can be auto, cpu"),
        (["--device", "cuda:77"], "device is 'cuda:77', but torch finds"),
        (["--device", ""], "device is ''"),
        (["--device", "meta"], "device is 'meta'"),
        (["--hops", "1"], "--hops"),
        (["EMPTY"], "no sound file in the folder"),
        ([""], "expected the name of a file"),
    ],
)
def test_bad_input_is_refused_before_anything_is_heard(words, expected, heard, sounds, tmp_path):
    (tmp_path / "EMPTY").mkdir()
    places = {"FOLDER": sounds, "FILE/under.csv": sounds / "a.wav" / "under.csv", "EMPTY": tmp_path / "EMPTY"}
    status, out, err = heard(sounds / "a.wav", *(places.get(word, word) for word in words))
    assert status in (1, 2) and out == "", out
    assert expected in err.splitlines()[-1]


def test_an_earlier_table_is_kept_when_nothing_new_was_heard(model, sounds, tmp_path, capsys):
    table = tmp_path / "heard.csv"
    table.write_text("hours of work")
    assert main([str(tmp_path / "no.pt"), str(sounds), "--csv", str(table)]) == 1
    assert table.read_text() == "hours of work"
    assert main([str(tmp_path / "no.pt"), str(sounds), "--csv", str(tmp_path / "new.csv")]) == 1
    assert not (tmp_path / "new.csv").exists()


def test_a_full_disk_is_said_with_the_table_that_it_hit(heard, sounds):
    status, _, err = heard(sounds, "--csv", "/dev/full")
    assert status == 1 and "/dev/full can't be written: No space left" in err


def test_json_is_a_line_for_each_file_and_those_that_fail_too(model, sounds, capsys):
    (sounds / "broken.wav").write_bytes(b"no sound")
    assert main([str(model), str(sounds), "--json", "--top", "1"]) == 1
    told = {Path(one["file"]).name: one for one in map(json.loads, capsys.readouterr().out.splitlines())}
    assert set(told) == {"a.wav", "b é %.flac", "broken.wav"}
    (best,) = told["a.wav"]["top"]
    assert best["label"] in ("high", "error") and 0.5 <= best["probability"] <= 1
    assert told["broken.wav"]["error"]

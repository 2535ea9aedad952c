"""Trees of recordings as people keep them: what is the class, what is the split, what is left out."""

import tempfile
from pathlib import Path

import pytest

from audio.config import PreprocessConfig
from audio.datasets import find
from audio.errors import DatasetError
from audio.preprocessing.preprocess import preprocess
from tests.unit.audio.conftest import ignore
from tests.unit.audio.layouts import a_folder_of_others, sound


def read(root, *files):
    """What the tree of these files is taken for: label, split and fold of each file."""
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(b"")
    return {
        c.path.relative_to(root).as_posix(): (*c.labels, c.split, c.fold)
        for c in find("folder").read(root, 0)
    }


def test_the_outermost_folder_is_the_class(tmp_path):
    found = read(tmp_path, "dog/1.wav", "dog/far/away/2.WAV", "Grüne Straße 7/a b.flac", "top.wav")
    assert found == {
        "Grüne Straße 7/a b.flac": ("Grüne Straße 7", "", 0),
        "dog/1.wav": ("dog", "", 0),
        "dog/far/away/2.WAV": ("dog", "", 0),
    }


def test_hidden_files_and_other_kinds_are_left_out(tmp_path):
    files = [
        "dog/.x.wav",
        "dog/notes.txt",
        ".git/a.wav",
        "__MACOSX/dog/b.wav",
        "dog/.cache/c.wav",
        "dog/1.wav",
        "cat/2.wav",
    ]
    assert set(read(tmp_path, *files)) == {"dog/1.wav", "cat/2.wav"}


@pytest.mark.parametrize("wrapper", ["", "archive-main/", "data/audio/"])
def test_a_folder_that_only_wraps_the_others_is_looked_through(tmp_path, wrapper):
    found = read(tmp_path, f"{wrapper}dog/1.wav", f"{wrapper}rain/2.wav")
    assert [one[0] for one in found.values()] == ["dog", "rain"]


@pytest.mark.parametrize("names", [("train", "valid", "test"), ("Training", "dev", "Evaluation")])
def test_folders_named_like_splits_are_the_split_outside_and_inside_the_classes(tmp_path, names):
    expected = [("dog", "train", 0), ("dog", "validation", 0), ("dog", "test", 0)]
    outside = read(tmp_path / "a", *(f"{name}/{label}/1.wav" for name in names for label in ("dog", "rain")))
    inside = read(tmp_path / "b", *(f"{label}/{name}/1.wav" for name in names for label in ("dog", "rain")))
    assert [outside[f"{name}/dog/1.wav"] for name in names] == expected
    assert [inside[f"dog/{name}/1.wav"] for name in names] == expected


def test_folders_named_like_folds_are_the_folds_counted_from_one(tmp_path):
    found = read(tmp_path, *(f"fold{fold}/{label}/1.wav" for fold in range(3) for label in ("dog", "rain")))
    assert found["fold0/dog/1.wav"] == ("dog", "", 1) and found["fold2/rain/1.wav"] == ("rain", "", 3)


def test_classes_called_like_numbers_or_a_train_stay_classes(tmp_path):
    assert {one[0] for one in read(tmp_path / "a", "0/1.wav", "1/1.wav", "10/1.wav").values()} == {
        "0",
        "1",
        "10",
    }
    assert {one[0] for one in read(tmp_path / "b", "train/1.wav", "tram/1.wav").values()} == {"train", "tram"}


def test_splits_beside_classes_are_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"\(test, train\) beside others \(extra\)"):
        read(tmp_path, "train/dog/1.wav", "test/dog/1.wav", "extra/dog/1.wav")


def test_sound_that_cannot_be_decoded_is_listed_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("audio.io.reading.find_spec", lambda name: None)  # PyAV is not installed
    sound(tmp_path / "in" / "dog" / "1.wav")
    (tmp_path / "in" / "dog" / "2.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    report = preprocess(
        PreprocessConfig(dataset="folder", data=str(tmp_path / "in")), tmp_path / "store", progress=ignore
    )
    ((name, reason),) = report.skipped
    assert (
        report.clips == 1
        and name == "dog/2.m4a"
        and "ffmpeg -i NAME.m4a NAME.flac" in reason
        and "pip install av" in reason
    )


@pytest.mark.parametrize("closed", ["lost+found", "dog/lost", "cat"])
def test_a_folder_that_cannot_be_read_is_listed_and_the_others_are_read(closed):
    with tempfile.TemporaryDirectory() as out, a_folder_of_others() as (root, close):
        for file in ("dog/1.wav", "cow/2.wav", f"{closed}/3.wav"):
            sound(root / file)
        Path(out).chmod(0o777)
        close(closed)
        config = PreprocessConfig(dataset="folder", data=str(root))
        report = preprocess(config, Path(out) / "store", progress=ignore)
    assert report.clips == 2
    assert [name for name, _ in report.left_out] == [f"{closed}/"]


def test_sound_beside_the_clips_of_a_table_is_listed_when_the_table_itself_is_given(tmp_path):
    for name in ("audio/a.wav", "audio/é #1.wav", "audio/unheard.wav", "audio/inner/deep.wav", "near.wav"):
        sound(tmp_path / name)
    (tmp_path / "audio" / "notes.txt").write_text("none")
    table = tmp_path / "labels.csv"
    table.write_text("path,label\naudio/a.wav,x\naudio/inner/../é #1.wav,y\n", encoding="utf-8")
    report = preprocess(PreprocessConfig(dataset="csv", data=str(table)), tmp_path / "store", progress=ignore)
    assert report.clips == 2
    assert [name for name, _ in report.left_out] == ["audio/unheard.wav"]
    assert "not listed" in report.left_out[0][1]
    assert report.others == {".txt": 1}

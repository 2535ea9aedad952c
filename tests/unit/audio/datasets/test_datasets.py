"""One contract, every data set: what is listed in the registry is tested the moment it is."""

import os

import pytest

from audio.clips.store import ClipStore
from audio.config import PreprocessConfig
from audio.datasets import find, names
from audio.datasets import synthetic as synthetic_module
from audio.datasets.public.speechcommands import split_by_hash
from audio.datasets.validation import validate
from audio.errors import DatasetError
from audio.preprocessing.preprocess import preprocess
from tests.unit.audio.conftest import ignore
from tests.unit.audio.layouts import LAYOUTS, sound


@pytest.fixture(autouse=True)
def _small_and_apart(monkeypatch, tmp_path):
    monkeypatch.setattr(synthetic_module, "PER_FOLD", 1)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")


def test_every_data_set_has_a_layout_here():
    assert {name for name, _ in LAYOUTS} == set(names())


@pytest.mark.parametrize(("name", "variant"), LAYOUTS)
def test_the_published_layout_becomes_a_clip_store(name, variant, tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    expected = LAYOUTS[name, variant](root)
    clips = find(name).read(root, 0)
    assert len(clips) == expected.clips or not expected.clips
    assert {label for clip in clips for label in clip.labels} == expected.labels
    assert {clip.fold for clip in clips if clip.fold} == expected.folds
    assert {clip.split for clip in clips if clip.split} == expected.splits
    assert clips == find(name).read(root, 0)  # the same order every time

    config = PreprocessConfig(dataset=name, data=str(root), sample_rate=16000)
    report = preprocess(config, tmp_path / "store", progress=ignore)
    store = ClipStore.open(tmp_path / "store")
    assert len(report.skipped) == (0 if name == "synthetic" else 2)
    assert all(reason for _, reason in report.skipped)
    assert len(store) + len(report.skipped) == len(clips)
    assert store.classes == sorted(expected.labels)
    assert store.folds or store.splits  # drawn where there are no official ones
    assert (store.index["frames"] > 0).all()
    assert all(len(store.waveform(clip)) == frames for clip, frames in store.index["frames"].items())


@pytest.mark.parametrize("name", sorted(set(names()) - {"synthetic", "huggingface"}))
def test_another_folder_is_refused_with_the_layout_and_what_was_found(name, tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"Expected: .*Found: holiday\.jpg"):
        find(name).read(tmp_path, 0)


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(DatasetError, match=r"Did you mean 'urbansound8k'.*esc10, esc50, folder"):
        find("UrbanSound8k")


def test_the_speech_commands_hash_is_the_published_one():
    # files of the published validation and testing lists, and one of neither
    assert split_by_hash("a/0a7c2a8d_nohash_0.wav") == split_by_hash("b/0a7c2a8d_nohash_3.wav")
    shares = [split_by_hash(f"x/{i:08x}_nohash_0.wav") for i in range(4000)]
    assert 0.08 < shares.count("validation") / 4000 < 0.12 and 0.08 < shares.count("test") / 4000 < 0.12


def test_synthetic_sounds_are_the_same_for_a_seed():
    one, two = (synthetic_module.sound("warble", 1, 0, 7) for _ in range(2))
    assert (one == two).all() and (one != synthetic_module.sound("warble", 1, 0, 8)).any()


def test_validation_tells_counts_and_unreadable_files(tmp_path):
    LAYOUTS["urbansound8k", "table"](tmp_path)
    (tmp_path / "audio" / "fold3" / "300-0-0-0.wav").unlink()
    problems = validate(find("urbansound8k"), tmp_path)
    assert problems[:2] == ["20 clips, published are 8732", "2 labels, published are 10"]
    assert any("audio/fold1/100-0-0-0.wav cannot be opened" in problem for problem in problems)
    assert any("audio/fold2/201-1-0-0.wav" in problem for problem in problems)
    assert any("300-0-0-0.wav is listed but not there" in problem for problem in problems)


def test_only_what_differs_from_the_published_is_told(tmp_path):
    for number in range(60):
        bits = "_".join(f"{number:08b}")
        sound(tmp_path / f"{bits}.wav", 0.05)
    problems = validate(find("yesno"), tmp_path)
    assert problems == ["6 labels, published are 8"]  # numbers up to 59 never say the first two


def test_validation_of_any_name_and_kind_of_file_ends_with_a_list(tmp_path):
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog" / os.fsdecode(b"caf\xe9.wav")).write_bytes(b"")
    os.mkfifo(tmp_path / "dog" / "pipe.wav")
    assert validate(find("folder"), tmp_path) == [
        "dog/caf\\xe9.wav cannot be opened: the file is empty (0 bytes)",
        "dog/pipe.wav cannot be opened: is a pipe, a socket or a device, not a file",
    ]

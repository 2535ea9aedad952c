"""No clip is left out of everything in silence: folds from zero, one split for all, blanks, sets with both."""

import dataclasses

import numpy as np
import pytest
import soundfile

from audio.clips.splits import divide, held_out, told_of_others
from audio.clips.store import ClipStore
from audio.config import EvaluateConfig, PreprocessConfig, TrainConfig
from audio.datasets import find
from audio.errors import ConfigError, DatasetError
from audio.evaluation.evaluate import evaluate
from audio.preprocessing.preprocess import preprocess
from audio.training.train import train
from tests.unit.audio import clip_stores
from tests.unit.audio.clip_stores import Sound
from tests.unit.audio.conftest import ignore


def table(tmp_path, header, rows):
    """A data set by CSV, with a sound for each row; `{}` in a row is its file."""
    lines = [header]
    for i, row in enumerate(rows):
        noise = np.random.default_rng(i).normal(0, 0.1, 4000)
        soundfile.write(tmp_path / f"{i}.wav", noise, 8000)
        lines.append(row.format(f"{i}.wav"))
    (tmp_path / "set.csv").write_text("\n".join(lines))
    return PreprocessConfig(dataset="csv", data=str(tmp_path / "set.csv"), sample_rate=8000)


def made(config, tmp_path):
    preprocess(config, tmp_path / "store", progress=ignore)
    return ClipStore.open(tmp_path / "store")


def test_folds_from_zero_are_all_there_in_every_kind_of_table(tmp_path):
    store = made(table(tmp_path, "path,label,fold", [f"{{}},a,{i % 3}" for i in range(6)]), tmp_path)
    assert sorted(store.index["fold"]) == [1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("zero", [0, "fold0", 0.0])
def test_a_hugging_face_set_loses_no_fold_that_is_counted_from_zero(zero, tmp_path):
    import datasets

    sounds = []
    for i in range(6):
        soundfile.write(tmp_path / f"{i}.wav", np.random.default_rng(i).normal(0, 0.1, 800), 8000)
        sounds.append(str(tmp_path / f"{i}.wav"))
    folds = [zero if i % 2 == 0 else type(zero)(str(zero).replace("0", "1", 1)) for i in range(6)]
    whole = datasets.Dataset.from_dict({"audio": sounds, "label": ["a", "b"] * 3, "fold": folds})
    whole = whole.cast_column("audio", datasets.Audio())
    datasets.DatasetDict({"train": whole}).save_to_disk(str(tmp_path / "set"))
    clips = find("huggingface").read(tmp_path / "set", 0)
    assert [clip.fold for clip in clips] == [1, 2] * 3
    config = PreprocessConfig(dataset="huggingface", data=str(tmp_path / "set"), sample_rate=8000)
    store = made(config, tmp_path)
    assert store.folds == [1, 2] and not store.splits  # one split for all says nothing


def test_a_hugging_face_part_by_another_name_stays_and_can_be_asked_for(tmp_path):
    import datasets

    for i in range(8):
        soundfile.write(tmp_path / f"{i}.wav", np.random.default_rng(i).normal(0, 0.1, 800), 8000)
    columns = {"audio": [str(tmp_path / f"{i}.wav") for i in range(8)], "label": ["a", "b"] * 4}
    whole = datasets.Dataset.from_dict(columns).cast_column("audio", datasets.Audio())
    parts = {
        "train": whole.select(range(4)),
        "test": whole.select([4, 5]),
        "unverified": whole.select([6, 7]),
    }
    datasets.DatasetDict(parts).save_to_disk(str(tmp_path / "set"))
    config = PreprocessConfig(dataset="huggingface", data=str(tmp_path / "set"), sample_rate=8000)
    store = made(config, tmp_path)
    assert store.splits == ["test", "train", "unverified"]
    assert len(held_out(store, 0, "unverified")) == 2 and len(held_out(store, 0)) == 2
    assert "2 of split unverified" in told_of_others(TrainConfig(fold=0), store)


@pytest.mark.parametrize("split", ["train", "test"])
def test_where_all_clips_have_one_split_folds_are_drawn(split, tmp_path):
    store = made(table(tmp_path, "path,label,split", [f"{{}},a,{split}"] * 10), tmp_path)
    assert store.folds == [1, 2, 3, 4, 5] and not store.splits


def test_a_blank_split_beside_others_is_refused_with_a_count_and_a_name(tmp_path):
    config = table(tmp_path, "path,label,split", ["{},a,train", "{},a,", "{},a,test", "{},a,", "{},a,train"])
    with pytest.raises(DatasetError, match=r"2 of 5 clips of .* have no split, the first is 1\.wav"):
        preprocess(config, tmp_path / "store", progress=ignore)


def test_clips_that_take_no_part_in_a_training_are_told(tiny, tmp_path, capsys):
    """The test split of a set that has folds for its other clips."""
    sounds = [
        Sound("ab"[i % 2], clip_stores.noise(8000, i), fold=i % 3, split=["test", "train", "train"][i % 3])
        for i in range(24)
    ]
    store = clip_stores.write(tmp_path / "store", sounds)
    config = dataclasses.replace(tiny, epochs=1)
    train(config, store, checkpoint_dir=tmp_path / "run", progress=ignore)
    assert "8 clips of the data set take no part, neither in training nor held out: 8 of split test" in (
        capsys.readouterr().out
    )
    assert not told_of_others(dataclasses.replace(config, fold=0), store)
    found = evaluate(tmp_path / "run" / "model.pt", store, EvaluateConfig(split="test"))
    assert set(found.clips["fold"]) == {1}  # the usual: what the model held out


def test_a_fold_that_is_not_there_is_refused_with_those_there_are(store, tmp_path):
    with pytest.raises(ConfigError, match="no fold 9; the data set has 1, 2, 3, 4, 5"):
        divide(TrainConfig(fold=9), store)
    splits = clip_stores.write(
        tmp_path, [Sound("a", clip_stores.noise(800), split=s) for s in ("train", "test")]
    )
    with pytest.raises(ConfigError, match="no fold 2; the data set has no folds, but the splits test, train"):
        divide(TrainConfig(fold=2), splits)
    assert len(divide(TrainConfig(), splits)[0]) == 1  # fold 1 is the usual one: the test split


def test_a_part_of_a_long_recording_is_never_given_another_ones_samples(tmp_path):
    """Times beyond a thousand seconds differ in the seventh digit."""
    rate, seconds = 1000, 1010
    random = np.random.default_rng(0)
    soundfile.write(tmp_path / "long.wav", random.normal(0, 0.1, rate * seconds), rate)

    def run(name, starts, **more):
        rows = [f"long.wav,a,{start:.3f},{start + 0.5:.3f}" for start in starts]
        (tmp_path / "set.csv").write_text("\n".join(["path,label,start,end", *rows]))
        config = PreprocessConfig(
            dataset="csv", data=str(tmp_path / "set.csv"), sample_rate=1000, trim_silence=False
        )
        report = preprocess(config, tmp_path / name, progress=ignore, **more)
        return report, ClipStore.open(tmp_path / name)

    _, old = run("old", [1000.001, 1000.251, 2.5])
    assert old.index["clip"].iloc[0] == "long.wav#1000.001-1000.501"
    report, new = run("new", [1000.003, 1000.251, 2.5], reuse_from=tmp_path / "old")
    _, fresh = run("fresh", [1000.003, 1000.251, 2.5])
    assert report.reused == 2
    assert (new.samples == fresh.samples).all() and not (new.samples == old.samples).all()


def test_what_has_another_name_is_taken_over_by_its_content(tmp_path):
    for place, name in (("one", "x"), ("two", "y")):
        (tmp_path / place / "a").mkdir(parents=True)
        for i in range(3):
            noise = np.random.default_rng(i).normal(0, 0.1, 800)
            soundfile.write(tmp_path / place / "a" / f"{name}{i}.wav", noise, 8000)
    configs = [PreprocessConfig(dataset="folder", data=str(tmp_path / place)) for place in ("one", "two")]
    preprocess(configs[0], tmp_path / "old", progress=ignore)
    report = preprocess(configs[1], tmp_path / "new", progress=ignore, reuse_from=tmp_path / "old")
    old, new = (ClipStore.open(tmp_path / name) for name in ("old", "new"))
    assert report.reused == 3 and (old.samples == new.samples).all()


def test_hugging_face_clips_that_are_files_are_read_where_they_lie(tmp_path):
    import datasets

    from audio.datasets.huggingface import _clips

    soundfile.write(tmp_path / "a.wav", np.zeros(800), 8000)
    columns = {"audio": [str(tmp_path / "a.wav")], "genre": ["rock"], "src_file": ["band.wav"]}
    part = datasets.Dataset.from_dict(columns).cast_column("audio", datasets.Audio())
    (clip,) = _clips(part, "validation[:10%]", tmp_path)
    assert clip.path == tmp_path / "a.wav" and clip.labels == ("rock",)
    assert (clip.split, clip.source, clip.fold) == ("validation", "band.wav", -1)


def test_hugging_face_clips_that_are_bytes_are_written_once_under_their_content(tmp_path, monkeypatch):
    import datasets

    from audio.datasets.huggingface import _clips

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    soundfile.write(tmp_path / "a.flac", np.zeros(800), 8000)
    sound = {"path": "a.flac", "bytes": (tmp_path / "a.flac").read_bytes()}
    part = datasets.Dataset.from_list(
        [{"audio": sound, "label": 7}, {"audio": {**sound, "path": None}, "label": 8}]
    )
    part = part.cast_column("audio", datasets.Audio(decode=False))
    named, nameless = _clips(part, "", tmp_path)
    assert named.path.read_bytes() == sound["bytes"] and named.labels == ("7",)
    assert named.path.name.startswith("all-000000-") and named.path.suffix == ".flac"
    assert nameless.path.suffix == ".wav"
    before = named.path.stat().st_mtime_ns
    assert _clips(part, "", tmp_path)[0].path.stat().st_mtime_ns == before
    assert not list((tmp_path / "cache").rglob("*.part"))

"""Figures of parts of the clips: by the data set's own columns, by numbers in quarters, and unknown columns refused."""

import csv

import numpy as np
import pytest
import soundfile

from audio.clips.store import INDEX, ClipStore
from audio.config import EvaluateConfig, PreprocessConfig, TrainConfig
from audio.errors import ConfigError
from audio.evaluation.evaluate import evaluate
from audio.preprocessing.preprocess import preprocess
from audio.training.train import train
from tests.unit.audio.conftest import ignore, tone


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """A table with columns of its own: microphone, distance, a blank now and then."""
    folder = tmp_path_factory.mktemp("manifest")
    rows = []
    for i in range(40):
        name = f"é {i}.wav"
        soundfile.write(folder / name, tone(0.5 + i / 100, 8000, 300 + 400 * (i % 2) + i), 8000)
        rows.append(
            {
                "path": name,
                "label": "low" if i % 2 == 0 else "high",
                "fold": i % 4 + 1,
                "microphone": ["é:/%", "b", ""][i % 3],
                "distance": f"{i * 0.5:g}",
                "source": f"recording {i // 2}",
            }
        )
    with (folder / "clips.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    preprocess(
        PreprocessConfig(dataset="csv", data=str(folder / "clips.csv"), sample_rate=8000),
        folder / "store",
        progress=ignore,
    )
    store = ClipStore.open(folder / "store")
    config = TrainConfig(epochs=2, n_fft=256, win_length=256, n_mels=16, speeds=[1.0], model="tutorial-cnn")
    return store, train(config, store, checkpoint_dir=folder / "run", progress=ignore).model_path


def test_columns_of_a_table_of_ones_own_are_sliced_by(manifest):
    store, model = manifest
    found = evaluate(model, store, EvaluateConfig(slices=["microphone", "distance"]))
    table = found.slices.set_index(["column", "value"])
    assert set(table.loc["microphone"].index) == {"é:/%", "b", "(none)"}
    assert table.loc["microphone"]["clips"].sum() == len(found.clips) == 10
    assert table["clips"].loc["distance"].sum() == 10
    right = found.clips.set_index("clip").eval("label == prediction")
    microphone = {clip: ["é:/%", "b", ""][int(clip.split(" ")[1].split(".")[0]) % 3] for clip in right.index}
    mine = np.mean([right[clip] for clip in right.index if microphone[clip] == "b"])
    assert table.loc[("microphone", "b"), "accuracy"] == pytest.approx(mine)
    weighed = (table.loc["microphone"]["accuracy"] * table.loc["microphone"]["clips"]).sum() / 10
    assert weighed == pytest.approx(found.accuracy)


def test_numbers_of_many_values_are_cut_in_quarters(manifest):
    store, model = manifest
    found = evaluate(model, store, EvaluateConfig(split="all", overlap="apart", slices=["distance"]))
    everything = evaluate(model, store, EvaluateConfig(slices=["duration"])).slices
    assert len(found.slices) <= 10 and (everything["column"] == "duration").all()
    assert all(" to " in value or value.replace(".", "").isdigit() for value in everything["value"])


def test_without_a_wish_columns_of_few_values_duration_and_loudness_are_shown(manifest):
    store, model = manifest
    found = evaluate(model, store, EvaluateConfig()).slices
    assert {"microphone", "duration", "loudness"} <= set(found["column"])
    assert "label" not in set(found["column"])  # which the table of classes has


def test_an_unknown_column_is_refused_before_anything_is_heard_with_those_there_are(manifest):
    store, model = manifest
    with pytest.raises(ConfigError, match=r"'microfone'; the clips have: .*microphone, distance"):
        evaluate(model, store, EvaluateConfig(slices=["microfone"]), progress=lambda *_: pytest.fail("heard"))


def test_a_store_of_before_columns_were_kept_still_opens(manifest, tmp_path):
    import shutil

    import pandas as pd

    store, model = manifest
    shutil.copytree(store.folder, tmp_path / "old")
    pd.read_parquet(tmp_path / "old" / INDEX).drop(columns="columns").to_parquet(tmp_path / "old" / INDEX)
    old = ClipStore.open(tmp_path / "old")
    assert set(evaluate(model, old, EvaluateConfig()).slices["column"]) <= {"duration", "loudness", "source"}

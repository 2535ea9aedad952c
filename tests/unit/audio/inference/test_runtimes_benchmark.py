"""benchmarks.audio_runtimes: every runtime hears the same files, and what differs is counted."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.store import ClipStore
from audio.config import ExportConfig, PreprocessConfig
from audio.export.export import export
from audio.preprocessing.preprocess import preprocess
from benchmarks import audio_runtimes
from tests.unit.audio.conftest import ignore
from tests.unit.audio.inference.test_exporting import trained


def test_every_recording_is_heard_by_every_runtime_and_the_held_out_ones_are_judged(tree, tiny, tmp_path):
    asked = PreprocessConfig(dataset="folder", data=str(tree), sample_rate=8000)
    preprocess(asked, tmp_path / "store", progress=ignore)
    store = ClipStore.open(tmp_path / "store")
    fold = store.folds[0]
    model = trained(store, dataclasses.replace(tiny, fold=fold, speeds=[1.0]), tmp_path, epochs=3)
    formats = ["torchscript", "onnx", "onnx-int8"]
    made = export(model, tmp_path, store, ExportConfig(formats=formats, check_clips=4, int8_tolerance=100))
    found = audio_runtimes.of_a_fold(model, made, store.index, tree, fold).set_index("runtime")
    assert list(found.index) == ["pytorch", *formats]
    heard = found.loc[["pytorch", "onnx", "onnx-int8"]]
    held = len(store.select(fold=fold))
    assert (heard["clips"] == 10).all() and (heard["held_out"] == held).all() and 0 < held < 10
    assert found.loc["onnx", "same"] == 10 and found.loc["onnx", "difference"] < 1e-4
    assert found.loc["pytorch", "difference"] == 0 < found.loc["onnx-int8", "difference"]
    assert np.isnan(found.loc["torchscript", "clips"])
    state = checkpoints.load(model)
    answers = audio_runtimes.probabilities(model, [tree / clip for clip in store.index["clip"]])
    right = [
        state["classes"][row.argmax()] == label
        for row, label, of in zip(answers, store.index["label"], store.index["fold"], strict=True)
        if of == fold
    ]
    assert found.loc["pytorch", "right"] == sum(right)


def test_the_folds_are_summed_and_sizes_are_told_as_ratios():
    def rows(fold, right, same):
        return [
            {"runtime": "pytorch", "megabytes": 4.0, "p50_ms": 9.0, "fold": fold, "clips": 10, "same": 10,
             "held_out": 4, "right": 4, "difference": 0.0, "refused": np.nan},
            {"runtime": "onnx-int8", "megabytes": 1.0, "p50_ms": 3.0, "fold": fold, "clips": 10, "same": same,
             "held_out": 4, "right": right, "difference": 0.1 * fold, "refused": "worse" if fold == 2 else ""},
            {"runtime": "torchscript", "megabytes": 4.0, "p50_ms": 6.0, "fold": fold, "refused": ""},
        ]  # fmt: skip

    eager, integers, script = audio_runtimes.summed(pd.DataFrame(rows(1, 3, 9) + rows(2, 2, 10)))
    assert (eager["accuracy"], eager["times_faster"], eager["refused"]) == (1.0, 1.0, [])
    assert integers == {
        "runtime": "onnx-int8",
        "times_smaller": 4.0,
        "times_faster": 3.0,
        "p50_ms": 3.0,
        "answers": 20,
        "same_label": 19,
        "accuracy": pytest.approx(5 / 8),
        "largest_difference": 0.2,
        "refused": ["worse"],
    }
    assert "accuracy" not in script and script["times_faster"] == 1.5

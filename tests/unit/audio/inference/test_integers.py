"""Integers and halves: made small, chosen by labelled clips, and never worse than the simplest way on those."""

import dataclasses

import numpy as np
import pytest

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.splits import divide, held_out, recordings
from audio.config import ExportConfig
from audio.export.check import runner
from audio.export.compact import compact
from audio.export.export import choosing_of, clips_of, export
from audio.export.integers import Chosen, Judged, Labelled
from tests.unit.audio.inference.test_exporting import trained


def test_constants_in_fewer_bytes_are_the_same_numbers(tmp_path):
    onnx = pytest.importorskip("onnx")
    dice = np.random.default_rng(0)
    sparse = np.where(dice.random((40, 50)) < 0.1, dice.standard_normal((40, 50)), 0).astype(np.float32)
    sparse[3, 4] = -0.0
    few = np.cos(np.arange(2000).reshape(50, 40) % 64).astype(np.float32)
    dense = dice.standard_normal((40, 40)).astype(np.float32)
    names = {"sparse": sparse, "few": few, "dense": dense}
    graph = onnx.helper.make_graph(
        [
            onnx.helper.make_node("MatMul", ["waveform", "sparse"], ["a"]),
            onnx.helper.make_node("MatMul", ["a", "few"], ["b"]),
            onnx.helper.make_node("MatMul", ["b", "dense"], ["logits"]),
        ],
        "g",
        [onnx.helper.make_tensor_value_info("waveform", onnx.TensorProto.FLOAT, ["n", 40])],
        [onnx.helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["n", 40])],
        [onnx.numpy_helper.from_array(value, name) for name, value in names.items()],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=10)
    (tmp_path / "whole.onnx").write_bytes(model.SerializeToString())
    compact(model)
    onnx.checker.check_model(model)
    (tmp_path / "small.onnx").write_bytes(model.SerializeToString())
    wave = dice.standard_normal((3, 40)).astype(np.float32)
    whole, small = (runner(tmp_path / f"{name}.onnx", "onnx")(wave) for name in ("whole", "small"))
    np.testing.assert_array_equal(small, whole)
    sizes = [(tmp_path / f"{name}.onnx").stat().st_size for name in ("whole", "small")]
    assert sizes[1] < sizes[0] - 0.9 * (sparse.nbytes + few.nbytes) + 5000


def test_labels_choose_first_and_noise_among_equals():
    ways = [
        Chosen("a", Judged(1.0, 0.99, 0.001)),
        Chosen("b", Judged(0.0, 0.97, 0.1)),
        Chosen("c", Judged(-0.5, 0.98, 0.2)),
        Chosen("d", Judged(0.0, 0.98, 0.1)),
    ]
    assert min(ways, key=lambda one: one.judged.order).way == "d"


def test_what_is_lost_is_judged_against_the_labels_and_the_model():
    logits = np.eye(4, dtype=np.float32)[[0, 1, 2, 3]] * 5
    targets = np.eye(4, dtype=np.float32)[[0, 1, 2, 0]]
    labelled = Labelled(np.zeros((4, 8), np.float32), targets, False, logits)
    assert labelled.judge(logits) == Judged(0.0, 1.0, 0.0)
    other = logits.copy()
    other[0] = logits[1]
    judged = labelled.judge(other)
    assert judged.lost == 25 and judged.agreement == 0.75 and judged.noise > 0


@pytest.mark.parametrize("validation", ["none", "development"])
def test_the_clips_that_choose_are_neither_held_out_nor_calibrated_with(validation, store, tiny, tmp_path):
    config = dataclasses.replace(tiny, fold=1)
    path = trained(store, config, tmp_path)
    state = checkpoints.load(path)
    state["config"]["validation"] = validation
    asked = ExportConfig(check_clips=1000, calibration_clips=1000, choosing_clips=1000)
    checked, _, calibration = clips_of(state, store, asked)
    found = choosing_of(state, store, asked, checkpoints.model_of(state))
    assert found is not None and len(found.waves) >= 4
    sides = [{wave.tobytes() for wave in side} for side in (checked, calibration, found.waves)]
    assert not sides[0] & sides[2] and not sides[1] & sides[2] and not sides[0] & sides[1]
    training, development = divide(checkpoints.config_of(state), store)
    own = development if validation == "development" else training
    assert len(found.waves) <= len(own) and len(held_out(store, 1)) == len(checked)
    assert len(recordings(store.index)) == len(store)


@pytest.mark.slow
def test_integers_and_halves_are_small_and_say_how_they_were_made(store, tiny, tmp_path):
    path = trained(store, tiny, tmp_path, epochs=3)
    config = ExportConfig(formats=["onnx", "onnx-int8", "onnx-fp16"], check_clips=32, choosing_clips=32)
    whole, integers, halves = export(path, tmp_path / "made", store, config)
    assert "ranges by " in integers.note and integers.megabytes < 0.7 * whole.megabytes
    assert halves.megabytes < 0.8 * whole.megabytes and halves.agreement >= 0.95 and not halves.refused
    assert integers.agreement >= 0.9

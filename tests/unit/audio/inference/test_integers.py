"""Integers and halves: made small, chosen by labelled clips, and never worse than the simplest way on those."""

import dataclasses

import numpy as np
import pytest
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.splits import divide, held_out, recordings
from audio.config import ExportConfig
from audio.export.check import runner
from audio.export.compact import compact, round_weights
from audio.export.export import choosing_of, clips_of, export
from audio.export.integers import Chosen, Judged, Labelled
from audio.export.matrix_fourier import MatrixSpectrum
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


def model_of(nodes, constants, outputs=("logits",)):
    """An ONNX model of `waveform` `(n, 40)`; the outputs have two axes."""
    import onnx

    graph = onnx.helper.make_graph(
        nodes,
        "g",
        [onnx.helper.make_tensor_value_info("waveform", onnx.TensorProto.FLOAT, ["n", 40])],
        [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["a", "b"]) for name in outputs],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=10)


def answers(model, wave):
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"waveform": wave})


@pytest.mark.parametrize("names", [("whole.a", "a", "v0"), ("whole.a", "whole.b", "v1"), ("a", "v", "v2")])
def test_names_become_short_and_stay_apart(names):
    onnx = pytest.importorskip("onnx")
    dice = np.random.default_rng(0)
    constants = {name: dice.standard_normal((40, 40)).astype(np.float32) for name in names}
    given = ["waveform", "first MatMul of three", "embedding", "logits"]
    model = model_of(
        [
            onnx.helper.make_node("MatMul", [before, name], [after], name=f"node {name}")
            for before, name, after in zip(given, names, given[1:], strict=False)
        ],
        constants,
        outputs=("logits", "embedding"),
    )
    wave = dice.standard_normal((2, 40)).astype(np.float32)
    before = answers(model, wave)
    compact(model)
    onnx.checker.check_model(model)
    after = answers(model, wave)
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    assert not any(node.name for node in model.graph.node)
    assert "first MatMul of three" not in {name for node in model.graph.node for name in node.output}
    assert len({one.name for one in model.graph.initializer}) == 3


@pytest.mark.parametrize("n_fft", [4, 16, 400, 512, 1024])
def test_the_products_of_a_fourier_transform_are_written_as_its_cosines(n_fft):
    onnx = pytest.importorskip("onnx")
    spectrum = MatrixSpectrum(n_fft, torch.hann_window(n_fft), torch.ones(n_fft // 2 + 1, 2))
    second = spectrum.second.numpy()
    other = second.copy()
    other[0, 0, 0] += 1e-3  # no such table
    nodes = [
        onnx.helper.make_node("Reshape", ["waveform", "shape"], ["row"]),
        *(onnx.helper.make_node("MatMul", ["row", name], [f"{name} taken"]) for name in ("second", "other")),
        *(
            onnx.helper.make_node("ReduceSum", [f"{name} taken", "axis"], [out], keepdims=0)
            for name, out in (("second", "logits"), ("other", "embedding"))
        ),
    ]
    width = second.shape[1]
    constants = {"shape": np.array([-1, 1, width]), "axis": np.array([0]), "second": second, "other": other}
    model = model_of(nodes, constants, outputs=("logits", "embedding"))
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = width
    wave = np.random.default_rng(0).standard_normal((len(second), width)).astype(np.float32)
    before, size = answers(model, wave), len(model.SerializeToString())
    compact(model)
    onnx.checker.check_model(model)
    assert all(np.array_equal(one, two) for one, two in zip(before, answers(model, wave), strict=True))
    saved = size - len(model.SerializeToString())
    assert saved > 0.8 * second.nbytes - 4 * n_fft - 3000
    kept = [one.name for one in model.graph.initializer]
    assert ("second" in kept) == (second.nbytes < 2048) and "other.cosines" not in kept


def test_names_that_an_inner_graph_uses_stay():
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    inner = {
        f"{way}_branch": helper.make_graph(
            [helper.make_node(way, ["taken outside"], [f"{way} of it"])],
            way,
            [],
            [helper.make_tensor_value_info(f"{way} of it", onnx.TensorProto.FLOAT, None)],
        )
        for way in ("Neg", "Abs")
    }
    model = model_of(
        [
            helper.make_node("Mul", ["waveform", "two"], ["taken outside"]),
            helper.make_node(
                "If", ["so"], ["logits"], then_branch=inner["Neg_branch"], else_branch=inner["Abs_branch"]
            ),
        ],
        {"two": np.float32([2.0]), "so": np.array(True)},
    )
    wave = np.ones((1, 40), np.float32)
    compact(model)
    assert (answers(model, wave)[0] == -2).all()


@pytest.mark.parametrize(
    ("operator", "shape", "options"),
    [("MatMul", (40, 30), {}), ("Gemm", (40, 30), {}), ("Gemm", (30, 40), {"transB": 1})],
)
def test_weights_in_eight_bits_are_within_half_a_step_of_their_channel(operator, shape, options):
    onnx = pytest.importorskip("onnx")
    dice = np.random.default_rng(0)
    channels = dice.uniform(0.01, 100, 30).astype(np.float32)
    channels[0] = 0  # a channel that says nothing
    weights = dice.uniform(-1, 1, shape).astype(np.float32) * (channels[:, None] if options else channels)
    model = model_of(
        [onnx.helper.make_node(operator, ["waveform", "weights"], ["logits"], name="layer", **options)],
        {"weights": weights},
    )
    size = len(model.SerializeToString())
    round_weights(model, ["layer"])
    onnx.checker.check_model(model)
    assert len(model.SerializeToString()) < size - 0.7 * weights.nbytes + 500
    found = answers(model, np.eye(40, dtype=np.float32))[0]
    step = np.abs(weights.T if options else weights).max(0) / 127
    difference = np.abs(found - (weights.T if options else weights))
    assert (difference <= step / 2 * 1.0001).all() and difference.max() > 0
    assert (found[:, 0] == 0).all()


def test_a_convolutions_weights_in_eight_bits_are_within_half_a_step_of_their_channel():
    onnx = pytest.importorskip("onnx")
    dice = np.random.default_rng(0)
    weights = (
        dice.uniform(-1, 1, (16, 1, 40)).astype(np.float32)
        * np.logspace(-2, 2, 16, dtype=np.float32)[:, None, None]
    )
    model = model_of(
        [
            onnx.helper.make_node("Unsqueeze", ["waveform", "axis"], ["rows"]),
            onnx.helper.make_node("Conv", ["rows", "weights"], ["logits"], name="layer"),
        ],
        {"weights": weights, "axis": np.array([1])},
    )
    round_weights(model, ["layer"])
    found = answers(model, np.eye(40, dtype=np.float32))[0][:, :, 0].T
    step = np.abs(weights[:, 0]).max(1, keepdims=True) / 127
    difference = np.abs(found - weights[:, 0])
    assert (difference <= step / 2 * 1.0001).all() and difference.max() > 0


def test_what_is_small_or_no_layer_of_these_keeps_its_weights():
    onnx = pytest.importorskip("onnx")
    constants = {"small": np.ones((40, 10), np.float32) / 3, "large": np.ones((10, 400), np.float32) / 3}
    model = model_of(
        [
            onnx.helper.make_node("MatMul", ["waveform", "small"], ["a"], name="first"),
            onnx.helper.make_node("MatMul", ["a", "large"], ["logits"], name="second"),
        ],
        constants,
    )
    before = model.SerializeToString()
    round_weights(model, ["first"])
    assert model.SerializeToString() == before


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

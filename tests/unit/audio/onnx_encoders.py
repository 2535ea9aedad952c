"""Small ONNX files in the shapes of published encoders; and one with real weights, where its package is there."""

from importlib import metadata
from pathlib import Path

import numpy as np
import onnx
from onnx import compose, helper, numpy_helper

OPSET = [helper.make_opsetid("", 13)]
SIZE, BLOCK = 24, 400  # numbers of an embedding, samples that one is made of


def _saved(file: Path, nodes, shape, outputs, kernels) -> Path:
    given = helper.make_tensor_value_info("waveform", onnx.TensorProto.FLOAT, shape)
    out = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs]
    held = [numpy_helper.from_array(value, name) for name, value in kernels.items()]
    graph = helper.make_graph(nodes, "encoder", [given], out, held)
    onnx.save(helper.make_model(graph, opset_imports=OPSET, ir_version=8), file)
    return file


def _kernels(seed=0):
    """Sines and cosines over a block: their power is a coarse spectrum."""
    pitch = np.geomspace(1, 180, SIZE)[None] * np.arange(BLOCK)[:, None] * 2 * np.pi / BLOCK
    return {"sine": np.sin(pitch).astype(np.float32), "cosine": np.cos(pitch).astype(np.float32)}


def _spectrum(blocks: str, out: str):
    return [
        helper.make_node("MatMul", [blocks, "sine"], ["s"]),
        helper.make_node("MatMul", [blocks, "cosine"], ["c"]),
        helper.make_node("Mul", ["s", "s"], ["ss"]),
        helper.make_node("Mul", ["c", "c"], ["cc"]),
        helper.make_node("Add", ["ss", "cc"], ["power"]),
        helper.make_node("Add", ["power", "small"], ["above"]),
        helper.make_node("Log", ["above"], [out]),
    ]


def one_waveform(file: Path) -> Path:
    """As YAMNet: `(time,)` → scores, embeddings `(frame, size)`, and what else there is."""
    nodes = [
        helper.make_node("Reshape", ["waveform", "rows"], ["blocks"]),
        *_spectrum("blocks", "embeddings"),
        helper.make_node("Identity", ["power"], ["scores"]),
    ]
    held = {**_kernels(), "small": np.float32([1e-3]), "rows": np.int64([-1, BLOCK])}
    return _saved(file, nodes, ["time"], ["scores", "embeddings"], held)


def windowed(file: Path, batch: int | str = "batch", length: int = 4 * BLOCK) -> Path:
    """As Perch or BirdNET: `(batch, length)` → `(batch, size)`, the mean over the window."""
    nodes = [
        helper.make_node("Reshape", ["waveform", "rows"], ["blocks"]),
        *_spectrum("blocks", "each"),
        helper.make_node("ReduceMean", ["each"], ["embedding"], axes=[1], keepdims=0),
    ]
    held = {**_kernels(), "small": np.float32([1e-3]), "rows": np.int64([-1, length // BLOCK, BLOCK])}
    return _saved(file, nodes, [batch, length], ["embedding"], held)


def at_rate(folder: Path, rate: int) -> str:
    """A windowed one that is told to hear at that rate."""
    file = windowed(folder / "encoder.onnx")
    file.with_suffix(".json").write_text(f'{{"sample_rate": {rate}}}')
    return str(file)


def spoken_words(folder: Path) -> Path | None:
    """Google's speech embedding (Apache-2.0), out of the package openwakeword, as one file; None: it is not installed.

    Its two files are put together: 76 frames of a mel spectrogram at 16 kHz to 96 numbers.
    """
    try:
        files = metadata.files("openwakeword") or []
    except metadata.PackageNotFoundError:
        return None
    place = {file.name: Path(str(file.locate())) for file in files}
    if "embedding_model.onnx" not in place:
        return None
    mel, words = (onnx.load(place[name]) for name in ("melspectrogram.onnx", "embedding_model.onnx"))
    between = helper.make_graph(
        [
            helper.make_node("Div", ["mel", "ten"], ["tenth"]),
            helper.make_node("Add", ["tenth", "two"], ["above"]),
            helper.make_node("Reshape", ["above", "picture"], ["pictures"]),
        ],
        "between",
        [helper.make_tensor_value_info("mel", onnx.TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info("pictures", onnx.TensorProto.FLOAT, ["n", 76, 32, 1])],
        [
            numpy_helper.from_array(np.float32(10.0), "ten"),
            numpy_helper.from_array(np.float32(2.0), "two"),
            numpy_helper.from_array(np.int64([-1, 76, 32, 1]), "picture"),
        ],
    )
    before = helper.make_graph(
        [helper.make_node("Mul", ["waveform", "full"], ["samples"])],
        "before",
        [helper.make_tensor_value_info("waveform", onnx.TensorProto.FLOAT, ["batch", 12640])],
        [helper.make_tensor_value_info("samples", onnx.TensorProto.FLOAT, ["batch", 12640])],
        [numpy_helper.from_array(np.float32(32768.0), "full")],
    )
    parts = [
        helper.make_model(before, opset_imports=OPSET, ir_version=7),
        compose.add_prefix(mel, "m/"),
        helper.make_model(between, opset_imports=OPSET, ir_version=7),
        compose.add_prefix(words, "w/"),
    ]
    joints = [("samples", "m/input"), ("m/output", "mel"), ("pictures", "w/input_1")]
    whole = parts[0]
    for part, joint in zip(parts[1:], joints, strict=True):
        whole = compose.merge_models(whole, part, io_map=[joint])
    file = folder / "speech-embedding.onnx"
    onnx.save(whole, file)
    about = '{"sample_rate": 16000, "step_seconds": 0.4, "licence": "Apache-2.0", "reference": "arXiv:2002.01322"}'
    file.with_suffix(".json").write_text(about)
    return file

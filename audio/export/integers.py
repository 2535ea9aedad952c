"""A model in eight-bit integers, made in several ways of which labelled clips choose one.

Weights (per channel) and activations get ranges from training clips: by their extremes, by a percentile, or so that as
little as possible is lost of their distribution (entropy). The clips that choose are neither those, nor the
held-out ones: the development clips, else other training clips. Where even the best way costs labels, layers that lose
most in integers compute in floating point, with weights that take eight bits in the file. The front end always does.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from audio import interruption
from audio.export.check import labels, runner
from audio.export.compact import round_weights

QUANTISED = ("Conv", "Gemm", "MatMul")
FUSED = ("Relu",)  # with the layer before it, whose range is then that of what comes out here
WAYS = {"extremes": "MinMax", "percentile": "Percentile", "entropy": "Entropy"}
PERCENTILE = 99.99
ENOUGH = 0.995  # share of the same labels from which on no layer is kept in floating point
TRIED = 4  # layers from either end that are tried in floating point
KEPT = (1, 2, 4)  # how many are


@dataclass(frozen=True)
class Labelled:
    """Clips that choose: waveforms `(clip, time)`, labels `(clip, class)`, and what the model says of them."""

    waves: np.ndarray
    targets: np.ndarray
    multi_label: bool
    logits: np.ndarray

    def judge(self, logits: np.ndarray) -> "Judged":
        """Logits of integers beside the model's."""
        right = [labels(some, self.multi_label, self.targets - 0.5).mean() for some in (self.logits, logits)]
        spread = float(np.square(self.logits - self.logits.mean(0)).mean()) or 1.0
        return Judged(
            100 * float(right[0] - right[1]),
            float(labels(logits, self.multi_label, self.logits).mean()),
            float(np.square(logits - self.logits).mean()) / spread,
        )


@dataclass(frozen=True)
class Judged:
    """How far integers are from the model; the smaller, the better."""

    lost: float = 0.0  # points of accuracy
    agreement: float = 1.0  # share of the same labels
    noise: float = 0.0  # power of the logits' differences, as a share of that of what they tell

    @property
    def order(self) -> tuple[float, float, float]:
        """Labels first; noise among equals."""
        return max(0.0, round(self.lost, 6)), -self.agreement, self.noise


@dataclass
class Chosen:
    """A way to integers, and what came of it."""

    way: str
    judged: Judged
    floats: tuple[str, ...] = ()  # layers that stay in floating point
    content: bytes = field(default=b"", repr=False)

    def text(self) -> str:
        """In words, for the table."""
        kept = f", {len(self.floats)} layers in floating point" if self.floats else ""
        return f"ranges by {self.way}{kept}"


def quantised(ready: Path, ranging: np.ndarray, choosing: Labelled | None) -> Chosen:
    """The best way of a preprocessed ONNX file to integers; without clips that choose, by the extremes."""
    import onnx

    layers = layers_of(onnx.load(str(ready)))
    if choosing is None or not len(choosing.waves):
        content = _made(ready, layers, ranging, "extremes")
        return Chosen("extremes", Judged(), content=content)

    def tried(way: str, some: Sequence[str], floats: tuple[str, ...] = ()) -> Chosen:
        interruption.check()
        content = _made(ready, some, ranging, way, floats)
        return Chosen(way, choosing.judge(_logits(content, choosing.waves)), floats, content)

    best = min((tried(way, layers) for way in WAYS), key=lambda one: one.judged.order)
    if best.judged.lost <= 0 and best.judged.agreement >= ENOUGH:
        return best
    ends = list(dict.fromkeys([*layers[:TRIED], *layers[-TRIED:]]))
    alone = {name: tried(best.way, [name]).judged.noise for name in ends}
    worst = sorted(ends, key=lambda name: -alone[name])
    return min((best, *_relieved(tried, best.way, layers, worst)), key=lambda one: one.judged.order)


def _relieved(
    tried: Callable[..., Chosen], way: str, layers: Sequence[str], worst: Sequence[str]
) -> Iterator[Chosen]:
    """With more and more of the worst layers in floating point, until that is enough."""
    for count in KEPT:
        floats = tuple(worst[:count])
        rest = [name for name in layers if name not in floats]
        if not rest:
            return
        found = tried(way, rest, floats)
        yield found
        if found.judged.lost <= 0 and found.judged.agreement >= ENOUGH:
            return


def layers_of(proto: Any) -> list[str]:
    """The layers of an ONNX model with weights of their own, but for the front end."""
    graph = proto.graph
    weights = {one.name for one in graph.initializer if len(one.dims) > 1}
    found = []
    for node in graph.node:
        own = [name for name in node.input if name in weights]
        if node.op_type in QUANTISED and own and not any(_of_front_end(name) for name in own):
            found.append(node.name)
    return found


def _fused(proto: Any, layers: Sequence[str]) -> list[str]:
    """The nodes that become part of one of these layers."""
    after = {output for node in proto.graph.node if node.name in layers for output in node.output}
    return [node.name for node in proto.graph.node if node.op_type in FUSED and node.input[0] in after]


def _of_front_end(name: str) -> bool:
    return bool({"features", "frontend"} & set(name.split(".")[:3]))


def _made(
    ready: Path, layers: Sequence[str], ranging: np.ndarray, way: str, floats: Sequence[str] = ()
) -> bytes:
    """With `layers` in integers; of `floats` the weights are stored in eight bits, and only that."""
    import onnx
    from onnxruntime.quantization import (
        CalibrationDataReader,
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.clips = iter(ranging)

        def get_next(self) -> dict[str, np.ndarray] | None:
            clip = next(self.clips, None)
            return None if clip is None else {"waveform": clip[None]}

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "integers.onnx"
        quantize_static(
            str(ready),
            str(target),
            Reader(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=[*QUANTISED, *FUSED],
            nodes_to_quantize=[*layers, *_fused(onnx.load(str(ready)), layers)],
            per_channel=True,
            reduce_range=True,  # to seven bits: processors without VNNI add two products in 16 bits, and clip the sum
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
            calibrate_method=CalibrationMethod[WAYS[way]],
            extra_options={"CalibPercentile": PERCENTILE} if way == "percentile" else {},
        )
        made = onnx.load(str(target))
        round_weights(made, floats)
        return bytes(made.SerializeToString())


def _logits(content: bytes, waves: np.ndarray) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tried.onnx"
        path.write_bytes(content)
        run = runner(path, "onnx-int8")
        return np.concatenate([run(part) for part in np.array_split(waves, -(-len(waves) // 8))])


def in_integers(proto: Any, ranging: np.ndarray, choosing: Labelled | None) -> tuple[Any, Chosen]:
    """An ONNX model in floating point as one in integers, and how it was made."""
    import onnx
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder:
        whole, ready = Path(folder) / "whole.onnx", Path(folder) / "ready.onnx"
        whole.write_bytes(proto.SerializeToString())
        quant_pre_process(str(whole), str(ready), skip_symbolic_shape=True)
        found = quantised(ready, ranging, choosing)
    return onnx.load_from_string(found.content), found

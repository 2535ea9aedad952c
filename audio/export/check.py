"""An exported file beside the model: how far its answers are, how large and how fast it is, whether it may be used."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from audio import interruption
from audio.devices import on_threads
from audio.export import hugging_face

Run = Callable[[np.ndarray], np.ndarray]  # waveforms → logits
THREADS = 1  # of every run that is timed
CLOSE = 0.5  # points of accuracy below the model that are told
WARM_UP, FEWEST, MOST = 5, 30, 300  # calls
AGREEMENT = (
    5  # points of agreement that a point of accuracy stands for: some answers change from wrong to wrong
)


@dataclass
class Exported:
    """One exported file and how it compares with the model."""

    path: Path
    format: str
    megabytes: float
    difference: float  # largest difference of a logit from the model's
    agreement: float  # share of the checked clips that get the same labels
    lost: float  # points of accuracy on the checked clips that it is below the model; negative: above
    latency: "Latency"  # of one clip, on one thread
    model_latency: "Latency"  # the same of the model itself, in torch
    model_megabytes: float  # of the model's weights
    refused: str = ""  # why it must not be used; empty: it may
    remark: str = ""  # what else is to be known of it

    @property
    def note(self) -> str:
        """What is worse than in the model itself, for the table."""
        worse = []
        if self.megabytes >= self.model_megabytes:
            worse.append("not smaller")
        if self.latency.p50 >= self.model_latency.p50:
            worse.append("not faster")
        if not self.refused and self.lost > CLOSE:
            worse.append(f"labels {self.lost:.1f} points less accurate")
        return ", ".join(["refused"] * bool(self.refused) + worse + [self.remark] * bool(self.remark))


@dataclass(frozen=True)
class Latency:
    """Wall-clock time of single calls, ms."""

    p50: float
    p95: float


def worse(one: Exported, clips: int, tolerance: float) -> str:
    """Why a file in fewer bits is refused; empty when it may be used."""
    agreeing = 100 * one.agreement
    if not np.isfinite(one.difference):
        return f"{one.path.name} is refused: of {clips} held-out clips, some get answers that are no numbers. Use onnx."
    if one.lost <= tolerance and agreeing >= 100 - AGREEMENT * tolerance:
        return ""
    few = (
        f" One clip is {100 / clips:.0f} points: check_clips=1000 checks with all."
        if 100 / clips > tolerance
        else ""
    )
    return (
        f"{one.path.name} is refused: on {clips} held-out clips its labels are {one.lost:.1f} points less accurate "
        f"than the model's and the same for {agreeing:.1f} %; int8_tolerance={tolerance:g} allows {tolerance:g} points "
        f"and {max(0.0, 100 - AGREEMENT * tolerance):g} %. Use onnx, more calibration_clips, or another "
        f"int8_tolerance.{few}"
    )


def runner(path: Path, form: str) -> Run:
    """A function that runs an exported file on one thread."""
    if form == "torchscript":
        model = torch.jit.load(str(path))
        return lambda waves: model(torch.from_numpy(waves)).detach().numpy()
    if form == "huggingface":
        return hugging_face.runner(path)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda waves: session.run(None, {"waveform": waves})[0]


def check(
    model: nn.Module, clips: np.ndarray, targets: np.ndarray, multi_label: bool, form: str, path: Path
) -> Exported:
    """Run the file and the model on the same clips `(clip, time)` with labels `(clip, class)`.

    Where the file hears less of a clip than the model does, its logits are held against the model's of that part, its
    labels against the model's of the whole.
    """
    with on_threads(THREADS):
        run, own = runner(path, form), in_torch(model)
        theirs = np.concatenate([own(clip[None]) for clip in clips])
        most = hugging_face.heard(model) if form == "huggingface" else None
        cut = clips[:, :most]
        shortened = cut.shape[1] < clips.shape[1]
        alike = np.concatenate([own(clip[None]) for clip in cut]) if shortened else theirs
        ours = np.concatenate([run(part) for part in np.array_split(cut, -(-len(cut) // 8))])
        return Exported(
            path=path,
            format=form,
            megabytes=sum(file.stat().st_size for file in (path, *path.rglob("*")) if file.is_file()) / 1e6,
            difference=float(np.abs(ours - alike).max()),
            agreement=float(labels(ours, multi_label, theirs).mean()),
            lost=100
            * float(
                labels(theirs, multi_label, targets - 0.5).mean()
                - labels(ours, multi_label, targets - 0.5).mean()
            ),
            latency=latency(run, cut[:1]),
            model_latency=latency(own, clips[:1]),
            model_megabytes=sum(4 * p.numel() for p in model.parameters()) / 1e6,
            remark=f"hears the first {hugging_face.seconds(model):.1f} s alone" if shortened else "",
        )


def in_torch(model: nn.Module) -> Run:
    """The model itself as a function of arrays."""

    def run(waves: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return np.asarray(model(torch.from_numpy(waves)).numpy())

    return run


def labels(logits: np.ndarray, multi_label: bool, others: np.ndarray) -> np.ndarray:
    """bool: whether logits `(clip, class)` name the same as others: `(clip,)`, or each label of a multi-label set."""
    if multi_label:
        return np.asarray((logits > 0) == (others > 0))
    return np.asarray(logits.argmax(1) == others.argmax(1))


def latency(run: Run, clip: np.ndarray, seconds: float = 2.0) -> Latency:
    """Of single calls after some to warm up: at least `FEWEST`, up to `MOST`, for about so many seconds."""
    for _ in range(WARM_UP):
        interruption.check()
        run(clip)
    spent: list[float] = []
    while len(spent) < FEWEST or (len(spent) < MOST and sum(spent) < seconds):
        interruption.check()
        started = time.perf_counter()
        run(clip)
        spent.append(time.perf_counter() - started)
    p50, p95 = np.percentile(spent, [50, 95]) * 1000
    return Latency(round(float(p50), 3), round(float(p95), 3))

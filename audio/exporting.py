"""A checkpoint as one file that runs without this project: TorchScript, ONNX, and ONNX in eight-bit integers.

The file takes waveforms, float32 `(batch, time)` of the length that the model was evaluated at, and gives logits; front
end and normalisation are inside, and what a caller has to know (classes, sample rate, length) is written into it. Every
file is run beside the model, and refused when its answers differ. ONNX needs the optional packages onnx, onnxscript and
onnxruntime (requirements-extra.txt).
"""

import contextlib
import importlib.util
import io
import json
import logging
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from audio import checkpoint as checkpoints
from audio.batches import Waves
from audio.config import ExportConfig
from audio.errors import AudioError, ConfigError
from audio.frontend import LogMel
from audio.matrix_fourier import Exportable
from audio.splits import divide, held_out
from audio.store import ClipStore

OPSET = 20
SUFFIX = {"torchscript": ".ts", "onnx": ".onnx", "onnx-int8": ".int8.onnx"}
PACKAGES = {  # that are optional
    "torchscript": (),
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
    "onnx-int8": ("onnx", "onnxscript", "onnxruntime"),
}
Run = Callable[[np.ndarray], np.ndarray]  # waveforms → logits


class ExportError(AudioError):
    """A model could not be exported, or its export answers otherwise."""


@dataclass
class Exported:
    """One exported file and how it compares with the model."""

    path: Path
    format: str
    megabytes: float
    difference: float  # largest difference of a logit from the model's
    agreement: float  # share of the checked clips with the same most probable class
    milliseconds: float  # CPU time of one clip, one thread
    model_milliseconds: float  # the same of the model itself, in torch


def refuse_missing_packages(formats: Sequence[str]) -> None:
    """Raises ConfigError when a package is not installed that one of the formats needs."""
    for form in formats:
        missing = [name for name in PACKAGES[form] if importlib.util.find_spec(name) is None]
        if missing:
            raise ConfigError(
                f"{form} needs the packages {', '.join(missing)}: pip install -r requirements-extra.txt, or leave "
                "it out of formats."
            )


def export(path: str | Path, folder: str | Path, store: ClipStore, config: ExportConfig) -> list[Exported]:
    """Write the model of a checkpoint into `folder` in each of `config.formats`, and check every file.

    `store` gives the clips to check with (held-out ones) and to calibrate integers with (training ones). Raises
    ExportError (can't be exported, answers differ by more than `config.tolerance`), ConfigError (a package is missing).
    """
    refuse_missing_packages(config.formats)
    state = checkpoints.load(path)
    model = checkpoints.model_of(state)
    about = {k: state[k] for k in ("classes", "multi_label", "sample_rate", "clip_frames", "frontend")}
    checked, calibration = clips_of(state, store, config)
    Path(folder).mkdir(parents=True, exist_ok=True)
    made = []
    for form in config.formats:
        target = Path(folder) / f"model{SUFFIX[form]}"
        with _quietly():
            try:
                WRITERS[form](model, checked[:2], calibration, about, target)
            except ImportError as error:
                raise ConfigError(
                    f"{form} needs the package {error.name}: pip install -r requirements-extra.txt"
                ) from error
            except Exception as error:  # exporters raise whatever went wrong in them
                reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
                raise ExportError(
                    f"{type(model.backbone).__name__} can't be exported to {form}: {reason}"
                ) from error
        made.append(check(model, checked, form, target))
        if form != "onnx-int8" and made[-1].difference > config.tolerance:
            raise ExportError(
                f"{target} answers otherwise than the model: a logit differs by {made[-1].difference:.2g}, "
                f"more than tolerance {config.tolerance:g}. The file is left there to be looked at."
            )
    return made


def clips_of(state: dict[str, Any], store: ClipStore, config: ExportConfig) -> tuple[np.ndarray, np.ndarray]:
    """Waveforms `(clip, time)` to check with and to calibrate with."""
    if state["sample_rate"] != store.sample_rate:
        raise ConfigError(
            f"The model hears {state['sample_rate']} Hz, the clip store is at {store.sample_rate} Hz; "
            f"preprocess with sample_rate={state['sample_rate']}."
        )
    trained = checkpoints.config_of(state)
    training, _ = divide(trained, store)
    sides = (held_out(store, trained.fold), training)
    counts, waves = (config.check_clips, config.calibration_clips), []
    for rows, count in zip(sides, counts, strict=True):
        some = rows.iloc[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)]
        whole = Waves(store, some, state["clip_frames"], trained.fill, torch.device("cpu"))
        waves.append(whole.gather(torch.arange(len(some))).numpy())
    return waves[0], waves[1]


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without the exporters' progress lines and warnings about their own future."""
    level = logging.getLogger("torch").level
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.getLogger("torch").setLevel(logging.CRITICAL)
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)
            logging.getLogger("torch").setLevel(level)


def to_torchscript(
    model: nn.Module, example: np.ndarray, calibration: np.ndarray, about: dict[str, Any], target: Path
) -> None:
    """A trace; `about` lies in it as the extra file `soundyard.json`."""
    with torch.no_grad():
        traced = torch.jit.trace(model, torch.from_numpy(example), check_trace=False)
    torch.jit.save(traced, str(target), _extra_files={"soundyard.json": json.dumps(about)})


def to_onnx(
    model: nn.Module, example: np.ndarray, calibration: np.ndarray, about: dict[str, Any], target: Path
) -> None:
    """ONNX of any batch size; `about` lies in its metadata."""
    import onnx
    import onnxscript  # noqa: F401  torch's exporter needs it; asked for here so that its absence has a name

    batch = {0: torch.export.Dim.DYNAMIC}
    frontend = model.get_submodule("frontend")
    program = torch.onnx.export(
        Exportable(model, frontend).eval() if isinstance(frontend, LogMel) else model,
        (torch.from_numpy(example),),
        dynamo=True,
        dynamic_shapes={"waveform": batch},
        input_names=["waveform"],
        output_names=["logits"],
        opset_version=OPSET,
        verbose=False,
    )
    assert program is not None
    proto = program.model_proto
    for name, value in about.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = name, json.dumps(value)
    onnx.checker.check_model(proto)
    target.write_bytes(proto.SerializeToString())


def to_onnx_int8(
    model: nn.Module, example: np.ndarray, calibration: np.ndarray, about: dict[str, Any], target: Path
) -> None:
    """Weights (per channel) and activations in eight bits (QDQ), calibrated on training clips; a float front end."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.clips = iter(calibration)

        def get_next(self) -> dict[str, np.ndarray] | None:
            clip = next(self.clips, None)
            return None if clip is None else {"waveform": clip[None]}

    with tempfile.TemporaryDirectory() as folder:
        whole, ready = Path(folder) / "whole.onnx", Path(folder) / "ready.onnx"
        to_onnx(model, example, calibration, about, whole)
        quant_pre_process(str(whole), str(ready), skip_symbolic_shape=True)
        quantize_static(
            str(ready),
            str(target),
            Reader(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Gemm"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
        )


WRITERS = {"torchscript": to_torchscript, "onnx": to_onnx, "onnx-int8": to_onnx_int8}


def runner(path: Path, form: str) -> Run:
    """A function that runs an exported file on one thread."""
    if form == "torchscript":
        model = torch.jit.load(str(path))
        return lambda waves: model(torch.from_numpy(waves)).detach().numpy()
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda waves: session.run(None, {"waveform": waves})[0]


def check(model: nn.Module, clips: np.ndarray, form: str, path: Path) -> Exported:
    """Run the file and the model on the same clips."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        run, own = runner(path, form), in_torch(model)
        theirs = np.concatenate([own(clip[None]) for clip in clips])
        ours = np.concatenate([run(part) for part in np.array_split(clips, -(-len(clips) // 8))])
        return Exported(
            path=path,
            format=form,
            megabytes=path.stat().st_size / 1e6,
            difference=float(np.abs(ours - theirs).max()),
            agreement=float((ours.argmax(1) == theirs.argmax(1)).mean()),
            milliseconds=cpu_milliseconds(run, clips[:1]),
            model_milliseconds=cpu_milliseconds(own, clips[:1]),
        )
    finally:
        torch.set_num_threads(threads)


def in_torch(model: nn.Module) -> Run:
    """The model itself as a function of arrays."""

    def run(waves: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return model(torch.from_numpy(waves)).numpy()

    return run


def cpu_milliseconds(run: Run, clip: np.ndarray, times: int = 5) -> float:
    """CPU time of one call, the fastest of a few after one to warm up."""
    run(clip)
    spent = []
    for _ in range(times):
        started = time.process_time()
        run(clip)
        spent.append(time.process_time() - started)
    return round(1000 * min(spent), 3)

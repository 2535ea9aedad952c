"""A checkpoint as one file that runs without this project: TorchScript, ONNX, and ONNX in eight-bit integers or halves.

Or as a folder of Hugging Face, for the encoders from there (`audio.export.hugging_face`).

The file takes waveforms, float32 `(batch, time)` of the length that the model was evaluated at, and gives logits; front
end and normalisation are inside. What a caller has to know is written into it: classes, sample rate, length, and all of
the preparation. Every file is run beside the model, and refused when its answers differ. ONNX needs the optional
packages onnx, onnxscript and onnxruntime (requirements-extra.txt).
"""

import contextlib
import importlib.util
import io
import json
import logging
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from audio import interruption, plugins
from audio.checkpoints import checkpoint as checkpoints
from audio.clips.splits import divide, held_out, recordings
from audio.clips.store import ClipStore
from audio.clips.waves import Waves
from audio.config import ExportConfig
from audio.devices import on_threads
from audio.errors import AudioError, ConfigError
from audio.export import hugging_face
from audio.export.check import THREADS, Exported, check, in_torch, worse
from audio.export.compact import compact
from audio.export.embedding import WithEmbedding, head_of
from audio.export.half import in_half
from audio.export.integers import Labelled, in_integers
from audio.export.matrix_fourier import Exportable, in_products
from audio.io.preparation import Preparation
from audio.metrics.calibration import KEY

OPSET = 20
ROUNDED = ("onnx-int8", "onnx-fp16")  # held to their labels, not to their logits
DEVELOPMENT = "development"  # a training's `validation`
SUFFIX = {
    "torchscript": ".ts",
    "onnx": ".onnx",
    "onnx-int8": ".int8.onnx",
    "onnx-fp16": ".fp16.onnx",
    "huggingface": "-huggingface",  # a folder
}
PACKAGES = {  # that are optional
    "torchscript": (),
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
    "onnx-int8": ("onnx", "onnxscript", "onnxruntime"),
    "onnx-fp16": ("onnx", "onnxscript", "onnxruntime"),
    "huggingface": ("transformers",),
}


class ExportError(AudioError):
    """A model could not be exported, or its export answers otherwise."""


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

    `store` gives the clips to check with (held-out ones) and to calibrate integers with (training ones). Integers whose
    labels are worse than `config.int8_tolerance` come back with the reason in `refused`. Raises ExportError (can't be
    exported, answers differ by more than `config.tolerance`), ConfigError (a package is missing).
    """
    refuse_missing_packages(config.formats)
    plugins.load(config.plugins)
    state = checkpoints.load(path)
    model = checkpoints.model_of(state)
    about = {k: state[k] for k in ("classes", "multi_label", "sample_rate", "clip_frames", "frontend")}
    about["preparation"] = Preparation.of(state).describe()
    calibration = checkpoints.calibration_of(state)
    about[KEY] = calibration.state() if calibration else None
    checked, targets, ranging = clips_of(state, store, config)
    choosing = choosing_of(state, store, config, model) if "onnx-int8" in config.formats else None
    Path(folder).mkdir(parents=True, exist_ok=True)
    made = []
    for form in config.formats:
        target = Path(folder) / f"model{SUFFIX[form]}"
        with _quietly():
            try:
                with interruption.recognised():
                    more = {"choosing": choosing} if form == "onnx-int8" else {}
                    how = WRITERS[form](model, checked[:2], ranging, about, target, **more)
            except ImportError as error:
                raise ConfigError(
                    f"{form} needs the package {error.name}: pip install -r requirements-extra.txt"
                ) from error
            except Exception as error:  # exporters raise whatever went wrong in them
                reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
                raise ExportError(
                    f"{type(model.backbone).__name__} can't be exported to {form}: {reason}"
                ) from error
        interruption.check()  # exporters drop what they did not expect
        made.append(check(model, checked, targets, store.multi_label, form, target))
        made[-1].remark = made[-1].remark or how or ""
        if form in ROUNDED:
            made[-1].refused = worse(made[-1], len(checked), config.int8_tolerance)
        if form not in ROUNDED and not made[-1].difference <= config.tolerance:  # nor if it is no number
            raise ExportError(
                f"{target} answers otherwise than the model: a logit differs by {made[-1].difference:.2g}, "
                f"more than tolerance {config.tolerance:g}. The file is left there to be looked at."
            )
    return made


def clips_of(
    state: dict[str, Any], store: ClipStore, config: ExportConfig
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Waveforms `(clip, time)` to check with, their labels `(clip, class)`, and waveforms to calibrate with."""
    if state["sample_rate"] != store.sample_rate:
        raise ConfigError(
            f"The model hears {state['sample_rate']} Hz, the clip store is at {store.sample_rate} Hz; "
            f"preprocess with sample_rate={state['sample_rate']}."
        )
    trained = checkpoints.config_of(state)
    training, validation = divide(trained, store)
    training = _apart(training)[0] if trained.validation != DEVELOPMENT else training
    tested = held_out(store, trained.fold)
    sides = (tested if len(tested) else validation, training)
    if not len(sides[0]):
        raise ConfigError(
            "The store has no held-out clip to check the files with: give a store with a test split."
        )
    checked, targets = _some(state, store, sides[0], config.check_clips)
    return checked, targets, _some(state, store, sides[1], config.calibration_clips)[0]


def choosing_of(
    state: dict[str, Any], store: ClipStore, config: ExportConfig, model: nn.Module
) -> Labelled | None:
    """Labelled clips, neither held out nor calibrated with: the development clips, else other training clips."""
    trained = checkpoints.config_of(state)
    training, validation = divide(trained, store)
    rows = validation if trained.validation == DEVELOPMENT else _apart(training)[1]
    waves, targets = _some(state, store, rows, config.choosing_clips)
    if not len(waves):
        return None
    with on_threads(THREADS):
        logits = np.concatenate([in_torch(model)(wave[None]) for wave in waves])
    return Labelled(waves, targets, store.multi_label, logits)


def _apart(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two parts with no recording in common, of about the same size; the first has all where there is one recording."""
    second = recordings(rows).map(
        lambda name: zlib.crc32(str(name).encode("utf-8", "surrogateescape")) % 2 == 1
    )
    chosen = second.to_numpy(bool)
    return (rows, rows[:0]) if chosen.all() or not chosen.any() else (rows[~chosen], rows[chosen])


def _some(
    state: dict[str, Any], store: ClipStore, rows: pd.DataFrame, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Waveforms and targets of up to so many clips, evenly over the rows."""
    some = rows.iloc[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)]
    fill = checkpoints.config_of(state).fill
    if not len(some):
        return np.zeros((0, state["clip_frames"]), np.float32), np.zeros((0, len(store.classes)), np.float32)
    whole = Waves(store, some, state["clip_frames"], fill, torch.device("cpu"))
    return whole.gather(torch.arange(len(some))).numpy(), store.targets(some)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without the exporters' progress lines and warnings about their own future."""
    level, disabled = logging.getLogger("torch").level, logging.root.manager.disable
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.getLogger("torch").setLevel(logging.CRITICAL)
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(disabled)
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
    _write(_traced(model, example, about), target)


def _traced(model: nn.Module, example: np.ndarray, about: dict[str, Any]) -> Any:
    """The same, in memory."""
    import onnxscript  # noqa: F401  torch's exporter needs it; asked for here so that its absence has a name

    batch = {0: torch.export.Dim.DYNAMIC}
    frontend = model.get_submodule("frontend")
    whole = Exportable(model, frontend).eval() if in_products(frontend) else model
    head = head_of(model, example)
    program = torch.onnx.export(
        whole if head is None else WithEmbedding(whole, head).eval(),
        (torch.from_numpy(example),),
        dynamo=True,
        dynamic_shapes={"waveform": batch},
        input_names=["waveform"],
        output_names=["logits"] if head is None else ["logits", "embedding"],
        opset_version=OPSET,
        verbose=False,
    )
    assert program is not None
    proto = program.model_proto
    for name, value in about.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = name, json.dumps(value)
    return proto


def to_onnx_int8(
    model: nn.Module,
    example: np.ndarray,
    calibration: np.ndarray,
    about: dict[str, Any],
    target: Path,
    choosing: Labelled | None = None,
) -> str:
    """Weights (per channel) and activations in eight bits (QDQ), in the way that labelled clips choose; gives that."""
    proto, chosen = in_integers(_traced(model, example, about), calibration, choosing)
    _write(proto, target)
    return chosen.text()


def to_onnx_fp16(
    model: nn.Module, example: np.ndarray, calibration: np.ndarray, about: dict[str, Any], target: Path
) -> None:
    """Weights and arithmetic in half precision, but for the front end, whose power spans more than that holds."""
    _write(in_half(_traced(model, example, about)), target)


def _write(proto: Any, target: Path) -> None:
    """Raises whatever ONNX finds wrong with it."""
    import onnx

    compact(proto)
    onnx.checker.check_model(proto)
    target.write_bytes(proto.SerializeToString())


WRITERS: dict[str, Callable[..., Any]] = {
    "torchscript": to_torchscript,
    "onnx": to_onnx,
    "onnx-int8": to_onnx_int8,
    "onnx-fp16": to_onnx_fp16,
    "huggingface": hugging_face.write,
}

"""An exported file, computed by ONNX Runtime: needs neither torch nor what the model was trained with."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from audio.errors import CheckpointError, ConfigError
from audio.io.preparation import Preparation
from audio.metrics.calibration import KEY, Calibration
from audio.named import printable

NEEDED = ("classes", "multi_label", "preparation")
INPUT, LOGITS, EMBEDDING = "waveform", "logits", "embedding"


class OnnxModel:
    """A file that `audio.export` wrote, in floating point or in integers."""

    def __init__(self, path: Path, device: str, precision: str, threads: int = 0) -> None:
        """Raises CheckpointError: no such file, or not of this project; ConfigError: what can't be had here."""
        if precision != "fp32":
            raise ConfigError(
                f"precision is {precision!r}, but an ONNX file computes in what it was exported in; use fp32."
            )
        self._session = _session(path, device, threads)
        told = self._session.get_modelmeta().custom_metadata_map
        missing = [name for name in NEEDED if name not in told]
        try:
            if missing:
                raise ValueError(f"its metadata lacks {', '.join(missing)}")
            self.classes: list[str] = json.loads(told["classes"])
            self.multi_label = bool(json.loads(told["multi_label"]))
            self.preparation = Preparation.told(json.loads(told["preparation"]))
            self.frontend: dict[str, Any] = json.loads(told.get("frontend", "{}"))
            self.calibration = Calibration.told(json.loads(told.get(KEY, "null")))
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointError(
                f"{printable(str(path))} does not say how sound is prepared for it: {error}. Give a file that was "
                "exported by python -m tasks.export."
            ) from error
        self._outputs = [one.name for one in self._session.get_outputs()]

    def logits(self, waves: np.ndarray) -> np.ndarray:
        """`(batch, time)` → `(batch, classes)`."""
        return np.asarray(self._session.run([LOGITS], {INPUT: waves})[0])

    def embeddings(self, waves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits, and what the last layer is given. Raises ConfigError: the file does not give it out."""
        if EMBEDDING not in self._outputs:
            raise ConfigError(
                "This file gives out no embeddings. Export the model again, or use its checkpoint."
            )
        logits, given = self._session.run([LOGITS, EMBEDDING], {INPUT: waves})
        return np.asarray(logits), np.asarray(given)


def _session(path: Path, device: str, threads: int) -> Any:
    """ONNX Runtime's, on the device of that name."""
    try:
        import onnxruntime
    except ImportError as error:
        raise ConfigError("An ONNX file needs the package onnxruntime: pip install onnxruntime") from error
    if not path.is_file():
        raise CheckpointError(f"There is no file {printable(str(path))}.")
    kind, _, number = device.partition(":")
    providers = ["CPUExecutionProvider"]
    if kind == "cuda" and "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        raise ConfigError(
            f"device is {device!r}, but the onnxruntime here computes on CPUs; use auto or cpu."
        )
    if kind not in ("auto", "cpu", "cuda") or (number and not number.isdecimal()):
        raise ConfigError(f"device is {device!r}; for an ONNX file it can be auto, cpu, cuda or cuda:N.")
    if kind == "cuda":
        providers.insert(0, ("CUDAExecutionProvider", {"device_id": int(number or 0)}))  # type: ignore[arg-type]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # what is wrong is said in our errors
    try:
        return onnxruntime.InferenceSession(path.read_bytes(), options, providers=providers)
    except OSError as error:
        raise CheckpointError(f"{printable(str(path))} can't be read: {error.strerror or error}.") from error
    except Exception as error:  # ONNX Runtime has a class for each thing that may be wrong with a file
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(
            f"{printable(str(path))} is no ONNX model that can be used here: {reason}"
        ) from error

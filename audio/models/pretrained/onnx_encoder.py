"""An encoder in an ONNX file as a front end: the waveform in, its embeddings out, and a linear layer behind them.

    model=onnx encoder=yamnet.onnx

Whatever takes a waveform, `(batch, time)` or `(time,)` float32, and gives embeddings can be one: exports of YAMNet,
Perch, BirdNET, BEATs, and what `tasks.export` writes. It is never trained, only what is behind it; `tasks.probe` does
that in seconds. The file travels in the checkpoint. Needs the package onnxruntime.
"""

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from audio.encoder import Encoder
from audio.errors import ConfigError
from audio.features.contract import Features, FrontEnd
from audio.models.plan import Plan
from audio.models.pretrained import onnx_about

EMBEDDING = "embed"  # in the name of what is given out as embeddings
BATCH = 32  # windows that are computed at a time


class OnnxEmbeddings(Features):
    """`(batch, time)` → `(batch, 1, size, frame)`: the embeddings of each window, one after the other."""

    file: Tensor

    def __init__(
        self, sample_rate: int, size: int, frames: int, length: int, content: bytes | int, **told: Any
    ):
        """`size` of an embedding and `frames` of them that a window of `length` samples gives (0: any length).

        `content` of the file, or how many bytes it has where they are loaded later; `told` is in `Encoder`.
        """
        self._step = round(told.get("step_seconds", 0) * sample_rate) or length
        super().__init__(sample_rate, self._step or max(1, sample_rate // 10), name="onnx", **told)
        held = content if isinstance(content, int) else len(content)
        data = torch.zeros(held, dtype=torch.uint8)
        if isinstance(content, bytes):
            data = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        self.register_buffer("file", data)
        self.bands, self._frames, self._length = size, frames, length
        self._session: Any = None
        self._counted: dict[int, int] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Without the session, which is made again from the file."""
        return {**self.__dict__, "_session": None}

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._session = None

    def frames(self, samples: int) -> int:
        """Embeddings that so many samples give."""
        if self._length:
            return self._windows(samples) * self._frames
        if samples not in self._counted:
            self._counted[samples] = self._heard(np.zeros((1, samples), np.float32)).shape[2]
        return self._counted[samples]

    def _windows(self, samples: int) -> int:
        return 1 + max(0, -(-(samples - self._length) // self._step))

    @torch.no_grad()
    def forward(self, waves: Tensor) -> Tensor:
        if torch.jit.is_tracing() or torch.compiler.is_compiling() or torch.onnx.is_in_onnx_export():
            raise ConfigError(
                "A model on an ONNX encoder can't be exported as one file: use its checkpoint, or the encoder's own."
            )
        sound = waves.detach().float().cpu().numpy()
        found = self._heard(sound) if not self._length else self._in_windows(sound)
        return torch.from_numpy(found).to(waves.device)[:, None]

    def _in_windows(self, waves: np.ndarray) -> np.ndarray:
        """`(batch, time)` → `(batch, size, frame)`, window by window; the last one is filled with silence."""
        count = self._windows(waves.shape[1])
        missing = self._length + (count - 1) * self._step - waves.shape[1]
        filled = np.pad(waves, ((0, 0), (0, max(0, missing))))
        cut = np.lib.stride_tricks.sliding_window_view(filled, self._length, axis=1)[:, :: self._step][
            :, :count
        ]
        found = self._heard(np.ascontiguousarray(cut.reshape(-1, self._length)))
        size, frames = found.shape[1:]
        return (
            found.reshape(len(waves), count, size, frames).transpose(0, 2, 1, 3).reshape(len(waves), size, -1)
        )

    def _heard(self, waves: np.ndarray) -> np.ndarray:
        """`(window, time)` → `(window, size, frame)`."""
        if self._session is None:
            self._session = session(self.file.cpu().numpy().tobytes(), "the encoder in the checkpoint")
        return run(self._session, str(self.settings["output"]), waves)


def session(content: bytes, where: str) -> Any:
    """ONNX Runtime's. Raises ConfigError: the package is missing, or it is no such file."""
    try:
        import onnxruntime
    except ImportError as error:
        raise ConfigError("model=onnx needs the package onnxruntime: pip install onnxruntime") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime raises many kinds
        reason = " ".join(str(error).split())[:150]
        raise ConfigError(f"{where} is no file that ONNX Runtime can run: {reason}") from error


def run(session: Any, output: str, waves: np.ndarray) -> np.ndarray:
    """`(window, time)` → `(window, size, frame)`, in batches as the file takes them."""
    given = session.get_inputs()[0]
    if len(given.shape) == 1:  # one waveform, as YAMNet
        found = [_shaped(session.run([output], {given.name: wave})[0][None]) for wave in waves]
    else:
        batch = given.shape[0] if isinstance(given.shape[0], int) else BATCH
        found = []
        for start in range(0, len(waves), batch):
            part = waves[start : start + batch]
            short = batch - len(part) if isinstance(given.shape[0], int) else 0
            whole = np.pad(part, ((0, short), (0, 0)))
            found.append(_shaped(session.run([output], {given.name: whole})[0])[: len(part)])
    return np.concatenate(found).astype(np.float32)


def _shaped(given: np.ndarray) -> np.ndarray:
    """`(window, …, size)` → `(window, size, frame)`."""
    return given.reshape(len(given), -1, given.shape[-1]).transpose(0, 2, 1)


class Linear(nn.Module):
    """`(batch, 1, size, frame)` → `(batch, classes)`: a linear layer on the mean embedding of a clip."""

    def __init__(self, size: int, classes: int, dropout: float, architecture: dict[str, Any]):
        super().__init__()
        self.architecture = architecture
        self.dropout, self.head = nn.Dropout(dropout), nn.Linear(size, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.dropout(x.mean(dim=3).flatten(1)))


def onnx(plan: Plan) -> tuple[FrontEnd, nn.Module]:
    """The encoder that `encoder` names, or that of a checkpoint, with a linear layer for these classes."""
    kept = plan.architecture or look(plan.config.encoder)
    wanted = int(kept["sample_rate"])
    if wanted != plan.sample_rate:
        raise ConfigError(
            f"The encoder hears sound at {wanted} Hz, the clip store is at {plan.sample_rate} Hz; preprocess with "
            f"sample_rate={wanted}."
        )
    content: bytes | int = kept["bytes"] if plan.architecture else Path(plan.config.encoder).read_bytes()
    frontend = OnnxEmbeddings(
        content=content, **{name: value for name, value in kept.items() if name != "bytes"}
    )
    return frontend, Linear(int(kept["size"]), plan.classes, plan.config.dropout, kept)


def look(encoder: str) -> dict[str, Any]:
    """What there is to know of an encoder's file: what is told of it, and what it gives. Raises ConfigError."""
    file = Path(encoder)
    if not encoder:
        raise ConfigError("model=onnx needs a file: encoder=FILE.onnx")
    if not file.is_file():
        raise ConfigError(
            f"There is no file {encoder}, which `encoder` names; model=onnx takes an ONNX file."
        )
    content = file.read_bytes()
    opened = session(content, encoder)
    told = onnx_about.about(file, opened.get_modelmeta().custom_metadata_map)
    if not told.sample_rate:
        raise ConfigError(
            f"Nothing tells at which rate {encoder} hears: write it beside it, into {file.with_suffix('.json').name}: "
            '{"sample_rate": 16000}'
        )
    output, length = _output(opened, told, encoder), _length(opened, told, encoder)
    tried = np.random.default_rng(0).normal(0, 0.05, (1, length or told.sample_rate)).astype(np.float32)
    try:
        size, frames = run(opened, output, tried).shape[1:]
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ConfigError(f"{encoder} can't hear a waveform of {tried.shape[1]} samples: {reason}") from error
    known = {**asdict(told), "output": output, "sha256": hashlib.sha256(content).hexdigest()[:16]}
    return {**known, "size": int(size), "frames": int(frames), "length": length, "bytes": len(content)}


def _output(opened: Any, told: Encoder, encoder: str) -> str:
    """The name of the embeddings among what a file gives out. Raises ConfigError."""
    names = [one.name for one in opened.get_outputs()]
    if told.output in names:
        return told.output
    found = [name for name in names if EMBEDDING in name.lower()] or (names if len(names) == 1 else [])
    if told.output or len(found) != 1:
        raise ConfigError(
            f"{encoder} gives out {', '.join(names)}, and none of them is {told.output or 'known as its embedding'}: "
            f'say which one it is in {Path(encoder).with_suffix(".json").name}: {{"output": "{names[0]}"}}'
        )
    return found[0]


def _length(opened: Any, told: Encoder, encoder: str) -> int:
    """Samples of a window; 0: any number. Raises ConfigError: it takes no waveform, or of another length than told."""
    given = opened.get_inputs()
    shape = given[0].shape
    if len(given) != 1 or len(shape) > 2 or given[0].type != "tensor(float)":
        what = ", ".join(f"{one.name} {one.shape} {one.type}" for one in given)
        raise ConfigError(
            f"{encoder} takes {what}; an encoder has to take one waveform, float32 (batch, time) or (time,). Export it "
            "together with what makes its features."
        )
    length = round(told.window_seconds * told.sample_rate)
    own = shape[-1] if isinstance(shape[-1], int) else 0
    if own and length and own != length:
        raise ConfigError(
            f"{encoder} takes {own} samples at a time, and {told.window_seconds:g} s at {told.sample_rate} Hz are "
            f"{length}: correct window_seconds or sample_rate."
        )
    return own or length

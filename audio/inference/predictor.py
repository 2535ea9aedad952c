"""Inference: a model's file and sounds, of any length and format, to probabilities.

    Predictor("model.pt").file("siren.wav").top()    # at a shell: python -m audio.predict, see there

A file is heard as the model's clips were (`audio.io.preparation`): rid of its silent edges, cut or filled to their
length. A longer one is heard in windows of that length, and its answer is the mean of theirs; where the clips
had been cut to a `duration` its beginning is heard as theirs was, unless `hop` asks for all of it. It is read piece by
piece, so that its length does not matter to memory. What computes is in `audio.runtimes`;
importing this takes no torch.
"""

import io
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from audio.config import EvaluateConfig, check_one
from audio.errors import ConfigError
from audio.inference.prediction import Prediction, chances
from audio.io.decoding import Prepared
from audio.io.given import Given
from audio.io.preparation import Windows, scratch_folder
from audio.io.reading import Sound, Undecodable
from audio.metrics.calibration import Calibration, asked_for
from audio.named import printable
from audio.runtimes.contract import Runtime, opened

__all__ = ["Prediction", "Predictor"]

BATCH = 16  # windows at a time
BATCH_SECONDS = 160.0  # s of sound in them at the most
MEMORY = "sound from memory"  # its name, where a file has its path

Failed = Callable[[Any, Undecodable], object]


@dataclass
class _Hearing:
    """One sound on its way: its windows go to the model together with those of others."""

    name: Path
    windows: Windows
    parts: list[np.ndarray] = field(default_factory=list)
    embeddings: list[np.ndarray] = field(default_factory=list)
    asked: int = 0
    sound: Prepared | None = None  # known once all windows are cut
    fault: Undecodable | None = None

    @property
    def done(self) -> bool:
        return self.fault is not None or (self.sound is not None and len(self.parts) == self.asked)


class Predictor:
    """A model ready to listen: a checkpoint, or an ONNX file in floating point or integers."""

    def __init__(
        self,
        path: str | Path,
        device: str = "auto",
        hop: float | None = None,
        precision: str = "fp32",
        calibrated: bool = False,
        threads: int = 0,
    ):
        """`hop`: s between windows; None: half a window. `precision`: fp32, and of a checkpoint bf16, fp16.

        `calibrated`: probabilities at the temperature that the training has fitted on its development clips, and of
        several labels its thresholds; `calibration` tells them. `threads` of the CPU that compute; 0: as many as help.
        Raises CheckpointError, ConfigError.
        """
        check_one(EvaluateConfig, "precision", precision)
        if hop is not None and not 0 < hop < float("inf"):
            raise ConfigError(f"hop is {hop}; it must be seconds above 0, or None for half a window.")
        self.runtime: Runtime = opened(path, device, precision, threads)
        self.classes, self.multi_label = self.runtime.classes, self.runtime.multi_label
        self.preparation, self.calibration = self.runtime.preparation, self.runtime.calibration
        self._heard_at = asked_for(self.calibration) if calibrated else Calibration()
        self.sample_rate, self.frames = self.preparation.sample_rate, self.preparation.frames
        self.hears_all = hop is not None or self.preparation.duration is None
        self.hop = hop or self.preparation.step / self.sample_rate / 2

    @property
    def window(self) -> float:
        """Length of a window in s."""
        return self.frames / self.sample_rate

    def file(self, path: str | Path) -> Prediction:
        """The answer for one sound file. Raises Undecodable, with the file's name."""
        return next(self.several([Path(path)]))

    def sound(self, sound: Any, rate: float | None = None, embeddings: bool = False) -> Prediction:
        """The answer for one sound: a path, a file's bytes or an open file, or samples with their rate in Hz.

        Samples are an array `(frames,)` or `(frames, channels)`, floats in -1..1 or integers, or an iterator of such
        blocks, which is read as it comes. Raises Undecodable, ConfigError.
        """
        if rate is None and isinstance(sound, np.ndarray):
            raise ConfigError("An array does not say its sample rate; give it behind the array, in Hz.")
        if rate is not None:
            made = hasattr(sound, "__array__") or isinstance(sound, list)
            sound = Given.array(np.asarray(sound), rate) if made else Given(sound, rate)
        return next(self.several([sound], embeddings=embeddings))

    def several(
        self, sounds: Iterable[Any], embeddings: bool = False, failed: Failed | None = None
    ) -> Iterator[Prediction]:
        """The answers for sounds (paths, bytes, open files), one after another; their windows fill batches together.

        `failed(sound, error)` is told of what can't be heard, and the others go on; without it the error is raised
        when its turn has come. Raises Undecodable.
        """
        waiting: list[tuple[Any, _Hearing]] = []
        for batch in _batches(self._cut(sounds, waiting), self.batch):
            waves = np.stack([self.preparation.fitted(wave) for _, wave in batch])
            if embeddings:
                logits, vectors = self.runtime.embeddings(waves)
                for (hearing, _), vector in zip(batch, vectors, strict=True):
                    hearing.embeddings.append(vector)
                found = self._chances(logits)
            else:
                found = self.waveforms(waves)
            for (hearing, _), row in zip(batch, found, strict=True):
                hearing.parts.append(row)
            yield from self._finished(waiting, failed)
        yield from self._finished(waiting, failed)

    def _cut(self, sounds: Iterable[Any], waiting: list[Any]) -> Iterator[tuple[_Hearing, np.ndarray]]:
        """The windows of all sounds, each with the one that it belongs to."""
        # A clip that was cut to its duration is heard in windows of the model's length, as evaluation hears it.
        size = self.preparation.step if self.hears_all else self.frames
        hop = self.hop * self.sample_rate if self.hears_all else self.frames / 2
        for sound in sounds:
            named = isinstance(sound, str | Path)
            hearing = _Hearing(Path(sound if named else MEMORY), Windows(size, hop))
            waiting.append((sound, hearing))
            try:
                with ExitStack() as stack:
                    scratch = stack.enter_context(scratch_folder())
                    recording = self.preparation.recording(
                        _source(sound, Path(scratch)), scratch, cut=not self.hears_all
                    )
                    for wave in hearing.windows.of(recording.pieces()):
                        hearing.asked += 1
                        yield hearing, wave
                    if hearing.windows.short is not None:
                        hearing.asked += 1
                        yield hearing, hearing.windows.short
                    recording.samples = None  # they are heard
                    hearing.sound = recording
            except Undecodable as error:
                what = printable(str(sound)) if named else MEMORY
                hearing.fault = Undecodable(f"{what} can't be heard: {error}")
                hearing.fault.__cause__ = error

    def _finished(self, waiting: list[tuple[Any, _Hearing]], failed: Failed | None) -> Iterator[Prediction]:
        """Those at the front that are whole."""
        while waiting and waiting[0][1].done:
            sound, hearing = waiting.pop(0)
            if hearing.fault is None:
                yield self._told(hearing)
            elif failed is None:
                raise hearing.fault
            else:
                failed(sound, hearing.fault)

    def _told(self, hearing: _Hearing) -> Prediction:
        sound, windows = hearing.sound, hearing.windows
        assert sound is not None
        notes = list(sound.notes)
        if not self.hears_all and sound.there > sound.num_samples:
            notes.append(
                f"only the first {sound.num_samples / self.sample_rate:g} s are heard, as of the model's clips; `hop` "
                "hears all"
            )
        return Prediction(
            hearing.name,
            sound.whole / self.sample_rate,
            self.classes,
            (np.array(windows.starts) + sound.start) / self.sample_rate,
            windows.size / self.sample_rate,
            np.stack(hearing.parts),
            notes,
            np.stack(hearing.embeddings) if hearing.embeddings else None,
            self._heard_at.thresholds if self.multi_label else None,
        )

    @property
    def batch(self) -> int:
        """Windows at a time: some, but no more than a few minutes of sound."""
        return max(1, min(BATCH, round(BATCH_SECONDS / self.window)))

    def waveforms(self, waves: np.ndarray) -> np.ndarray:
        """Probabilities `(batch, classes)` of waveforms, float32 `(batch, time)` at `sample_rate` in -1..1."""
        return self._chances(self.runtime.logits(waves))

    def _chances(self, logits: np.ndarray) -> np.ndarray:
        return chances(self._heard_at.logits(logits), self.multi_label)


def _source(sound: Any, scratch: Path) -> Path | Sound:
    """Where the samples of a sound come from: bytes lie in a file first, as what they are is told from a file."""
    if isinstance(sound, str | Path):
        return Path(sound)
    if hasattr(sound, "blocks"):
        opened: Sound = sound
        return opened
    if isinstance(sound, bytes | bytearray | memoryview):
        sound = io.BytesIO(sound)
    if not hasattr(sound, "read"):
        raise ConfigError(
            f"A sound is a path, a file's bytes, an open file, or samples with their rate; got {type(sound).__name__}."
        )
    copy = scratch / "sound"
    with copy.open("wb") as file:
        shutil.copyfileobj(sound, file)
    return copy


def _batches(windows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    several = iter(windows)
    while batch := list(islice(several, size)):
        yield batch

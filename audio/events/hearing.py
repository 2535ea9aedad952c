"""A model that tells events: of a file, or of sound as it comes, by the same steps.

Whatever looks at the whole of a recording is left out on both paths: silent edges stay, each window is brought to 16
bits of its own range, and windows stand where the recording's beginning puts them. So a stream gives the events of the
file, window by window, however the sound is cut into blocks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from audio.errors import ConfigError
from audio.events.config import EventConfig
from audio.events.tracking import Event, Tracker
from audio.inference.predictor import Predictor
from audio.io.decoding import Heard, mixed
from audio.io.reading import Sound, Undecodable, open_sound
from audio.named import printable


@dataclass
class Answer:
    """What the model says of one window, or the end of the sound, and what that has changed."""

    start: float  # s
    end: float  # s
    probabilities: np.ndarray | None  # (classes,); None: there is no window, the sound has ended
    begun: list[Event]
    done: list[Event]


@dataclass
class Found:
    """The events of one recording."""

    path: Path
    duration: float  # s
    events: list[Event] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what a person should know of the recording
    error: str = ""  # why it can't be heard


Listening = Callable[[float, float | None], object]  # s that are heard, of how many if the file says


class Endless(Heard):
    """What is found on the way through a stream, of which nothing is kept that would grow with it."""

    def look(self, block: np.ndarray, mono: np.ndarray) -> None:
        super().look(block, mono)
        self.means.clear()


class Detector:
    """A model's file and the parameters of events."""

    def __init__(
        self,
        model: str | Path,
        config: EventConfig | None = None,
        device: str = "auto",
        precision: str = "fp32",
        threads: int = 0,
        calibrated: bool = False,
    ) -> None:
        """`threads` of the CPU that compute; 0: as many as help. `calibrated`: see `Predictor`.

        Raises CheckpointError, ConfigError.
        """
        self.config = config or EventConfig()
        self.predictor = Predictor(model, device, None, precision, calibrated, threads)
        self.preparation = self.predictor.preparation
        self.classes = self.predictor.classes
        self.window = self.preparation.step / self.preparation.sample_rate  # s
        self.hop = self.config.hop or self.window / 2
        if self.hop > self.window + 1e-9:
            raise ConfigError(
                f"hop is {self.hop:g} s, but a window of this model has {self.window:g} s: what lies between would not "
                "be heard."
            )
        calibration = self.predictor.calibration
        self.fitted = calibration.thresholds if calibrated and calibration else []
        self.config.of_classes(self.classes, self.fitted)

    def file(self, path: str | Path, listening: Listening | None = None) -> Found:
        """The events of a recording; memory does not grow with its length. `listening` is told with every window.

        Raises Undecodable, with its name.
        """
        path, heard, events = Path(path), Heard(), []
        try:
            with open_sound(path) as sound:
                whole = sound.frames / sound.sample_rate if sound.frames else None
                for answer in self.answers(sound, heard):
                    events += answer.done
                    if listening:
                        listening(answer.end, whole)
        except Undecodable as error:
            raise Undecodable(f"{printable(str(path))} can't be heard: {error}") from error
        events.sort(key=lambda one: (one.onset, one.offset, one.label))
        return Found(path, heard.frames / heard.rate, events, heard.notes())

    def answers(self, sound: Sound, heard: Heard | None = None) -> Iterator[Answer]:
        """Window by window of a sound, as its blocks come. Raises Undecodable."""
        hearing = Hearing(self, sound.sample_rate)
        for mono in mixed(sound, heard or Heard()):
            yield from hearing.hear(mono)
        yield from hearing.finish()


class Hearing:
    """One recording or stream on its way; holds no more of it than the next window needs."""

    def __init__(self, detector: Detector, rate: int) -> None:
        """`rate` in Hz, of the sound that comes."""
        self._detector, self.rate = detector, rate
        preparation = detector.preparation
        self._size = int(np.ceil(preparation.step * rate / preparation.sample_rate))
        self._hop = detector.hop * rate
        self._blocks: list[np.ndarray] = []
        self._first = 0  # place of the first sample that is held
        self._heard = 0  # samples
        self._windows = 0
        self._last = 0  # where the last window began
        self._tracker = Tracker(detector.classes, detector.config, detector.fitted)

    @property
    def next_end(self) -> int:
        """The sample with which the next window is whole."""
        return round(self._windows * self._hop) + self._size

    def hear(self, mono: np.ndarray) -> list[Answer]:
        """The windows that these samples, float32 `(samples,)`, make whole."""
        self._blocks.append(mono)
        self._heard += len(mono)
        if self._heard < self.next_end:
            return []
        held = np.concatenate(self._blocks)
        starts = []
        while self.next_end <= self._heard:
            starts.append(self.next_end - self._size)
            self._windows += 1
        answers = self._answered(held, starts)
        keep = max(0, self._heard - self._size - self._first)  # the last window may begin there
        self._blocks, self._first = [held[keep:].copy()], self._first + keep
        return answers

    def finish(self) -> list[Answer]:
        """The sound has ended: the window that ends with it, and all events that are left. Raises Undecodable."""
        if not self._heard:
            raise Undecodable("holds no samples (zero length)")
        end = self._heard / self.rate
        if not self._windows or self._last + self._size < self._heard:
            held = np.concatenate(self._blocks)
            answers = self._answered(held, [max(0, self._heard - self._size)], last=True)
        else:
            answers = [Answer(end, end, None, [], [])]
        answers[-1].done += self._tracker.finish(end)
        return answers

    def _time(self, sample: float) -> float:
        return sample / self.rate

    def _answered(self, held: np.ndarray, starts: list[int], last: bool = False) -> list[Answer]:
        detector, found = self._detector, []
        size = detector.predictor.batch
        for at in range(0, len(starts), size):
            some = starts[at : at + size]
            parts = [held[start - self._first : start - self._first + self._size] for start in some]
            waves = np.stack([detector.preparation.window(part, self.rate) for part in parts])
            for start, row in zip(some, detector.predictor.waveforms(waves), strict=True):
                self._last = start
                end = min(start + self._size, self._heard)
                speaks = self._heard if last else start + (self._size + self._hop) / 2
                step = self._tracker.step(self._time(speaks), row)
                found.append(Answer(self._time(start), self._time(end), row, step.begun, step.done))
        return found

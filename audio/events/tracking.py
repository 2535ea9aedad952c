"""Probabilities of one window after another to events, from the past alone: what a file and a stream have in common.

A window speaks for the part of the sound around its middle that is as long as the step to the next one; the first also
for what is before that, the last for what is behind it. Where the parts of a class are at its threshold, an event
begins; it goes on until one is below the threshold's `release`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from audio.events.config import EventConfig

EXACT = 1e-6  # s by which times may be off, as sums of floats are


@dataclass
class Event:
    """One class, from `onset` to `offset` (s)."""

    onset: float
    offset: float
    label: str
    score: float  # the largest probability in it
    mean: float  # of its windows' probabilities

    @property
    def length(self) -> float:
        """s."""
        return self.offset - self.onset


@dataclass
class _Open:
    onset: float
    offset: float = 0.0  # once it has ended
    score: float = 0.0
    total: float = 0.0
    windows: int = 0
    told: bool = False  # that it has begun


@dataclass
class Step:
    """What one window has changed."""

    begun: list[Event] = field(default_factory=list)  # that are as long as events have to be, and still go on
    done: list[Event] = field(default_factory=list)  # that are certain, and will not change any more


class Tracker:
    """Events of one recording or stream."""

    def __init__(self, classes: list[str], config: EventConfig, fitted: Sequence[float] = ()) -> None:
        """`fitted`: see `EventConfig.of_classes`. Raises ConfigError."""
        self.classes, self.config = classes, config
        self._high = np.array(config.of_classes(classes, fitted))
        self._low = self._high * config.release
        self._on = np.zeros(len(classes), bool)
        self._going: dict[int, _Open] = {}
        self._paused: dict[int, _Open] = {}  # ended, and may go on within `gap`
        self._held: list[Event] = []  # done, until it is known what they overlap with
        self._now = 0.0  # s up to which windows have spoken

    def step(self, until: float, probabilities: np.ndarray) -> Step:
        """A window that speaks for what follows the one before it, until `until` (s)."""
        before, now = self._now, until
        on = probabilities >= np.where(self._on, self._low, self._high)
        on &= np.isfinite(self._high)
        ended = []
        for at in np.flatnonzero(self._on & ~on).tolist():
            self._paused[at] = self._going.pop(at)
            self._paused[at].offset = before
        for at in np.flatnonzero(on & ~self._on).tolist():
            paused = self._paused.get(at)
            if paused is not None and before - paused.offset <= self.config.gap + EXACT:
                self._going[at] = self._paused.pop(at)
            else:
                self._going[at] = _Open(before)
        for at, event in self._going.items():
            event.score = max(event.score, float(probabilities[at]))
            event.total += float(probabilities[at])
            event.windows += 1
        for at, event in list(self._paused.items()):
            if now - event.offset > self.config.gap + EXACT or at in self._going:
                ended.append((at, self._paused.pop(at)))
        self._on, self._now = on, now
        return Step(self._begun(), self._sifted(ended))

    def finish(self, until: float) -> list[Event]:
        """The sound has ended at `until` (s), up to which the last window speaks: what has not been told yet."""
        self._now = until
        for event in self._going.values():
            event.offset = self._now
        ended = [*self._paused.items(), *self._going.items()]
        self._paused, self._going = {}, {}
        self._on[:] = False
        return self._sifted(ended)

    def _begun(self) -> list[Event]:
        found = []
        for at, event in self._going.items():
            if not event.told and self._now - event.onset >= self.config.shortest - EXACT:
                event.told = True
                found.append(self._event(at, event, self._now))
        return found

    def _event(self, at: int, event: _Open, offset: float) -> Event:
        mean = event.total / event.windows
        return Event(event.onset, offset, self.classes[at], event.score, mean)

    def _sifted(self, ended: list[tuple[int, _Open]]) -> list[Event]:
        """Of events that have ended and those that were held those that are certain."""
        events = [self._event(at, event, event.offset) for at, event in ended]
        events = [event for event in events if event.length >= self.config.shortest - EXACT]
        if self.config.overlap is None:
            return sorted(events, key=_by_time)
        unsure = [event.onset for event in (*self._going.values(), *self._paused.values())]
        until = min(unsure, default=self._now)
        self._held = sorted([*self._held, *events], key=_by_time)
        found: list[Event] = []
        while self._held:
            together, end = [self._held[0]], self._held[0].offset
            for event in self._held[1:]:
                if event.onset >= end:
                    break
                together.append(event)
                end = max(end, event.offset)
            if end > until + EXACT:
                break
            found += strongest(together, self.config.overlap)
            self._held = self._held[len(together) :]
        return found


def _by_time(event: Event) -> tuple[float, float, str]:
    return event.onset, event.offset, event.label


def strongest(events: list[Event], overlap: float) -> list[Event]:
    """Without those that share more than `overlap` of the shorter one with a stronger one of another class."""
    kept: list[Event] = []
    for event in sorted(events, key=lambda one: (-one.score, -one.mean, *_by_time(one))):
        if not any(_too_close(event, other, overlap) for other in kept):
            kept.append(event)
    return sorted(kept, key=_by_time)


def _too_close(one: Event, other: Event, overlap: float) -> bool:
    shared = min(one.offset, other.offset) - max(one.onset, other.onset)
    return (
        one.label != other.label
        and shared > EXACT
        and shared >= overlap * min(one.length, other.length) - EXACT
    )

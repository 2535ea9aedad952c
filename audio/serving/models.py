"""The model that answers: exchanged for a newer one while requests go on, and kept when the newer one is no good."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from audio.errors import AudioError
from audio.events.hearing import Detector
from audio.events.run import Model
from audio.named import printable
from audio.serving.batching import Batched
from audio.serving.config import ServeConfig

log = logging.getLogger("soundyard.model")

BROKEN = (AudioError, OSError, ValueError, RuntimeError)  # what a file that is no good may raise


@dataclass
class Loaded:
    """A model that is ready."""

    detector: Detector
    file: Path
    digest: str
    since: str
    batched: Batched
    users: int = 0
    retired: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def about(self) -> dict[str, Any]:
        """JSON-ready."""
        detector = self.detector
        return {
            "file": printable(self.file.name),
            "digest": self.digest,
            "since": self.since,
            "classes": detector.classes,
            "multi_label": detector.predictor.multi_label,
            "sample_rate": detector.preparation.sample_rate,
            "window": detector.window,
            "hop": detector.hop,
        }


class Models:
    """The current one."""

    def __init__(
        self,
        find: Callable[[], Model],
        config: ServeConfig,
        computed: Callable[[int], object] = lambda _: None,
        loaded: Callable[[str, Loaded | None], object] = lambda _, __: None,
    ) -> None:
        """`find` tells where the newest is; `loaded` is told `good` or `bad`, and of a good one.

        Raises what `find` and `Detector` raise: with no model at all there is nothing to keep.
        """
        self._find, self._config, self._computed, self._loaded = find, config, computed, loaded
        self._lock = threading.Lock()
        model = find()
        self._mark = self._seen = mark_of(model.file)
        self._current = self._load(model)
        loaded("good", self._current)

    def _load(self, model: Model) -> Loaded:
        detector = model.detector(self._config, self._config.threads)
        runtime = detector.predictor.runtime
        runtime.logits(np.zeros((1, detector.preparation.frames), np.float32))  # the first is slow, or fails
        batched = Batched(runtime, self._config.batch, self._computed)
        detector.predictor.runtime = batched
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        return Loaded(detector, model.file, model.digest(), now, batched)

    @contextmanager
    def use(self) -> Iterator[Loaded]:
        """The current model, which stays usable in the block even where another takes its place meanwhile."""
        with self._lock:
            one = self._current
            with one.lock:
                one.users += 1
        try:
            yield one
        finally:
            with one.lock:
                one.users -= 1
                over = one.retired and not one.users
            if over:
                one.batched.close()

    def look(self) -> bool:
        """Take a newer model in, if there is one that has stopped changing; whether it did. Raises nothing."""
        try:
            model = self._find()
            mark = mark_of(model.file)
        except BROKEN as error:
            log.warning("no newer model can be looked for: %s", error)
            return False
        before, self._seen = self._seen, mark
        if mark in (self._mark, None) or mark != before:  # it is the same, away, or being written
            return False
        self._mark = mark
        try:
            new = self._load(model)
        except BROKEN as error:
            log.warning("the newer model is no good, the last one goes on: %s", error)
            self._loaded("bad", None)
            return False
        with self._lock:
            old, self._current = self._current, new
            with old.lock:
                old.retired, over = True, not old.users
        if over:
            old.batched.close()
        log.info("model %s (%s) has taken the place of %s", new.digest, printable(str(new.file)), old.digest)
        self._loaded("good", new)
        return True


def mark_of(file: Path) -> tuple[str, int, int] | None:
    """What changes with a model's file; None: it is not there."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return str(file), stat.st_size, stat.st_mtime_ns

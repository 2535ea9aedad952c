"""A second model that hears what the first is asked, and whose answers are logged beside: nobody waits for it."""

import json
import logging
import queue
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import IO

from audio.inference.prediction import Prediction
from audio.io.reading import open_sound
from audio.serving.models import BROKEN, Models

log = logging.getLogger("soundyard.model")

AHEAD = 64  # sounds that may wait; more are dropped


class Shadow:
    """The second model, with a thread of its own."""

    def __init__(self, models: Models, out: IO[str], count: Callable[[str], object]) -> None:
        """Lines of JSON go to `out`; `count` is told `same`, `other`, `failed` or `dropped`."""
        self.models, self._out, self._count = models, out, count
        self._waiting: queue.Queue[tuple[Path, Prediction, str] | None] = queue.Queue(AHEAD)
        self._thread = threading.Thread(target=self._hear, name="shadow", daemon=True)
        self._thread.start()

    def offer(self, sound: Path, found: Prediction, model: str) -> bool:
        """A sound, which the shadow removes afterwards; False: it has no time for it."""
        try:
            self._waiting.put_nowait((sound, found, model))
        except queue.Full:
            self._count("dropped")
            return False
        return True

    def _hear(self) -> None:
        while (one := self._waiting.get()) is not None:
            sound, found, model = one
            try:
                self._compare(sound, found, model)
            except BROKEN as error:
                log.warning("the shadow model could not answer: %s", error)
                self._count("failed")
            finally:
                sound.unlink(missing_ok=True)

    def _compare(self, sound: Path, found: Prediction, model: str) -> None:
        with self.models.use() as own, open_sound(sound) as opened:
            theirs = own.detector.predictor.sound(opened)
            digest = own.digest
        same = theirs.label == found.label
        mine = dict(found.top(len(found.classes)))
        shared = [abs(mine[name] - value) for name, value in theirs.top(len(theirs.classes)) if name in mine]
        told = {
            "at": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "duration": round(found.duration, 3),
            "model": model,
            "label": found.label,
            "score": round(found.top(1)[0][1], 4),
            "shadow": digest,
            "shadow_label": theirs.label,
            "shadow_score": round(theirs.top(1)[0][1], 4),
            "same": same,
            "largest_difference": round(max(shared), 4) if shared else None,
        }
        self._out.write(json.dumps(told, ensure_ascii=False) + "\n")
        self._out.flush()
        self._count("same" if same else "other")

    def close(self, seconds: float) -> None:
        """What waits is heard first, for so long at the most."""
        self._waiting.put(None)
        self._thread.join(seconds)

"""Recordings to a clip store: decode, mix to one channel, resample once, in parallel processes, resumable."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audio.config import PreprocessConfig


@dataclass
class PreprocessReport:
    """What a preprocessing run did."""

    folder: Path  # of the store
    clips: int  # stored
    seconds: float  # of sound stored
    sample_rate: int  # Hz
    classes: list[str]
    per_class: dict[str, int]  # clips of each class
    per_fold: dict[int, int]  # clips of each fold; empty when there are none
    skipped: list[tuple[str, str]] = field(default_factory=list)  # (path, reason)
    reused: int = 0  # clips taken over from an interrupted run
    elapsed: float = 0.0  # s
    dataset: dict[str, Any] = field(default_factory=dict)  # name, title, licence, homepage of the data set

    @property
    def clips_per_second(self) -> float:
        return (self.clips - self.reused) / max(self.elapsed, 1e-9)


def preprocess(
    config: PreprocessConfig,
    out_dir: str | Path,
    *,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> PreprocessReport:
    """Write the clip store of `config.dataset` into `out_dir` and tell what was done.

    `progress(done, total)` is called after every few clips; None draws a bar on stderr. `workers` overrides
    `config.workers`. Files that cannot be read or are empty are skipped and listed. A killed run continues where it
    stood. Raises DatasetError (unknown set, wrong folder, nothing readable) and StoreError (disk full, not writable).
    """
    raise NotImplementedError

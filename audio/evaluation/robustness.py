"""How far a model's answers hold when sound is disturbed: a row for each condition, beside the clips as they are."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from audio.clips.splits import recordings
from audio.clips.table import in_turn
from audio.clips.waves import Waves
from audio.config import EvaluateConfig
from audio.evaluation.disturbances import Condition, conditions
from audio.evaluation.hearing import predict
from audio.metrics.figures import Answers, accuracy, macro_f1
from audio.metrics.objective import probabilities
from audio.metrics.paired import paired
from audio.metrics.statistics import independent, wilson

COLUMNS = [
    *("kind", "series", "degree", "unit", "accuracy", "from", "to", "macro_f1"),
    *("lost", "lost from", "lost to", "clips"),
]
UNDISTURBED = "undisturbed"


@dataclass
class Disturbed(Waves):
    """Waveforms of clips under a condition. A clip is disturbed alike every time."""

    condition: Condition | None = None

    def gather(self, indices: Tensor, speed: float = 1.0) -> Tensor:
        """As `Waves`, each window changed."""
        batch = super().gather(indices, speed).cpu().numpy()
        changed = [self._changed(wave, int(i)) for wave, i in zip(batch, indices.tolist(), strict=True)]
        return torch.from_numpy(np.stack(changed)).to(self.device)

    def windows(self, i: int, speed: float = 1.0) -> Iterator[np.ndarray]:
        """As `Waves`, each window changed."""
        for number, window in enumerate(super().windows(i, speed)):
            yield self._changed(window, i, number)

    def _changed(self, waveform: np.ndarray, i: int, window: int = 0) -> np.ndarray:
        if self.condition is None:
            return waveform
        name = f"{self.rows['clip'].iloc[i]}\x1f{window}\x1f{self.condition.name}"
        dice = np.random.default_rng(zlib.crc32(name.encode("utf-8", "surrogateescape")))
        return self.condition.change(waveform, self.store.sample_rate, dice)


def curves(
    model: nn.Module,
    waves: Waves,
    config: EvaluateConfig,
    windows: bool,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """The first row is of the clips as they are; `lost` is in points of accuracy, with its 95 % interval, `from` and
    `to` are those of the accuracy. `progress(done, total)` is told of clips, all conditions together.

    Up to `config.robustness_clips` of the clips are heard, evenly over labels; both intervals are by recordings.
    """
    rows = waves.rows
    if config.robustness_clips and len(rows) > config.robustness_clips:
        rows = rows.loc[in_turn(rows)[: config.robustness_clips]]
    wanted: list[Condition | None] = [None, *conditions(config.robustness, waves.store.sample_rate)]
    of, targets = list(recordings(rows)), waves.store.targets(rows) > 0.5
    several, table, before = waves.store.multi_label, [], np.empty(0)
    for number, condition in enumerate(wanted):
        heard = Disturbed(waves.store, rows, waves.frames, waves.fill, waves.device, condition=condition)

        def told(done: int, total: int, number: int = number) -> None:
            if progress:
                progress(number * total + done, len(wanted) * total)

        logits = predict(model, heard, config, windows, told)
        answers = Answers(targets, probabilities(logits, several).numpy(), several, waves.store.classes)
        right = (targets == answers.given).all(1)
        before = right if condition is None else before
        table.append(_row(condition, answers, right, before, of))
    return pd.DataFrame(table, columns=COLUMNS)


def _row(
    condition: Condition | None, answers: Answers, right: np.ndarray, before: np.ndarray, of: list[object]
) -> tuple[object, ...]:
    share = accuracy(answers)
    low, high = wilson(share, independent(right, of))
    if condition is None:
        about: tuple[object, ...] = (UNDISTURBED, UNDISTURBED, np.nan, "")
        lost: tuple[float, ...] = (0.0, 0.0, 0.0)
    else:
        about = (condition.kind, condition.series, condition.degree, condition.unit)
        both = paired(right, before, of)
        lost = tuple(0.0 - 100 * gain for gain in (both.gain, *reversed(both.interval)))
    return (*about, share, low, high, macro_f1(answers), *lost, len(right))

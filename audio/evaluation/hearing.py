"""A model's answers to clips: all of each, at any speed, at a temperature."""

from collections.abc import Callable
from itertools import islice

import numpy as np
import torch
from torch import Tensor, nn

from audio.clips.waves import Waves
from audio.config import EvaluateConfig
from audio.devices import computing
from audio.metrics.statistics import mean_answer


class Tempered(nn.Module):
    """A model whose logits are divided by a temperature, window by window."""

    def __init__(self, model: nn.Module, temperature: float) -> None:
        super().__init__()
        self.model, self.temperature = model, temperature

    def forward(self, waveform: Tensor) -> Tensor:
        logits: Tensor = self.model(waveform)
        return logits / self.temperature


@torch.no_grad()
def predict(
    model: nn.Module,
    waves: Waves,
    config: EvaluateConfig,
    windows: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Tensor:
    """Logits `(clips, classes)` of every clip's probabilities, averaged over `config.speeds`.

    With `windows`, a clip that is longer than the model's window is heard in several, as inference hears a file;
    without, its beginning is.
    """
    found = torch.empty(len(waves), len(waves.store.classes))
    long = torch.from_numpy(waves.is_long() & windows)
    short, several, done = (~long).nonzero()[:, 0], long.nonzero()[:, 0], 0
    for part in (one for one in (*short.split(config.batch_size), *several.split(1)) if len(one)):
        hear = _in_windows if bool(long[part].any()) else _at_once
        with computing(waves.device, config.precision):
            answers = [hear(model, waves, part, speed, config.batch_size) for speed in config.speeds]
        found[part] = mean_answer(torch.stack(answers), waves.store.multi_label)
        done += len(part)
        if progress:
            progress(done, len(waves))
    return found


def _at_once(model: nn.Module, waves: Waves, part: Tensor, speed: float, batch: int) -> Tensor:
    """Logits `(batch, classes)` of clips of one window each."""
    logits: Tensor = model(waves.gather(part, speed)).cpu()
    return logits


def _in_windows(model: nn.Module, waves: Waves, part: Tensor, speed: float, batch: int) -> Tensor:
    """Logits `(1, classes)` of the mean answer to the windows of a clip."""
    windows, answers = waves.windows(int(part[0]), speed), []
    while some := list(islice(windows, batch)):
        answers.append(model(torch.from_numpy(np.stack(some)).to(waves.device)).cpu())
    return mean_answer(torch.cat(answers)[:, None], waves.store.multi_label)

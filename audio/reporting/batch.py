"""The first batch of a training, before anything is learned of it: what the network is given, seen and heard.

A front end that sees half of the frames, an augmentation that leaves nothing, or labels of the wrong column show here
in the first seconds, and in no figure of the training.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from audio.clips.waves import Waves
from audio.features.logmel import LogMel
from audio.models import Classifier
from audio.reporting.augmentations import heard_of
from audio.reporting.figures import batch_figure

LEAST = 0.01  # share of a clip that is named, of those that mixing has put together


@torch.no_grad()
def report_batch(
    writer: Any,
    model: Classifier,
    waves: Waves,
    positions: Tensor,
    batch: tuple[Tensor, Tensor],
    shown: int,
    epoch: int = 0,
) -> None:
    """Write `batch/as the network sees it`, one picture, and the sound of each of its tiles.

    `batch` is the features `(batch, channel, band, frame)` and targets `(batch, classes)` of the clips at `positions`
    of `waves`, augmented; the first `shown` of it are drawn. A tile is the normalised features of a clip's first
    channel, or its waveform where the network hears that. Its sound is made of the features again, where they can be
    heard, and is else the clip's own.
    """
    features, targets = batch[0][:shown], batch[1][:shown].cpu()
    classes, clips = waves.store.classes, list(waves.rows["clip"])
    seen = model.frontend.normalise(features)[:, 0].float().cpu()  # (clip, band, frame)
    if model.frontend.domain == "waveform":
        seen = seen.flatten(1)  # (clip, time)
    names = [label_of(answer, classes) for answer in targets]
    figure = batch_figure([one.numpy() for one in seen], names, model.frontend.describe())
    writer.add_figure("batch/as the network sees it", figure, epoch, close=False)
    sounds, rate = _sounds(model, waves, features, positions[:shown])
    for number, (place, name) in enumerate(zip(positions[:shown].tolist(), names, strict=True)):
        clip = str(clips[place]).rsplit("/", 1)[-1]
        writer.add_audio(f"batch/{number + 1} {name} · {clip}", sounds[number], epoch, sample_rate=rate)
    writer.flush()


def label_of(answer: Tensor, classes: Sequence[str]) -> str:
    """A clip's label, of its target `(classes,)`: `dog`, `dog 70% + rain 30%` of two that were mixed, or `no label`."""
    parts = [(float(share), classes[place]) for place, share in enumerate(answer) if share > LEAST]
    if not parts:
        return "no label"
    whole = all(share > 1 - LEAST for share, _ in parts)
    parts.sort(key=lambda part: -part[0])
    return " + ".join(name if whole else f"{name} {share:.0%}" for share, name in parts)


def _sounds(model: Classifier, waves: Waves, features: Tensor, positions: Tensor) -> tuple[list[Tensor], int]:
    """`(1, time)` for each clip, within -1..1, and their rate in Hz."""
    frontend = model.frontend
    if frontend.domain == "waveform":
        heard: Tensor | None = features.flatten(1)
    else:
        heard = heard_of(frontend, features) if isinstance(frontend, LogMel) else None
    if heard is None:
        heard = waves.gather(positions)
    heard = heard.float().cpu()
    loudest = heard.abs().amax(1, keepdim=True).clamp_min(1.0)
    return list((heard / loudest)[:, None]), int(frontend.settings["sample_rate"])

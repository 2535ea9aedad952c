"""Augmentations to listen to and to look at: one clip before and after each step that a run asked for.

Steps on waveforms are heard as they are. Steps on features are heard by making sound of the features again: the
filter bank is inverted by least squares, and Griffin and Lim's algorithm finds a phase. That is what the model is
given to learn from, not what a studio would make.
"""

from typing import Any

import torch
import torchaudio
from torch import Tensor

from audio.augment.chain import Augment
from audio.clips.waves import Waves
from audio.features.logmel import LogMel
from audio.models import Classifier
from audio.reporting.figures import before_after_figure

MATES = 4  # clips in the batch, so that mixing steps have something to mix with


def sound_of(frontend: LogMel, features: Tensor, rounds: int = 24) -> Tensor:
    """Waveforms `(batch, time)` whose log power is close to `features` `(batch, 1, band, frame)`."""
    power = (features[:, 0].float().exp() - frontend.log_offset).clamp_min(0.0)  # (batch, band, frame)
    bank = frontend.bank[::2]  # (bin, band)
    if frontend.settings["name"] != "stft":
        power = torch.linalg.lstsq(bank.T[None], power, driver="gels").solution.relu()
    with torch.random.fork_rng(
        devices=[]
    ):  # the phase starts at random; training's own draws stay as they are
        torch.manual_seed(0)
        return torchaudio.functional.griffinlim(
            power.cpu(),
            frontend.window.cpu(),
            frontend.n_fft,
            frontend.hop_length,
            frontend.n_fft,
            power=2.0,
            n_iter=rounds,
            momentum=0.99,
            length=None,
            rand_init=True,
        )


def heard_of(frontend: LogMel, features: Tensor) -> Tensor | None:
    """`sound_of`, or None where too little is left to make sound of: frames that hardly overlap, or too few."""
    audible = 2 * frontend.hop_length <= frontend.settings["win_length"]
    enough = (features.shape[-1] - 1) * frontend.hop_length > frontend.n_fft // 2  # for edges to mirror
    return sound_of(frontend, features) if audible and enough else None


@torch.no_grad()
def report_augmentations(
    writer: Any, model: Classifier, augment: Augment, waves: Waves, epoch: int = 0
) -> None:
    """Write `augmentation/NAME` for every step, as audio and as a picture of before and after."""
    frontend = model.frontend
    if not isinstance(frontend, LogMel) or len(waves) == 0:
        return
    places = torch.linspace(0, len(waves) - 1, min(MATES, len(waves))).long()
    batch = waves.gather(places)
    rate = int(frontend.settings["sample_rate"])
    random = torch.Generator(batch.device).manual_seed(1)
    features = model.features(batch)
    targets = torch.zeros(len(batch), 1, device=batch.device)
    writer.add_audio("augmentation/original", batch[:1].cpu(), epoch, sample_rate=rate)
    for name, apply in augment.waveform_steps:
        after = apply(batch, random)
        _report(writer, name, after[:1], features, model.features(after), frontend, epoch)
    for step in augment.steps:
        changed, _ = step.apply(features, targets, frontend.level, random)
        _report(writer, step.name, heard_of(frontend, changed[:1]), features, changed, frontend, epoch)


def _report(
    writer: Any, name: str, sound: Tensor | None, before: Tensor, after: Tensor, frontend: LogMel, epoch: int
) -> None:
    if sound is not None:
        rate = int(frontend.settings["sample_rate"])
        sound = (sound / sound.abs().max().clamp_min(1.0)).cpu()
        writer.add_audio(f"augmentation/{name}", sound, epoch, sample_rate=rate)
    pictures = (before[0, 0].cpu().numpy(), after[0, 0].cpu().numpy())
    figure = before_after_figure(*pictures, frontend.describe(), name)
    writer.add_figure(f"augmentation/{name}", figure, epoch, close=False)

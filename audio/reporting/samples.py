"""Debug samples while training: a few validation clips to listen to and to see, with label and prediction."""

from typing import Any

import torch
from torch import Tensor

from audio.clips.store import LONGEST_HEARD, ClipStore
from audio.clips.waves import Waves
from audio.config import TrainConfig
from audio.features.logmel import LogMel
from audio.metrics.objective import probabilities
from audio.models import Classifier
from audio.reporting.figures import sample_figure


def covering(labels: list[str], count: int) -> list[int]:
    """Positions of `count` clips that cover as many labels as they can; always the same ones."""
    by_label: dict[str, list[int]] = {}
    for i, label in enumerate(labels):
        by_label.setdefault(label, []).append(i)
    rounds = max(map(len, by_label.values()), default=0)
    order = [places[turn] for turn in range(rounds) for places in by_label.values() if turn < len(places)]
    return order[:count]


def report_samples(
    writer: Any, model: Classifier, waves: Waves, logits: Tensor, epoch: int, config: TrainConfig
) -> None:
    """Write audio and the model's own view of `config.debug_samples` clips.

    A clip keeps its tag (`audio/LABEL · CLIP`, `spectrogram/LABEL · CLIP`) over all epochs and runs, so that they can
    be compared; the prediction of the epoch stands in the picture's title.
    """
    probability = probabilities(logits, waves.store.multi_label)
    rows, classes = waves.rows, waves.store.classes
    shown = model.frontend
    if shown.domain == "waveform":  # nothing to see: show an ordinary spectrogram
        shown = LogMel(waves.store.sample_rate).to(waves.device)
    for i in covering(list(rows["label"]), config.debug_samples):
        label, clip = rows["label"].iloc[i], rows["clip"].iloc[i]
        answer = int(probability[i].argmax())
        title = f"{label} → {classes[answer]} ({float(probability[i, answer]):.0%})"
        wave = waves.store.waveform(clip, LONGEST_HEARD)
        view = shown(waves.gather(torch.tensor([i])))[0, 0].cpu().numpy()
        name = f"{label} · {clip.rsplit('/', 1)[-1]}"
        sound = torch.from_numpy(wave)[None]
        writer.add_audio(f"audio/{name}", sound, epoch, sample_rate=waves.store.sample_rate)
        figure = sample_figure(waves.clip(i), view, shown.describe(), title)
        writer.add_figure(f"spectrogram/{name}", figure, epoch, close=False)


def report_clips(
    writer: Any, store: ClipStore, clips: list[str], title: str, epoch: int, limit: int = 32
) -> None:
    """Write the sound of some clips as `TITLE/LABEL · CLIP`, up to `limit` of them."""
    for clip in clips[:limit]:
        name = f"{store.index.loc[clip, 'label']} · {clip.rsplit('/', 1)[-1]}"
        sound = torch.from_numpy(store.waveform(clip, LONGEST_HEARD))[None]
        writer.add_audio(f"{title}/{name}", sound, epoch, sample_rate=store.sample_rate)
    writer.flush()

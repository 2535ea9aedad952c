"""What a smaller network gains and loses beside what it was made from: size, time and accuracy, found in one run."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from audio import interruption
from audio.clips.splits import recordings
from audio.devices import on_threads
from audio.metrics.figures import Answers
from audio.metrics.intervals import judged
from audio.metrics.objective import probabilities
from audio.models import Classifier
from audio.training.feed import Feed

WARM_UP, ROUNDS = 5, 60  # calls of each network, in turn
RESAMPLES = 1000
Hears = Callable[[Tensor], Tensor]  # waveforms `(batch, time)` → logits
Network = tuple[str, Classifier, Hears]  # its name, itself, and how it answers with the classes at hand


def table(networks: Sequence[Network], clips: Feed, classes: list[str], multi_label: bool) -> pd.DataFrame:
    """A row for each network, the last of which is the new one: accuracy with its interval on `clips`.

    Latencies are wall-clock, of one clip from its waveform, on one thread of the CPU, by turns.
    """
    heard = {name: _accuracy(hears, clips, classes, multi_label) for name, _, hears in networks}
    times = latencies([model for _, model, _ in networks], clips)
    rows = [
        {
            "network": name,
            "parameters": (count := sum(p.numel() for p in model.backbone.parameters())),
            "MB": round(4 * count / 1e6, 3),
            "p50 ms": p50,
            "p95 ms": p95,
            **heard[name],
        }
        for (name, model, _), (p50, p95) in zip(networks, times, strict=True)
    ]
    return pd.DataFrame(rows)


def told(rows: pd.DataFrame) -> str:
    """The first and the last row in a sentence."""
    before, after = rows.iloc[0], rows.iloc[-1]
    words = [
        f"{after['network']} has {after['parameters']:,} parameters, {before['network']} {before['parameters']:,} "
        f"({before['parameters'] / after['parameters']:.2f} times as many)",
        f"a clip takes {after['p50 ms']:.2f} ms (p95 {after['p95 ms']:.2f}), there {before['p50 ms']:.2f} ms "
        f"(p95 {before['p95 ms']:.2f})",
    ]
    if "accuracy" in rows:
        words.append(f"accuracy {_interval(after)}, there {_interval(before)}")
    return "gain: " + "; ".join(words)


def _interval(row: "pd.Series[Any]") -> str:
    return f"{row['accuracy']:.1%} ({row['low']:.1%} to {row['high']:.1%})"


@torch.no_grad()
def _accuracy(hears: Hears, clips: Feed, classes: list[str], multi_label: bool) -> dict[str, float]:
    """Accuracy and its interval, drawn by recordings; nothing where there are no clips."""
    if not len(clips):
        return {}
    parts = [hears(clips.waves.gather(part)).cpu() for part in torch.arange(len(clips)).split(32)]
    given = probabilities(torch.cat(parts).float(), multi_label).numpy()
    answers = Answers(clips.targets.cpu().numpy() > 0.5, given, multi_label, classes)
    found = judged(answers, list(recordings(clips.waves.rows)), RESAMPLES).figures["accuracy"]
    return {"accuracy": found.value, "low": found.low, "high": found.high}


@torch.inference_mode()
def latencies(models: Sequence[Classifier], clips: Feed) -> list[tuple[float, float]]:
    """p50 and p95 of each, ms; by turns, so that whatever else the machine does strikes all alike."""
    there = [next(model.parameters()).device for model in models]
    sound = torch.randn(1, clips.waves.frames, generator=torch.Generator().manual_seed(0)) * 0.1
    spent: list[list[float]] = [[] for _ in models]
    with on_threads(1):
        try:
            hearing = [model.cpu().eval() for model in models]
            for turn in range(WARM_UP + ROUNDS):
                interruption.check()
                for model, times in zip(hearing, spent, strict=True):
                    started = time.perf_counter()
                    model(sound)
                    if turn >= WARM_UP:
                        times.append(time.perf_counter() - started)
        finally:
            for model, device in zip(models, there, strict=True):
                model.to(device)
    found = [np.percentile(times, [50, 95]) * 1000 for times in spent]
    return [(round(float(p50), 3), round(float(p95), 3)) for p50, p95 in found]

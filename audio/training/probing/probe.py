"""A linear probe: a trained network as it is, and one linear layer that is fitted to what it makes of the clips.

What comes of it is an ordinary `model.pt`. The embeddings are kept (`audio.training.probing.embeddings`), so that a
second probe of the same clips, with other shots or another strength, takes as long as the fit.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits
from torch import nn

from audio import plugins
from audio.checkpoints import checkpoint as checkpoints
from audio.checkpoints.origin import Origin, refuse_heard
from audio.clips.splits import divide, held_out, parts, recordings
from audio.clips.store import ClipStore
from audio.clips.waves import Waves, clip_frames
from audio.config import ProbeConfig, TrainConfig, check_one, kinds
from audio.devices import pick_device, restored
from audio.errors import ConfigError
from audio.metrics.figures import Answers
from audio.metrics.intervals import Figure, judged
from audio.metrics.objective import probabilities
from audio.models import Classifier, build
from audio.models.pretrained import weights as weight_files
from audio.training.probing.embeddings import embeddings, last_linear
from audio.training.probing.logistic import best_strength, fit
from audio.training.train import TrainResult

SHARED = ("model", "pretrained", "weights", "encoder", "fold", "clip_seconds", "fill", "seed", "overlap", "device",
          "threads", "plugins")  # fmt: skip
PROBES_OWN = tuple(
    name for name in SHARED if name not in ("model", "pretrained", "encoder")
)  # whatever the network


@dataclass
class Probed:
    """How a probe ended."""

    result: TrainResult  # with the path of the model, as of any training
    settings: TrainConfig  # as which it was built
    accuracy: Figure | None  # on the held-out clips; None where there are none
    learned_from: int  # clips
    strength: float
    size: int  # of an embedding
    known: bool  # the embeddings were kept from before
    seconds: tuple[float, float]  # of the embeddings, of the fit

    def text(self) -> str:
        """What was found, in a sentence."""
        kept = "kept from before" if self.known else f"computed in {self.seconds[0]:.1f} s"
        words = f"{self.learned_from} clips of {self.size} numbers each ({kept}), fitted in {self.seconds[1]:.1f} s"
        told = f"{words}, with strength {self.strength:g}"
        return told if self.accuracy is None else f"{told}: accuracy {self.accuracy}"


def training_of(config: ProbeConfig) -> TrainConfig:
    """The settings of the network: those of a checkpoint that `weights` names, else the probe's. Raises ConfigError."""
    names = {name: getattr(config, name) for name in SHARED}
    plain: dict[str, Any] = {"augment": False, "validation": "held-out", "ema": 0.0, "dropout": 0.0}
    if config.weights and weight_files.is_checkpoint(config.weights):
        own = checkpoints.config_of(checkpoints.load(config.weights))
        if own.members > 1:
            raise ConfigError(
                f"{config.weights} holds {own.members} networks: a probe takes one (members=1)."
            )
        given = {name: names[name] for name in PROBES_OWN}
        made: dict[str, Any] = {
            "pretrained": False,
            "teacher": [],
            "prune": 0.0,
            "objective": "labels",
            "select": "last",
        }
        return replace(own, **{**given, **plain, **made, "early_stop": 0, "class_weights": "none"})
    return TrainConfig(**{**names, **plain, **_further(config.settings)})


def _further(settings: list[str]) -> dict[str, Any]:
    """`name=value` as settings of a training. Raises ConfigError."""
    known, found = kinds(TrainConfig), {}
    for one in settings:
        name, sign, value = (part.strip() for part in one.partition("="))
        if not sign or name not in known or name in SHARED:
            raise ConfigError(
                f"settings has {one!r}; it takes settings of the network and its features, as hop_length=320."
            )
        base = known[name].base
        try:
            found[name] = value.lower() == "true" if base is bool else base(value)
        except ValueError as error:
            raise ConfigError(f"settings has {one!r}; {name} takes {base.__name__}.") from error
        check_one(TrainConfig, name, found[name])
    return found


def probe(
    config: ProbeConfig, store: ClipStore, folder: Path, progress: Callable[[int, int], None] | None = None
) -> Probed:
    """Fit a linear layer behind `config.model` to the clips outside the held-out fold; writes `model.pt` there.

    Raises ConfigError, StoreError, CheckpointError.
    """
    plugins.load(config.plugins)
    settings, device = training_of(config), pick_device(config.device)
    train_rows, tested = divide(settings, store)[0], held_out(store, settings.fold)
    rows = few(train_rows, config.shots, config.seed)
    origin = Origin.of(store, rows, settings.learned_from())
    if settings.weights and settings.overlap == "refuse":
        refuse_heard(tested, origin.heard(tested), settings.named_files())
    with restored():
        if config.threads:
            torch.set_num_threads(config.threads)
        torch.manual_seed(config.seed)
        frames = clip_frames(settings.clip_seconds, train_rows, store.sample_rate)
        model = build(settings, store.sample_rate, len(store.classes)).to(device).eval()
        _fit_frontend(model, settings, Waves(store, train_rows, frames, settings.fill, device))
        began = time.monotonic()
        every = pd.concat([train_rows, tested])
        given, known = embeddings(
            model,
            store,
            every,
            frames,
            fill=settings.fill,
            batch=config.batch_size,
            device=device,
            progress=progress,
        )
        between = time.monotonic()
        place = pd.Series(range(len(train_rows)), index=train_rows.index)[rows.index].to_numpy()
        chosen = given[place]
        targets = np.asarray(store.targets(rows)) > 0.5
        with threadpool_limits(1):  # small fits, many times as slow where threads wait for each other
            groups = recordings(rows).to_numpy()
            strength = best_strength(chosen, targets, groups, config.strengths, store.multi_label)
            weight, bias = fit(chosen, targets, strength, store.multi_label)
    layer = last_linear(model)
    _set(layer, weight, bias)
    seconds = (between - began, time.monotonic() - between)
    accuracy = _accuracy(layer.cpu(), given[len(train_rows) :], store, tested)
    metrics = {} if accuracy is None else {"accuracy/validation": accuracy.value}
    made = checkpoints.make(settings, store, model.cpu(), 1, metrics, frames, origin)
    path = folder / "model.pt"
    checkpoints.save({**made, "development": [], "precision": "fp32"}, path)
    result = TrainResult(
        path,
        path,
        1,
        False,
        metrics,
        1,
        list(store.classes),
        model.frontend.describe(),
        parts(settings, store),
    )
    return Probed(result, settings, accuracy, len(rows), strength, given.shape[1], known, seconds)


def few(rows: pd.DataFrame, shots: int, seed: int) -> pd.DataFrame:
    """So many clips of each class, of as many recordings as there are; 0: all."""
    if not shots:
        return rows
    order = np.random.default_rng(seed).permutation(len(rows))
    shuffled = rows.iloc[order]
    turn = shuffled.groupby(
        recordings(shuffled)
    ).cumcount()  # first a clip of each recording, then a second one
    drawn = shuffled.assign(_turn=turn.to_numpy()).sort_values("_turn", kind="stable")
    return drawn.groupby("label", sort=False).head(shots).drop(columns="_turn").sort_index()


def _fit_frontend(model: Classifier, settings: TrainConfig, waves: Waves) -> None:
    """Mean and deviation of the features: a checkpoint's own, else those of the clips."""
    if settings.weights and weight_files.is_checkpoint(settings.weights):
        own = checkpoints.load(settings.weights)["weights"].items()
        part = "frontend."
        frontend = model.get_submodule("frontend")
        frontend.load_state_dict({name.removeprefix(part): one for name, one in own if name.startswith(part)})
        return
    step = max(1, len(waves) // 128)
    some = torch.arange(0, len(waves), step).split(16)
    model.frontend.fit(torch.cat([model.features(waves.gather(part)) for part in some]))


def _set(layer: nn.Linear, weight: np.ndarray, bias: np.ndarray) -> None:
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
        if layer.bias is None:
            raise ConfigError("This network's last layer has no bias, which a probe needs.")
        layer.bias.copy_(torch.from_numpy(bias))


@torch.no_grad()
def _accuracy(layer: nn.Linear, given: np.ndarray, store: ClipStore, tested: pd.DataFrame) -> Figure | None:
    if not len(tested):
        return None
    logits = layer(torch.from_numpy(given))
    found = probabilities(logits, store.multi_label).numpy()
    answers = Answers(np.asarray(store.targets(tested)) > 0.5, found, store.multi_label, list(store.classes))
    return judged(answers, list(recordings(tested))).figures["accuracy"]

"""What a network's last linear layer is given for every clip, kept on disk: another layer then takes seconds."""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from audio import folders
from audio.clips.identity import fingerprint
from audio.clips.store import ClipStore
from audio.clips.waves import Waves
from audio.errors import ConfigError
from audio.models import Classifier, Ensemble
from audio.models.listening import given_to

FOLDER = "embeddings"  # in the state folder


def last_linear(model: Classifier) -> nn.Linear:
    """The layer that is fitted anew. Raises ConfigError: there is none, or one for each of several networks."""
    layers = [one for one in (model.head, *model.head.modules()) if isinstance(one, nn.Linear)]
    if isinstance(model.backbone, Ensemble) or not layers:
        raise ConfigError(
            "A probe is one linear layer behind one network: use a model that ends in one (members=1)."
        )
    return layers[-1]


def embeddings(
    model: Classifier,
    store: ClipStore,
    rows: pd.DataFrame,
    frames: int,
    *,
    fill: str,
    batch: int,
    device: torch.device,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[np.ndarray, bool]:
    """float32 `(clips, size)` of some clips at `frames` samples, and whether they were known already.

    They are known by the network's weights, its features, the store's clips and how these are cut and filled.
    """
    place = folders.state() / FOLDER / f"{_key(model, store, rows, frames, fill)}.npy"
    with contextlib.suppress(OSError, ValueError):
        found = np.load(place)
        if len(found) == len(rows):
            return found, True
    found = _computed(model, Waves(store, rows, frames, fill, device), batch, progress)
    _keep(found, place)
    return found, False


@torch.no_grad()
def _computed(
    model: Classifier, waves: Waves, batch: int, progress: Callable[[int, int], None] | None
) -> np.ndarray:
    parts, layer = [], last_linear(model)
    for part in torch.arange(len(waves)).split(batch):
        with given_to(layer) as given:
            model(waves.gather(part))
        if len(given) != 1 or given[0].ndim != 2:
            raise ConfigError(
                "This network's last layer is not given one vector for a clip: it can't be probed."
            )
        parts.append(given[0].float().cpu().numpy())
        if progress:
            progress(int(part[-1]) + 1, len(waves))
    return np.concatenate(parts)


def _key(model: Classifier, store: ClipStore, rows: pd.DataFrame, frames: int, fill: str) -> str:
    digest = hashlib.sha256()
    linear = last_linear(model)
    own = {id(tensor) for tensor in linear.state_dict(keep_vars=True).values()}
    for name, tensor in model.state_dict(keep_vars=True).items():
        if id(tensor) not in own:
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    about = [model.frontend.describe(), fingerprint(store.index), list(rows["clip"]), frames, fill]
    digest.update(json.dumps(about, sort_keys=True, default=str).encode())
    return digest.hexdigest()[:32]


def _keep(found: np.ndarray, place: Path) -> None:
    """For the next time; a folder that can't be written costs another computation."""
    half = place.with_name(f"{place.stem}.{os.getpid()}.part.npy")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        np.save(half, found)
        half.replace(place)
    except OSError:
        with contextlib.suppress(OSError):
            half.unlink(missing_ok=True)

"""One batch through a fresh model before anything is trained: what can't be trained is told with its reason.

Networks have shapes that they can't take, and batch norm needs more than one number a channel; torch says so from deep
inside, after the features of all clips were computed and a task was started.
"""

import torch
from torch import Tensor, nn

from audio.errors import ConfigError
from audio.models import Classifier

CLIPS = 2  # of the batch that is tried; one, where a batch is one clip


def refuse_few(clips: int, processes: int) -> None:
    """Raises ConfigError when a process would have no clip to train on."""
    if clips < processes:
        raise ConfigError(
            f"There are {clips} clips to train on, fewer than processes={processes}: each needs one at least. "
            f"Use processes={clips}, or 1."
        )


def refuse_untrainable(model: Classifier, features: Tensor) -> None:
    """Let the model hear augmented features `(batch, channel, band, frame)` as in training, and forget it.

    Its running statistics and all random states are as before. Raises ConfigError with what torch could not do.
    """
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    mode = model.training
    devices = [features.device] if features.device.type == "cuda" else []
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=devices):
            model.train().classify(features[:CLIPS])
    except (RuntimeError, ValueError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        raise ConfigError(_reason(model, features, error)) from error
    finally:
        for name, buffer in model.named_buffers():
            buffer.copy_(buffers[name])
        model.train(mode)


def _reason(model: nn.Module, features: Tensor, error: Exception) -> str:
    clips, bands, frames = features.shape[0], *features.shape[2:]
    seen = f"{frames} frame{'s' * (frames != 1)} of {bands} band{'s' * (bands != 1)}"
    if "more than 1 value per channel" in str(error):
        return (
            f"A batch is {clips} clip{'s' * (clips != 1)} with {seen}, which leaves the model's batch norm a single "
            "number: it has no spread to learn. Use batch_size=2 or more and at least two clips for each process, "
            "longer clips (clip_seconds, crop_seconds), or model=transformer, which has no batch norm."
        )
    return (
        f"The model can't be trained on {seen} (batches of {clips}): {' '.join(str(error).split())[:200]}. Use longer "
        "clips (clip_seconds, crop_seconds), a shorter hop_length, other sizes (n_mels, image_size), or another model."
    )

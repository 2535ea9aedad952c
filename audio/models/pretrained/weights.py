"""Starting from weights in a file: a checkpoint of this project, or a state dict with the same layers."""

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from audio.errors import ConfigError
from audio.models.pretrained import safe_file, torch_file

HALF = 0.5  # of a model's numbers: less than that taken over is a mistake rather than a start


def start_from(model: nn.Module, path: str) -> int:
    """Take over every tensor of the file whose name and shape fit; gives how many did. The head may be another.

    Raises ConfigError when there is no such file, it can't be read, or less than half of the backbone's numbers fit.
    """
    backbone: nn.Module = model.get_submodule("backbone")
    own = backbone.state_dict()
    given = read(path)
    renamed = {name if name in own else f"network.{name}": tensor for name, tensor in given.items()}
    shaped = {name: folded(t, own[name]) for name, t in renamed.items() if name in own}
    fitting = {name: t for name, t in shaped.items() if own[name].shape == t.shape}
    share = sum(t.numel() for t in fitting.values()) / max(1, sum(t.numel() for t in own.values()))
    if share < HALF:
        raise ConfigError(
            f"Only {share:.0%} of the model's weights are in {path}: it was made for another model. It has, for "
            f"example, {', '.join(list(given)[:3])}; the model has {', '.join(list(own)[:3])}."
        )
    backbone.load_state_dict(fitting, strict=False)
    return len(fitting)


def folded(tensor: Tensor, own: Tensor) -> Tensor:
    """A three-channel stem as one for a single channel (see `vision.adapt`); anything else as it is."""
    if tensor.ndim == 4 and tensor.shape[1] == 3 and own.shape[1:2] == (1,):
        return tensor.sum(dim=1, keepdim=True)
    return tensor


def architecture_in(path: str) -> dict[str, Any]:
    """What a checkpoint of this project says of its network; empty for another file. Raises ConfigError."""
    content = content_of(path) if path else {}
    found = content.get("architecture") if _is_ours(content) else None
    return found if isinstance(found, dict) else {}


def is_checkpoint(path: str) -> bool:
    """Whether a file is a checkpoint of this project, with settings of its own. Raises ConfigError."""
    return _is_ours(content_of(path))


def _is_ours(content: Any) -> bool:
    return isinstance(content, dict) and "format" in content


def content_of(path: str, purpose: str = "file of weights") -> Any:
    """What the file holds, saved by torch or in the format safetensors. Raises ConfigError."""
    file = Path(path).expanduser()
    return safe_file.read(file) if safe_file.is_one(file) else torch_file.read(file, ConfigError, purpose)


def read(path: str, purpose: str = "file of weights") -> dict[str, Tensor]:
    """The tensors of a file by the names they have in a backbone. Raises ConfigError."""
    file, content = Path(path), content_of(path, purpose)
    for key in ("weights", "model", "state_dict"):  # ours; PANNs'; Lightning's
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    tensors = {k: v for k, v in content.items() if isinstance(v, Tensor)} if isinstance(content, dict) else {}
    if not tensors:
        raise ConfigError(f"{file} holds no state dict: no layer's name with its tensor.")
    return {name.removeprefix("backbone."): tensor for name, tensor in tensors.items()}

"""Structured pruning: whole channels are taken out, so that a network is smaller and faster wherever it runs.

Which layers have to lose a channel together is found by the package torch-pruning (Fang et al. 2023, DepGraph,
arXiv:2301.12900); the channels of the smallest weights go, the same share of every group. What is left of each layer
travels in the checkpoint (`architecture`), from which the network is built without that package.
"""

import warnings
from typing import Any

import torch
from torch import Tensor, nn

from audio.errors import ConfigError
from audio.models.classifier import Classifier

PRUNED = (
    "pruned"  # in the architecture of a checkpoint: tensor → its shape, 0 where a size is the model's own
)
MULTIPLE = 4  # of which numbers of channels stay, for fast kernels
KINDS = (nn.Conv1d, nn.Conv2d, nn.Linear, nn.BatchNorm1d, nn.BatchNorm2d)


def prune(model: Classifier, share: float, features: Tensor) -> None:
    """Take that share of the channels out of every layer but the last, in place.

    `features` `(batch, channel, band, frame)` are some that the model hears. Raises ConfigError for a network that has
    other layers than convolutions, linear ones and batch norm, and when the package is missing.
    """
    backbone = model.backbone
    _refuse_other_layers(backbone)
    shapes = {name: tuple(tensor.shape) for name, tensor in backbone.state_dict().items()}
    mode = model.training
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _take_out(model.eval(), share, model.frontend.normalise(features.float()))
        with torch.no_grad():
            model.classify(features)
    except ConfigError:
        raise
    except Exception as error:  # whatever the package stumbles over in a network that it can't follow
        reason = " ".join(str(error).split())[:150] or type(error).__name__
        raise ConfigError(f"This network can't be pruned: {reason}. Use prune=0, or model=cnn.") from error
    finally:
        model.train(mode)
    left = {name: tuple(tensor.shape) for name, tensor in backbone.state_dict().items()}
    changed = {name: _sizes(shape, shapes[name]) for name, shape in left.items() if shape != shapes[name]}
    before = model.architecture.get(PRUNED, {})  # of a network that was pruned once already
    for name, sizes in changed.items():
        changed[name] = [new or old for new, old in zip(sizes, before.get(name, sizes), strict=True)]
    model.architecture = {**model.architecture, PRUNED: {**before, **changed}}


def _take_out(model: Classifier, share: float, heard: Tensor) -> None:
    try:
        import torch_pruning
    except ImportError as error:
        raise ConfigError(
            "prune needs the package torch-pruning: pip install -r requirements-extra.txt"
        ) from error
    importance = torch_pruning.importance.GroupMagnitudeImportance(p=2)
    torch_pruning.pruner.MagnitudePruner(
        model.backbone,
        heard,
        importance=importance,
        pruning_ratio=share,
        ignored_layers=[model.head],
        round_to=MULTIPLE,
    ).step()


def _refuse_other_layers(backbone: nn.Module) -> None:
    """Raises ConfigError that names them."""
    others = {
        type(module).__name__
        for module in backbone.modules()
        if [*module.parameters(recurse=False)] and not isinstance(module, KINDS)
    }
    if others:
        raise ConfigError(
            f"prune is for networks of convolutions and batch norm; this one has {', '.join(sorted(others))}. Use "
            "prune=0, or another model: cnn, cnn-wide, cnn-large, cnn6, cnn10, cnn14, resnet18, …"
        )


def _sizes(shape: tuple[int, ...], before: tuple[int, ...]) -> list[int]:
    return [new if new != old else 0 for new, old in zip(shape, before, strict=True)]


def shrink(model: Classifier, sizes: dict[str, list[int]]) -> None:
    """Give the tensors of a fresh network the shapes of a pruned one; their values are to be loaded.

    Raises ConfigError when they are of another network.
    """
    backbone = model.backbone
    tensors = backbone.state_dict()
    for name, wanted in sizes.items():
        own = tensors.get(name)
        if own is None or own.ndim != len(wanted):
            raise ConfigError(
                f"The pruned network has a layer {name}, and this model has none: it is of another model."
            )
        path, _, kind = name.rpartition(".")
        layer = backbone.get_submodule(path)
        cut = own[tuple(slice(size or None) for size in wanted)].clone()
        if kind in dict(layer.named_parameters(recurse=False)):
            cut = nn.Parameter(cut, requires_grad=getattr(layer, kind).requires_grad)
        setattr(layer, kind, cut)
        _state_sizes(layer)
    model.architecture = {**model.architecture, PRUNED: sizes}


def _state_sizes(layer: Any) -> None:
    """Let a layer's own numbers say what its tensors are."""
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        layer.num_features = len(layer.weight)
    elif isinstance(layer, nn.Linear):
        layer.out_features, layer.in_features = layer.weight.shape
    elif isinstance(layer, nn.Conv1d | nn.Conv2d):
        of_each = layer.groups == layer.in_channels and layer.groups > 1
        layer.out_channels = len(layer.weight)
        layer.groups = layer.out_channels if of_each else layer.groups
        layer.in_channels = layer.weight.shape[1] * layer.groups

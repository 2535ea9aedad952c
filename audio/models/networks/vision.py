"""Image networks from torchvision, made to take a spectrogram: a picture with one channel."""

import torch
from torch import Tensor, nn
from torchvision import models

from audio.errors import ConfigError
from audio.features.contract import FrontEnd
from audio.models.networks.resizing import resize
from audio.models.plan import Plan

STEMS = {  # path of the first convolution
    "resnet": "conv1",
    "resnext": "conv1",
    "mobilenet": "features.0.0",
    "efficientnet": "features.0.0",
    "convnext": "features.0.0",
}


def family(name: str) -> str:
    """`resnet18` → `resnet`."""
    return next(known for known in sorted(STEMS, key=len, reverse=True) if name.startswith(known))


def adapt(convolution: nn.Conv2d, channels: int) -> nn.Conv2d:
    """The same convolution for another number of input channels.

    With one channel its weights are the sum over the three: what they would do to a grey picture repeated
    three times. With more, that sum is shared out equally.
    """
    stem = nn.Conv2d(
        channels,
        convolution.out_channels,
        convolution.kernel_size,  # type: ignore[arg-type]
        convolution.stride,  # type: ignore[arg-type]
        convolution.padding,  # type: ignore[arg-type]
        bias=convolution.bias is not None,
    )
    grey = convolution.weight.data.sum(dim=1, keepdim=True) / channels
    stem.weight.data.copy_(grey.expand_as(stem.weight))
    if convolution.bias is not None and stem.bias is not None:
        stem.bias.data.copy_(convolution.bias.data)
    return stem


def fetch(name: str, pretrained: bool) -> nn.Module:
    """The torchvision network, with ImageNet weights when asked for. Raises ConfigError when they can't
    be had.
    """
    if not pretrained:
        return models.get_model(name, weights=None)
    try:
        return models.get_model(name, weights="DEFAULT")
    except (OSError, RuntimeError) as error:  # no network; a download that was cut short has another checksum
        url = models.get_model_weights(name)["DEFAULT"].url
        file = url.rsplit("/", 1)[-1]
        raise ConfigError(
            f"The ImageNet weights of {name} could not be downloaded ({error}). Fetch them where there is a network "
            f"(curl -LO {url}) and give the file: pretrained=false weights={file}; or put it into "
            f"{torch.hub.get_dir()}/checkpoints. pretrained=false alone trains from scratch."
        ) from error


class ImageNetwork(nn.Module):
    """`(batch, channel, band, frame)` → `(batch, classes)`, low bands at the bottom as in a picture of a
    spectrogram.
    """

    def __init__(self, network: nn.Module, size: int, smallest: int = 32, pooled: bool = False):
        """`size`: pixels a side that features are resized to, 0 for none; below `smallest` a side is
        enlarged. Every frame and band is in the picture, however many share a pixel.
        """
        super().__init__()
        self.network, self.size, self.smallest, self.pooled = network, size, smallest, pooled

    def forward(self, x: Tensor) -> Tensor:
        height, width = (self.size or max(int(side), self.smallest) for side in x.shape[2:])
        return self.network(resize(x, height, width, self.pooled))


def image_network(plan: Plan, frontend: FrontEnd) -> nn.Module:
    """The torchvision network of that name, with a stem for the front end's channels and a head for the classes."""
    name = plan.config.model
    network = fetch(name, plan.config.pretrained)
    stem = network.get_submodule(STEMS[family(name)])
    assert isinstance(stem, nn.Conv2d)
    if (
        plan.config.repeat != stem.in_channels
    ):  # a grey picture in three channels goes through the stem as it is
        replace(network, STEMS[family(name)], adapt(stem, frontend.channels))
    last = last_linear(network)
    layer = network.get_submodule(last)
    assert isinstance(layer, nn.Linear)
    head: nn.Module = nn.Linear(layer.in_features, plan.classes)
    if last == "fc":  # ResNets have no dropout of their own
        head = nn.Sequential(nn.Dropout(plan.config.dropout), head)
    replace(network, last, head)
    for module in network.modules():
        if last != "fc" and isinstance(module, nn.Dropout):
            module.p = plan.config.dropout
    return ImageNetwork(network, plan.config.image_size, pooled=plan.config.resize == "pooled")


def last_linear(network: nn.Module) -> str:
    """Path of the layer that gives the logits."""
    return str([path for path, module in network.named_modules() if isinstance(module, nn.Linear)][-1])


def replace(network: nn.Module, path: str, module: nn.Module) -> None:
    """Put a module at a path such as `features.0.0`."""
    parent, _, name = path.rpartition(".")
    network.get_submodule(parent).__setattr__(name, module)

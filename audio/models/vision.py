"""Image networks from torchvision, made to take one channel: a spectrogram is a picture with one."""

from torch import nn
from torchvision import models

from audio.errors import ConfigError


def one_channel(convolution: nn.Conv2d) -> nn.Conv2d:
    """The same convolution for one input channel. Its weights are the sum over the three: what they would do to a
    grey picture repeated three times."""
    stem = nn.Conv2d(
        1,
        convolution.out_channels,
        convolution.kernel_size,  # type: ignore[arg-type]
        convolution.stride,  # type: ignore[arg-type]
        convolution.padding,  # type: ignore[arg-type]
        bias=convolution.bias is not None,
    )
    stem.weight.data.copy_(convolution.weight.data.sum(dim=1, keepdim=True))
    if convolution.bias is not None and stem.bias is not None:
        stem.bias.data.copy_(convolution.bias.data)
    return stem


def fetch(name: str, pretrained: bool) -> nn.Module:
    """The torchvision network, with ImageNet weights when asked for. Raises ConfigError when they can't be had."""
    if not pretrained:
        return models.get_model(name, weights=None)
    try:
        return models.get_model(name, weights="DEFAULT")
    except OSError as error:
        raise ConfigError(
            f"The ImageNet weights of {name} could not be downloaded ({error}). Use pretrained=false to train from "
            "scratch, or put the file into torch's hub cache (~/.cache/torch/hub/checkpoints)."
        ) from error


def resnet(name: str, classes: int, dropout: float, pretrained: bool) -> nn.Module:
    """ResNet (He et al. 2016) or ResNeXt with a one-channel stem and a new head."""
    model = fetch(name, pretrained)
    model.conv1 = one_channel(model.conv1)  # type: ignore[arg-type]
    model.fc = nn.Sequential(nn.Dropout(dropout), nn.Linear(model.fc.in_features, classes))  # type: ignore
    return model

"""Image networks: three-channel weights folded into one, published weights from a file, resizing."""

import pytest
import torch
from torchvision import models

from audio.config import TrainConfig
from audio.errors import ConfigError
from audio.models import build
from audio.models.vision import adapt

RATE = 16000


def test_one_channel_gives_what_three_equal_channels_gave():
    three = torch.nn.Conv2d(3, 8, 7, stride=2, padding=3)
    picture = torch.randn(2, 1, 40, 40)
    torch.testing.assert_close(adapt(three, 1)(picture), three(picture.expand(-1, 3, -1, -1)))
    torch.testing.assert_close(
        adapt(three, 2)(picture.expand(-1, 2, -1, -1)), three(picture.expand(-1, 3, -1, -1))
    )


def test_a_torchvision_file_in_hand_is_folded_into_one_channel(tmp_path):
    published = models.resnet18()
    torch.save(published.state_dict(), tmp_path / "resnet18.pth")
    model = build(TrainConfig(model="resnet18", weights=str(tmp_path / "resnet18.pth")), RATE, 4)
    stem = model.backbone.get_submodule("network.conv1").weight
    assert torch.equal(stem, published.conv1.weight.sum(1, keepdim=True))
    deep = model.backbone.get_submodule("network.layer3.1.conv2").weight
    assert torch.equal(deep, published.layer3[1].conv2.weight)


def test_pretrained_takes_the_file_that_lies_in_torch_s_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    url = models.get_model_weights("mobilenet_v3_small")["DEFAULT"].url
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    published = models.mobilenet_v3_small()
    torch.save(published.state_dict(), folder / url.rsplit("/", 1)[-1])
    model = build(TrainConfig(model="mobilenet_v3_small", pretrained=True), RATE, 4)
    stem = model.backbone.get_submodule("network.features.0.0").weight
    assert torch.equal(stem, published.features[0][0].weight.sum(1, keepdim=True))


def test_weights_that_can_t_be_downloaded_are_an_error_that_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    with pytest.raises(ConfigError, match=r"resnet18-\w+\.pth into .*checkpoints"):
        build(TrainConfig(model="resnet18", pretrained=True), RATE, 4)


def test_image_size_sets_the_picture_the_network_sees():
    model = build(TrainConfig(model="resnet18", image_size=96), RATE, 4).eval()
    seen = []
    model.backbone.get_submodule("network.conv1").register_forward_pre_hook(
        lambda _, inputs: seen.append(tuple(inputs[0].shape))
    )
    with torch.no_grad():
        model(torch.randn(2, RATE))
    assert seen == [(2, 1, 96, 96)]

"""Image networks: three-channel weights folded into one, published weights from a file, resizing."""

import pytest
import torch
from torch.nn import functional as F
from torchvision import models

from audio.config import TrainConfig
from audio.errors import ConfigError
from audio.models import build
from audio.models.networks.resizing import resize, triangles
from audio.models.networks.vision import adapt

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
    monkeypatch.setattr("urllib.request._opener", None)  # it keeps the proxies that it has met first
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    told = r"curl -LO https://\S+resnet18-\w+\.pth\).*weights=resnet18-\w+\.pth; or put it into .*checkpoints"
    with pytest.raises(ConfigError, match=told):
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


@pytest.mark.parametrize("sizes", [(128, 1034, 224, 224), (64, 300, 32, 7), (16, 5, 32, 32), (1, 1, 32, 32)])
def test_resizing_gives_torch_s_numbers_with_antialiasing(sizes):
    bands, frames, height, width = sizes
    x = torch.randn(2, 3, bands, frames, generator=torch.Generator().manual_seed(0))
    expected = F.interpolate(x, (height, width), mode="bilinear", align_corners=False, antialias=True)
    torch.testing.assert_close(resize(x, height, width), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("before, after", [(1034, 224), (1033, 32), (64, 63), (5, 32), (1, 1)])
def test_every_frame_weighs_alike_in_a_picture_that_is_smaller(before, after):
    shares = triangles(before, after)
    torch.testing.assert_close(shares.sum(1), torch.ones(after))
    if before > 2 * after:  # the mean of the picture is that of the spectrogram, up to its edges
        inner = shares.sum(0)[before // after : -(before // after)]
        torch.testing.assert_close(inner, torch.full_like(inner, after / before), rtol=0.15, atol=0)


@pytest.mark.parametrize(
    "name", ["mobilenet_v3_small", "resnet18", "cnn", "crnn", "transformer", "tutorial-cnn"]
)
def test_no_frame_can_be_changed_without_changing_the_answer(name):
    """Perturbed one by one: a resize or a pooling that skips frames would not notice."""
    torch.manual_seed(0)
    config = TrainConfig(model=name, image_size=32, n_mels=16, n_fft=256, win_length=256, hop_length=128)
    kind = torch.float32 if name == "crnn" else torch.float64  # its LSTM is in single precision always
    backbone = build(config, RATE, 4).eval().to(kind).backbone
    frames = 219
    features = torch.randn(1, 1, 16, frames, dtype=kind)
    changed = features.repeat(frames, 1, 1, 1)
    changed[torch.arange(frames), :, :, torch.arange(frames)] += 1.0
    with torch.no_grad():
        before, after = backbone(features), backbone(changed)
    unseen = (after - before).abs().amax(1) == 0
    assert not unseen.any(), f"{int(unseen.sum())} of {frames} frames are not looked at"

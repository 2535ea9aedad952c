"""Spectrograms to squares by torch's pooling, and three channels through a stem as it is."""

import pytest
import torch
from torch.nn import functional as F

from audio.config import TrainConfig
from audio.models import build
from audio.models.networks.resizing import resize


@pytest.mark.parametrize("size", [1, 7, 64, 224])
@pytest.mark.parametrize("shape", [(128, 1034), (40, 7), (224, 224), (1, 1)])
def test_pooling_to_a_square_is_torchs(shape, size):
    x = torch.rand(2, 3, *shape)
    torch.testing.assert_close(resize(x, size, size, pooled=True), F.adaptive_avg_pool2d(x, size))


def test_a_repeated_picture_keeps_the_stem_and_one_channel_sums_it():
    settings = {"model": "resnet18", "image_size": 64, "resize": "pooled", "dropout": 0.0}
    torch.manual_seed(0)
    three = build(TrainConfig(**settings, repeat=3), 16000, 4).eval()
    torch.manual_seed(0)
    one = build(TrainConfig(**settings), 16000, 4).eval()
    assert (
        three.backbone.network.conv1.weight.shape[1] == 3 and one.backbone.network.conv1.weight.shape[1] == 1
    )
    one.backbone.network.fc = three.backbone.network.fc
    wave = torch.randn(2, 16000) * 0.1
    for model in (one, three):
        model.frontend.fit(model.features(wave))
    torch.testing.assert_close(one(wave), three(wave), rtol=1e-3, atol=1e-3)

"""The networks of the 16 kHz tutorials, layer by layer, against the numbers of their tables."""

import pytest
import torch

from audio.config import TrainConfig
from audio.models import build

CLASSES = 10


def network(name, frontend="logmel"):
    config = TrainConfig(model=name, frontend=frontend, n_fft=1024, hop_length=512, n_mels=64)
    return build(config, 16000, CLASSES).backbone.eval()


def seen(module, layers, x):
    """The shapes that the layers of these kinds give, in order, and what the network gives."""
    shapes = []
    for layer in module.modules():
        if isinstance(layer, layers):
            layer.register_forward_hook(lambda one, _, out: shapes.append(tuple(out.shape[1:])))
    with torch.no_grad():
        return shapes, module(x)


def test_the_cnn_has_four_convolutions_and_pools_behind_three():
    net = network("tutorial16k-cnn")
    convolutions, answer = seen(net, torch.nn.Conv2d, torch.randn(2, 1, 64, 128))
    assert convolutions == [(32, 64, 128), (64, 32, 64), (128, 16, 32), (256, 8, 16)]
    assert answer.shape == (2, 10)
    kinds = [type(layer).__name__ for block in net.blocks for layer in block]
    assert kinds == ["Conv2d", "BatchNorm2d", "ReLU"] * 4
    assert sum(p.numel() for p in net.parameters()) == 387_840 + 2 * (32 + 64 + 128 + 256) + 2570
    # 3·3·1·32+32, 3·3·32·64+64, 3·3·64·128+128, 3·3·128·256+256 = 320 + 18,496 + 73,856 + 295,168 = 387,840
    assert all(layer.kernel_size == (3, 3) for layer in net.modules() if isinstance(layer, torch.nn.Conv2d))
    last = net.blocks[3](net_up_to(net, torch.ones(1, 1, 64, 128)))
    torch.testing.assert_close(
        net(torch.ones(1, 1, 64, 128)), net.head(torch.nn.AdaptiveMaxPool2d(1)(last).flatten(1))
    )


def net_up_to(net, x):
    for block in net.blocks[:3]:
        x = torch.nn.MaxPool2d(2)(block(x))
    return x


def test_the_crnn_has_two_convolutions_and_the_last_states_of_both_directions():
    net = network("tutorial16k-crnn")
    convolutions, _ = seen(net, torch.nn.Conv2d, torch.randn(2, 1, 64, 128))
    assert convolutions == [(64, 64, 128), (128, 32, 64)]
    lstm = net.lstm
    assert (lstm.input_size, lstm.hidden_size, lstm.num_layers, lstm.bidirectional) == (
        128 * 16,
        256,
        2,
        True,
    )
    assert (net.head.in_features, net.head.out_features) == (512, CLASSES)
    frames = torch.randn(1, 20, 128 * 16)
    out, (states, _) = lstm(frames)  # forwards it ends at the last frame, backwards at the first
    torch.testing.assert_close(
        torch.cat([states[-2], states[-1]], 1), torch.cat([out[:, -1, :256], out[:, 0, 256:]], 1)
    )


def test_the_transformer_has_patches_four_layers_and_eight_heads():
    net = network("tutorial16k-transformer")
    patches, _ = seen(net, torch.nn.Conv2d, torch.randn(2, 1, 64, 128))
    assert patches == [(256, 4, 8)]
    assert net.embed.kernel_size == net.embed.stride == (16, 16)
    layers = list(net.encoder.layers)
    assert len(layers) == 4 and all(layer.self_attn.num_heads == 8 for layer in layers)
    assert all(layer.self_attn.embed_dim == 256 for layer in layers)
    assert (net.head.in_features, net.head.out_features) == (256, CLASSES)


@pytest.mark.parametrize("name", ["cnn", "crnn", "transformer"])
@pytest.mark.parametrize("samples", [100, 16000, 16000 * 7 + 13])
def test_clips_of_any_length_pass(name, samples):
    model = build(TrainConfig(model=f"tutorial16k-{name}", n_mels=40), 16000, 3).eval()
    assert model(torch.randn(2, samples) * 0.1).isfinite().all()

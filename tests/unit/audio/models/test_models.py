"""The contract of every model in the registry: shapes, one channel, gradients, freezing, checkpoints."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.store import ClipStore
from audio.config import PreprocessConfig, TrainConfig
from audio.errors import ConfigError
from audio.models import Classifier, build, find, names
from audio.preprocessing.preprocess import preprocess
from tests.unit.audio import encoders, onnx_encoders
from tests.unit.audio.conftest import ignore, write_tree

RATE, CLASSES = 16000, 3
SHAPES = (
    (1, 300),
    (3, 5000),
    (2, 16000),
)  # clips, samples: less than a window, a third of a second, a second
QUICK = {  # one of each kind; the others are tested with the slow tests
    "ast",
    "cnn",
    "cnn6",
    "crnn",
    "mobilenet_v3_small",
    "onnx",
    "resnet18",
    "transformer",
    "tutorial-cnn",
    "wav2vec2",
    "whisper",
}
EVERY = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in names()]


@pytest.fixture(scope="module")
def encoder_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {
        **encoders.write(tmp_path_factory.mktemp("encoders")),
        "onnx": onnx_encoders.at_rate(tmp_path_factory.mktemp("onnx"), RATE),
    }


@pytest.fixture(scope="module")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> ClipStore:
    folder = tmp_path_factory.mktemp("store")
    tree = write_tree(folder / "tree", {"high": 2000.0, "low": 200.0, "middle": 600.0}, clips=2)
    config = PreprocessConfig(dataset="folder", data=str(tree), sample_rate=RATE)
    preprocess(config, folder / "store", progress=ignore)
    return ClipStore.open(folder / "store")


@pytest.fixture(scope="module", params=EVERY)
def config(request: pytest.FixtureRequest, encoder_folders: dict[str, str]) -> TrainConfig:
    name = request.param
    return TrainConfig(
        model=name, encoder=encoder_folders.get(name, ""), n_mels=32, n_fft=512, win_length=400
    )


@pytest.fixture
def model(config: TrainConfig) -> Classifier:
    torch.manual_seed(0)
    return build(config, RATE, CLASSES).eval()


def state(model: Classifier) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def test_any_batch_of_any_length_gives_one_row_of_logits_a_clip(model):
    with torch.no_grad():
        for batch, length in SHAPES:
            logits = model(torch.randn(batch, length))
            assert logits.shape == (batch, CLASSES) and logits.dtype == torch.float32
            assert torch.isfinite(logits).all()


def test_a_clip_gets_the_same_logits_alone_and_in_a_batch(model):
    waves = torch.randn(3, 8000)
    with torch.no_grad():
        torch.testing.assert_close(model(waves)[1:2], model(waves[1:2]), rtol=1e-3, atol=1e-4)


def test_a_checkpoint_reloads_to_identical_logits(model, config, small_store, tmp_path):
    checkpoints.save(checkpoints.make(config, small_store, model, 1, {}, 8000), tmp_path / "model.pt")
    again = checkpoints.model_of(checkpoints.load(tmp_path / "model.pt"))
    wave = torch.randn(2, 8000)
    with torch.no_grad():
        assert torch.equal(model(wave), again(wave))


def test_the_features_have_one_channel_and_every_trained_weight_gets_a_gradient(model):
    model.train()
    features = model.features(torch.randn(4, 12000))
    assert features.shape[:2] == (4, 1) and features.shape[2] == model.frontend.bands
    model.classify(features).square().sum().backward()
    without = [n for n, p in model.named_parameters() if p.requires_grad and p.grad is None]
    assert without == []  # distributed training would wait for them for ever
    first = next(p for p in model.backbone.parameters() if p.requires_grad)
    assert torch.isfinite(first.grad).all() and first.grad.abs().sum() > 0


def test_a_frozen_backbone_keeps_every_number_while_the_head_learns(model):
    model.freeze("backbone")
    before = state(model)
    model.train()
    optimizer = torch.optim.SGD((p for p in model.parameters() if p.requires_grad), lr=0.1)
    model(torch.randn(4, 8000)).square().sum().backward()
    optimizer.step()
    changed = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed and all(name.startswith(f"backbone.{model.head_path}.") for name in changed)


def test_asking_for_weights_that_nobody_published_names_the_models_that_have_some():
    with pytest.raises(ConfigError, match=r"no published weights of crnn.*resnet18"):
        build(TrainConfig(model="crnn", pretrained=True), RATE, CLASSES)


def test_every_model_says_what_it_is():
    for name in names():
        assert len(find(name).about) > 20 and "\n" not in find(name).about


def test_weights_of_another_file_are_taken_over_where_they_fit(small_store, tmp_path):
    config = TrainConfig(model="tutorial-cnn")
    first = build(config, RATE, 10)
    path = str(tmp_path / "ten.pt")
    torch.save(first.state_dict(), path)
    started = build(TrainConfig(model="tutorial-cnn", weights=path), RATE, CLASSES)
    name = "backbone.blocks.2.0.weight"
    assert torch.equal(started.state_dict()[name], first.state_dict()[name])
    assert started.head.weight.shape[0] == CLASSES
    with pytest.raises(ConfigError, match="made for another model"):
        build(TrainConfig(model="resnet18", weights=path), RATE, CLASSES)
    safe = tmp_path / "é:% ten"
    save_file(first.state_dict(), safe)  # told by how it begins, not by its name
    again = build(TrainConfig(model="tutorial-cnn", weights=str(safe)), RATE, CLASSES)
    assert torch.equal(again.state_dict()[name], first.state_dict()[name])
    with pytest.raises(ConfigError, match="made for another model"):
        build(TrainConfig(model="resnet18", weights=str(safe)), RATE, CLASSES)
    safe.write_bytes(safe.read_bytes()[:-1000])
    with pytest.raises(ConfigError, match="damaged safetensors file"):
        build(TrainConfig(model="tutorial-cnn", weights=str(safe)), RATE, CLASSES)
    with pytest.raises(ConfigError, match="no file of weights"):
        build(TrainConfig(weights=str(Path("nowhere.pt"))), RATE, CLASSES)

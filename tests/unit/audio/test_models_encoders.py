"""Hugging Face encoders: the front ends they were trained with, numerically, and what can go wrong."""

import pytest
import torch
from torchaudio.compliance import kaldi

from audio.config import TrainConfig
from audio.errors import ConfigError
from audio.models import build
from audio.models.encoder_frontends import KaldiBank, Waveform, WhisperMel
from audio.models.hugging_face import windows

from . import encoders

RATE = 16000
WAVE = torch.randn(2, RATE, generator=torch.Generator().manual_seed(1)) * 0.1


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return encoders.write(tmp_path_factory.mktemp("encoders"))


def test_the_filter_bank_is_kaldi_s():
    ours = KaldiBank(RATE, 128)(WAVE)
    for clip, features in zip(WAVE, ours, strict=True):
        theirs = kaldi.fbank(clip[None], window_type="hanning", num_mel_bins=128, sample_frequency=RATE)
        torch.testing.assert_close(features[0], theirs.T, rtol=1e-3, atol=2e-3)
    assert ours.shape[-1] == KaldiBank(RATE).frames(RATE)


def test_ast_sees_what_its_own_extractor_gives():
    transformers = pytest.importorskip("transformers")
    theirs = transformers.ASTFeatureExtractor(max_length=98)(
        WAVE[0].numpy(), sampling_rate=RATE, return_tensors="pt"
    ).input_values[0]
    layer = KaldiBank(RATE)
    torch.testing.assert_close(layer.normalise(layer(WAVE))[0, 0], theirs.T, rtol=1e-3, atol=1e-3)


def test_whisper_sees_what_its_own_extractor_gives():
    transformers = pytest.importorskip("transformers")
    extractor = transformers.WhisperFeatureExtractor(chunk_length=1)
    theirs = extractor(WAVE[0].numpy(), sampling_rate=RATE, return_tensors="pt").input_features[0]
    layer = WhisperMel(RATE)
    ours = layer.normalise(layer(WAVE))[0, 0, :, :-1]  # Whisper drops the last frame
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)


def test_wav2vec2_sees_what_its_own_extractor_gives():
    transformers = pytest.importorskip("transformers")
    extractor = transformers.Wav2Vec2FeatureExtractor(do_normalize=True)
    theirs = extractor(WAVE[0].numpy(), sampling_rate=RATE, return_tensors="pt").input_values[0]
    layer = Waveform(RATE)
    torch.testing.assert_close(layer.normalise(layer(WAVE))[0, 0, 0], theirs, rtol=1e-4, atol=1e-5)


def test_windows_cover_every_frame_once_and_fill_the_last_with_silence():
    x = torch.arange(2 * 3 * 7.0).view(2, 3, 7)
    cut = windows(x, 4, -1.0)
    assert cut.shape == (4, 3, 4)
    torch.testing.assert_close(torch.cat([cut[0], cut[1]], dim=1)[:, :7], x[0])
    assert (cut[1][:, 3] == -1).all() and torch.equal(windows(x, 7, -1.0), x)


def test_weights_in_a_folder_are_loaded_with_pretrained(folders, tmp_path):
    import transformers

    torch.manual_seed(5)
    published = transformers.ASTModel(transformers.ASTConfig.from_pretrained(folders["ast"]))
    published.save_pretrained(tmp_path)
    model = build(TrainConfig(model="ast", encoder=str(tmp_path), pretrained=True), RATE, 4)
    for name, tensor in published.state_dict().items():
        assert torch.equal(model.backbone.encoder.state_dict()[name], tensor), name


def test_freezing_the_extractor_is_for_wav2vec2_alone(folders):
    model = build(TrainConfig(model="wav2vec2", encoder=folders["wav2vec2"], freeze="extractor"), RATE, 4)
    frozen = {n for n, p in model.named_parameters() if not p.requires_grad}
    assert (
        all(".feature_extractor." in n or n.endswith("masked_spec_embed") for n in frozen) and len(frozen) > 2
    )
    with pytest.raises(ConfigError, match="wav2vec2"):
        build(TrainConfig(model="cnn", freeze="extractor"), RATE, 4)


def test_another_sample_rate_is_refused_with_what_to_do(folders):
    with pytest.raises(ConfigError, match="preprocess with sample_rate=16000"):
        build(TrainConfig(model="whisper", encoder=folders["whisper"]), 22050, 4)


def test_an_encoder_that_can_t_be_had_says_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"can't be had.*pretrained=false"):
        build(TrainConfig(model="ast", encoder=str(tmp_path / "empty"), pretrained=True), RATE, 4)


def test_an_encoder_takes_no_front_ends_in_turn(folders):
    with pytest.raises(ConfigError, match="brings its own front end"):
        build(
            TrainConfig(model="wav2vec2", encoder=folders["wav2vec2"], frontend="logmel+pcen", members=2),
            RATE,
            4,
        )

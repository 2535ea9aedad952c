"""Hugging Face encoders: the front ends they were trained with, numerically, and what can go wrong."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from torchaudio.compliance import kaldi

from audio.config import TrainConfig
from audio.errors import ConfigError
from audio.features.pretrained import KaldiBank, Waveform, WhisperMel
from audio.models import build, check
from audio.models.pretrained import hub
from audio.models.pretrained.hugging_face import windows
from tests.unit.audio import encoders

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
    with pytest.raises(ConfigError, match=r"holds no encoder.*config.json; it holds nothing"):
        build(TrainConfig(model="ast", encoder=str(tmp_path / "empty"), pretrained=True), RATE, 4)
    with pytest.raises(ConfigError, match="There is no folder"):
        check(TrainConfig(model="ast", encoder=str(tmp_path / "absent")))


def test_an_encoder_of_another_kind_is_refused_with_both_kinds(folders):
    wrong = TrainConfig(model="wav2vec2", encoder=folders["ast"])
    for refuse in (check, lambda config: build(config, RATE, 4)):
        with pytest.raises(
            ConfigError, match=r"kind audio-spectrogram-transformer.*takes wav2vec2.*model=ast"
        ):
            refuse(wrong)
    with pytest.raises(ConfigError, match=r"encoder=.* is for onnx, wav2vec2, ast, whisper; cnn has none"):
        check(TrainConfig(model="cnn", encoder=folders["ast"]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"model_type": "bert", "hidden_size": 32}', "kind bert.*no model here"),
        ('{"hidden_size": 32}', "does not say"),
        ("[1]", "does not say"),
        ("{", "can't be read"),
    ],
)
def test_a_folder_that_holds_no_encoder_of_ours_is_refused(content, words, tmp_path):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ConfigError, match=words):
        check(TrainConfig(model="whisper", encoder=str(tmp_path)))


def test_a_folder_without_weights_or_with_another_model_s_is_refused(folders, tmp_path):
    import transformers

    with pytest.raises(ConfigError, match="has no weights"):
        check(TrainConfig(model="ast", encoder=folders["ast"], pretrained=True))
    sizes = transformers.Wav2Vec2Config.from_pretrained(folders["wav2vec2"])
    transformers.Wav2Vec2Model(sizes).save_pretrained(tmp_path)
    shutil.copy(Path(folders["ast"]) / "config.json", tmp_path / "config.json")
    with pytest.raises(ConfigError, match="% of the encoder's weights"):
        build(TrainConfig(model="ast", encoder=str(tmp_path), pretrained=True), RATE, 4)


def test_sizes_that_make_no_encoder_are_refused(folders, tmp_path):
    settings = json.loads((Path(folders["wav2vec2"]) / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**settings, "num_attention_heads": 7}))
    with pytest.raises(ConfigError, match="can't be had"):
        build(TrainConfig(model="wav2vec2", encoder=str(tmp_path)), RATE, 4)


def test_a_clip_of_one_sample_gives_an_encoder_with_longer_windows_one_frame(folders, tmp_path):
    settings = json.loads((Path(folders["wav2vec2"]) / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**settings, "conv_kernel": [10, 80, 80]}))
    model = build(TrainConfig(model="wav2vec2", encoder=str(tmp_path)), RATE, 4).eval()
    assert model(torch.ones(2, 1)).isfinite().all()


def test_an_encoder_takes_no_front_ends_in_turn(folders):
    with pytest.raises(ConfigError, match="brings its own front end"):
        build(
            TrainConfig(model="wav2vec2", encoder=folders["wav2vec2"], frontend="logmel+pcen", members=2),
            RATE,
            4,
        )


def test_thirty_seconds_are_one_window_of_whisper(folders, monkeypatch):
    model = build(TrainConfig(model="whisper", encoder=folders["whisper"]), RATE, 4).eval()
    length = 2 * model.backbone.encoder.config.max_source_positions  # frames
    seen = []
    monkeypatch.setattr(
        "audio.models.pretrained.hugging_face.windows",
        lambda *given: seen.append(windows(*given)) or seen[-1],
    )
    with torch.no_grad():
        for count in (1, 2):
            wave = torch.randn(1, count * length * 160) * 0.1
            assert model.frontend.frames(wave.shape[1]) == count * length + 1
            model(wave)
            assert len(seen[-1]) == count


@pytest.mark.parametrize("pretrained", [True, False])
def test_an_encoder_that_is_not_here_is_told_at_once_where_there_is_no_network(
    pretrained, monkeypatch, tmp_path
):
    asked = []

    class Session:
        def head(self, address, timeout):
            asked.append(timeout)
            raise OSError("Name or service not known")

    monkeypatch.setattr("huggingface_hub.utils.get_session", Session)
    wanted = TrainConfig(model="whisper", encoder="somebody/whisper-of-theirs", pretrained=pretrained)
    with pytest.raises(
        ConfigError, match=r"not on this machine.*Name or service not known.*hf download somebody"
    ):
        build(wanted, RATE, 4)
    assert asked == [hub.PATIENCE]
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ConfigError, match="HF_HUB_OFFLINE is set"):
        build(wanted, RATE, 4)
    assert len(asked) == 1  # and nobody was asked


def test_an_encoder_that_was_fetched_before_is_taken_without_asking(folders, monkeypatch, tmp_path):
    monkeypatch.setattr(hub, "unreachable", lambda: pytest.fail("the hub was asked"))
    kept = {"config.json": "x", "model.safetensors": "x"}
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda name, file: kept.get(file))
    assert hub.options("somebody/whisper", weights=True) == {"local_files_only": True}
    assert hub.options(folders["whisper"], weights=True) == {"local_files_only": True}
    del kept["model.safetensors"]
    assert hub.is_here("somebody/whisper", weights=False) and not hub.is_here(
        "somebody/whisper", weights=True
    )
    monkeypatch.undo()
    assert not hub.is_here("no/name/of/the/hub", weights=False)

"""The front end against torchaudio's, its refusals, and its description."""

import dataclasses
import json

import pytest
import torch
import torchaudio

from audio.checkpoints import checkpoint as checkpoints
from audio.config import TrainConfig
from audio.errors import ConfigError
from audio.features.logmel import LogMel
from audio.features.registry import build_frontend, from_description
from audio.features.transformed import MFCC, PCEN, LogSpectrum, MelDecibels, MelPower
from audio.models import build
from audio.registry import features


@pytest.mark.parametrize("scale", ["htk", "slaney"])
@pytest.mark.parametrize("norm", ["none", "slaney"])
def test_log_mel_is_torchaudios(scale, norm):
    wave = torch.randn(5, 12345) * 0.1
    ours = LogMel(16000, 512, 400, 160, 40, 50.0, 7000.0, scale, norm)
    theirs = torchaudio.transforms.MelSpectrogram(
        16000, 512, 400, 160, f_min=50.0, f_max=7000.0, n_mels=40, mel_scale=scale,
        norm=None if norm == "none" else norm,
    )  # fmt: skip
    expected = (theirs(wave) + ours.log_offset).log()
    assert ours(wave).shape == (5, 1, 40, 1 + 12345 // 160)
    torch.testing.assert_close(ours(wave)[:, 0], expected, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["logmel", "stft"])
def test_leaving_out_the_products_by_zero_changes_nothing(name):
    layer = build_frontend(TrainConfig(frontend=name, n_mels=50, loudness=None), 22050)
    wave = torch.randn(3, 22050) * 0.1
    whole = layer._log_mel(wave, layer._at_once)
    torch.testing.assert_close(layer(wave)[:, 0], whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("samples", [1, 5, 300, 512, 513, 2048])
def test_any_length_gives_finite_features_of_the_stated_shape(samples):
    layer = LogMel(8000, 1024, 1024, 256, 20)
    features = layer(torch.randn(3, samples))
    assert features.shape == (3, 1, 20, layer.frames(samples)) and features.isfinite().all()


def test_a_batch_gives_what_its_clips_give():
    layer, wave = LogMel(), torch.randn(5, 22050)
    torch.testing.assert_close(layer(wave), torch.cat([layer(w[None]) for w in wave]))


def test_a_description_builds_the_same_front_end():
    layer = LogMel(16000, n_mels=32, mel_scale="slaney", mel_norm="slaney")
    layer.fit(layer(torch.randn(4, 16000)))
    again, wave = from_description(layer.describe()), torch.randn(2, 16000)
    torch.testing.assert_close(again.normalise(again(wave)), layer.normalise(layer(wave)))


def test_fitted_features_have_zero_mean_and_unit_deviation():
    layer = LogMel()
    features = layer(torch.randn(4, 22050) * torch.logspace(-3, 0, 4)[:, None])
    layer.fit(features)
    normal = layer.normalise(features)
    assert abs(normal.mean()) < 1e-4 and abs(normal.std() - 1) < 1e-4


def test_bands_that_no_bin_falls_into_are_refused():
    with pytest.raises(ConfigError, match="longer n_fft"):
        LogMel(22050, n_fft=256, win_length=256, n_mels=128)
    with pytest.raises(ConfigError, match="half the sample rate"):
        LogMel(8000, f_max=6000.0)


@pytest.fixture(scope="module")
def wave() -> torch.Tensor:
    """Two seconds at 16 kHz with attacks and quiet, `(2, time)`."""
    envelope = torch.cat([torch.linspace(0, 1, 12000), torch.zeros(8000), torch.ones(12000)])
    return torch.randn(2, 32000, generator=torch.Generator().manual_seed(1)) * 0.2 * envelope


def test_mel_is_librosas(wave):
    import librosa

    for htk, norm in [(True, None), (False, "slaney")]:
        theirs = librosa.feature.melspectrogram(
            y=wave.numpy(), sr=16000, n_fft=1024, hop_length=256, n_mels=40, fmin=50, fmax=7600, htk=htk, norm=norm,
            pad_mode="reflect",
        )  # fmt: skip
        scale, kind = ("htk", "none") if htk else ("slaney", "slaney")
        ours = LogMel(16000, 1024, 1024, 256, 40, 50.0, 7600.0, scale, kind)
        power = ours(wave).exp()[:, 0] - ours.log_offset
        torch.testing.assert_close(power, torch.from_numpy(theirs), rtol=2e-3, atol=1e-5)


def test_spectrum_is_torchaudios(wave):
    theirs = torchaudio.transforms.Spectrogram(512, hop_length=128)(wave)
    ours = LogSpectrum(16000, 512, 512, 128)
    assert ours(wave).shape == (2, 1, 257, 251) and ours.bands == 257
    torch.testing.assert_close(ours(wave).exp()[:, 0] - ours.log_offset, theirs, rtol=1e-3, atol=1e-4)


def test_mfcc_is_torchaudios_and_librosas(wave):
    import librosa

    mel = {"n_fft": 512, "hop_length": 128, "n_mels": 40, "f_min": 0.0, "f_max": 8000.0}
    theirs = torchaudio.transforms.MFCC(16000, n_mfcc=20, log_mels=True, melkwargs=mel)(wave)
    ours = MFCC(sample_rate=16000, win_length=512, n_mfcc=20, **mel)
    found = ours.finish(ours(wave))
    assert found.shape == (2, 1, 20, 251)
    torch.testing.assert_close(found[:, 0], theirs, rtol=1e-3, atol=2e-3)  # their offset is the same 1e-6
    again = librosa.feature.mfcc(S=ours(wave)[:, 0].numpy(), n_mfcc=20)
    torch.testing.assert_close(found[:, 0], torch.from_numpy(again), rtol=1e-4, atol=1e-3)


def test_pcen_is_librosas(wave):
    import librosa

    layer = PCEN(sample_rate=16000, n_fft=512, win_length=512, hop_length=128)
    energy = layer(wave).exp()[:, 0].numpy()
    start = (1 - layer.smoothing) * energy[..., :1]  # the filter state of a smoothing that begins there
    theirs = librosa.pcen(energy, sr=16000, hop_length=128, zi=start).astype("float32")
    torch.testing.assert_close(
        layer.finish(layer(wave))[:, 0], torch.from_numpy(theirs), rtol=1e-3, atol=1e-4
    )


def test_deltas_are_librosas_between_the_edges(wave):
    import librosa

    layer = LogMel(16000, deltas=True)
    features = layer.finish(layer(wave))
    assert features.shape[1] == layer.channels == 3
    theirs = torch.from_numpy(librosa.feature.delta(features[:, 0].numpy(), width=5))
    torch.testing.assert_close(features[:, 1, :, 2:-2], theirs[..., 2:-2], rtol=1e-3, atol=1e-3)


def test_deltas_are_torchaudios(wave):
    layer = LogMel(16000, deltas=True)
    features = layer.finish(layer(wave))
    for i in (1, 2):
        expected = torchaudio.functional.compute_deltas(features[:, i - 1])
        torch.testing.assert_close(features[:, i], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", features.names())
@pytest.mark.parametrize("deltas", [False, True])
def test_every_front_end_feeds_every_size_and_describes_itself(name, deltas):
    config = TrainConfig(frontend=name, deltas=deltas, n_fft=256, win_length=256, n_mels=24, n_mfcc=13)
    layer = build_frontend(config, 8000)
    wave = torch.randn(3, 5000)
    layer.fit(layer(wave))
    found = layer.normalise(layer(wave))
    assert found.shape == (3, 3 if deltas else 1, layer.bands, layer.frames(5000))
    assert found.isfinite().all() and abs(found.mean()) < 1e-3 and abs(found.std() - 1) < 1e-2
    again = from_description(layer.describe())
    assert torch.equal(again.normalise(again(wave)), found)


def test_front_ends_side_by_side_give_each_its_own_features():
    both = TrainConfig(frontend="logmel+pcen", members=2, deltas=True, n_mels=24)
    layer, wave = build_frontend(both, 8000), torch.randn(3, 5000)
    layer.fit(layer(wave))
    found = layer.normalise(layer(wave))
    for name, channels in zip(("logmel", "pcen"), layer.slices, strict=True):
        alone = build_frontend(dataclasses.replace(both, frontend=name), 8000)
        alone.fit(alone(wave))
        torch.testing.assert_close(found[:, channels], alone.normalise(alone(wave)))
    again = from_description(json.loads(json.dumps(layer.describe())))
    assert torch.equal(again.normalise(again(wave)), found)


def test_front_ends_that_share_no_filter_bank_are_refused():
    with pytest.raises(ConfigError, match="stft has 513 bands, logmel 64"):
        build_frontend(TrainConfig(frontend="logmel+stft", members=2), 22050)


def test_more_front_ends_than_members_are_refused():
    with pytest.raises(ConfigError, match="use members=2"):
        TrainConfig(frontend="logmel+pcen")


def test_an_unknown_front_end_lists_what_there_is():
    with pytest.raises(ConfigError, match="logmel, meldb, melpower, mfcc, pcen, stft"):
        build_frontend(TrainConfig(frontend="cqt"), 22050)


@pytest.mark.parametrize("name", ["logmel", "mfcc", "pcen"])
@pytest.mark.parametrize("deltas", [False, True])
def test_each_channel_and_each_coefficient_has_a_mean_and_a_deviation_of_its_own(name, deltas):
    config = TrainConfig(frontend=name, deltas=deltas, n_fft=256, win_length=256, n_mels=24, n_mfcc=13)
    layer = build_frontend(config, 8000)
    features = layer(torch.randn(4, 6000) * torch.logspace(-3, 0, 6000))
    layer.fit(features)
    normal = layer.normalise(features)
    shared = (0, 3) if name == "mfcc" else (0, 2, 3)
    deviation, mean = torch.std_mean(normal, dim=shared, correction=0)
    torch.testing.assert_close(mean, torch.zeros_like(mean), atol=1e-3, rtol=0)
    torch.testing.assert_close(deviation, torch.ones_like(deviation), atol=1e-2, rtol=0)


@pytest.mark.parametrize("frontend", ["mfcc", "logmel", "logmel+pcen"])
def test_a_checkpoint_with_one_mean_for_all_channels_opens_and_answers_as_it_did(frontend):
    members = len(frontend.split("+"))
    config = TrainConfig(model="tutorial-cnn", frontend=frontend, deltas=True, members=members)
    model, wave = build(config, 22050, 3).eval(), torch.randn(2, 22050)
    parts = model.frontend.each if members > 1 else [model.frontend]
    model.frontend.fit(model.features(wave))
    weights = {
        name: torch.tensor(-3.5 if name.endswith("mean") else 2.5)
        if name.endswith((".mean", ".std")) and "frontend" in name and tensor.shape != (members,)
        else tensor
        for name, tensor in model.state_dict().items()
    }
    model.load_state_dict(weights)
    features = model.features(wave)
    expected = torch.cat([(part.finish(features) + 3.5) / 2.5 for part in parts], dim=1)
    torch.testing.assert_close(model.frontend.normalise(features), expected)


def test_an_odd_fourier_transform_is_refused_and_an_old_model_with_one_opens():
    with pytest.raises(ConfigError, match=r"n_fft is 1025; it must be even.*Use 1026"):
        TrainConfig(n_fft=1025)
    old = checkpoints.config_of({"config": {**vars(TrainConfig()), "n_fft": 1025}})
    assert old.n_fft == 1025


def test_power_of_mel_bands_is_torchaudios_without_a_logarithm(wave):
    theirs = torchaudio.transforms.MelSpectrogram(16000, 1024, hop_length=320, n_mels=64)(wave)
    ours = MelPower(16000, 1024, 1024, 320, 64, 0.0, standardise=False, repeat=3)
    features = ours(wave)
    ours.fit(features)
    found = ours.normalise(features)
    assert found.shape[1] == ours.channels == 3
    for channel in range(3):
        torch.testing.assert_close(found[:, channel], theirs.clamp_min(0), rtol=2e-3, atol=1e-5)


@pytest.mark.parametrize("top_db", [20.0, 80.0])
def test_decibels_are_torchaudios(wave, top_db):
    mel = torchaudio.transforms.MelSpectrogram(
        16000, 1024, hop_length=256, n_mels=40, f_min=20.0, f_max=8000.0
    )
    theirs = torchaudio.transforms.AmplitudeToDB("power", top_db)(mel(wave)[:, None])  # each clip by itself
    ours = MelDecibels(16000, 1024, 1024, 256, 40, 20.0, 8000.0, log_offset=1e-10, top_db=top_db)
    torch.testing.assert_close(ours.finish(ours(wave)), theirs, rtol=1e-3, atol=2e-2)


def test_natural_logarithm_has_the_offset_that_is_asked_for(wave):
    layer = build_frontend(
        TrainConfig(
            frontend="stft", n_fft=512, win_length=512, hop_length=256, log_offset=1e-3, loudness=None
        ),
        16000,
    )
    power = torchaudio.transforms.Spectrogram(512, hop_length=256)(wave)
    torch.testing.assert_close(layer(wave)[:, 0], (power + 1e-3).log(), rtol=1e-3, atol=1e-3)


def test_deltas_are_not_repeated():
    with pytest.raises(ConfigError, match="repeat=1, or deltas=false"):
        TrainConfig(deltas=True, repeat=3)


@pytest.mark.parametrize("name", ["logmel", "pcen", "mfcc", "stft", "logmel+pcen"])
def test_at_a_loudness_every_level_gives_the_same_features_and_silence_stays_silence(name):
    wave = torch.randn(3, 8000, generator=torch.Generator().manual_seed(0)) * 0.1
    config = TrainConfig(frontend=name, loudness=-30.0, members=2 if "+" in name else 1)
    layer = build_frontend(config, 16000)
    levels = [layer(wave * 10 ** (decibels / 20)) for decibels in (-40, 0, 10)]
    for one in levels[1:]:
        torch.testing.assert_close(one, levels[0], rtol=1e-4, atol=1e-4)
    raised = layer.levelled(wave)
    torch.testing.assert_close(raised.square().mean(1).log10() * 10, torch.full((3,), -30.0))
    assert (layer.levelled(torch.zeros(1, 100)) == 0).all()
    assert (
        layer.levelled(torch.full((1, 100), 1e-6)).abs().max() < 10 ** (-30 / 20) / 300
    )  # near nothing stays quiet
    assert layer.describe()["loudness"] == -30.0
    again = from_description(layer.describe())
    torch.testing.assert_close(again(wave), layer(wave))
    plain = build_frontend(TrainConfig(frontend=name, members=2 if "+" in name else 1, loudness=None), 16000)
    assert plain.loudness is None and torch.equal(plain.levelled(wave), wave)


def test_an_export_in_matrix_products_hears_at_the_loudness_too():
    from audio.export.matrix_fourier import MatrixFrontEnd

    layer = build_frontend(TrainConfig(loudness=-25.0), 16000)
    wave = torch.randn(2, 8000, generator=torch.Generator().manual_seed(1)) * 0.01
    torch.testing.assert_close(
        MatrixFrontEnd(layer)(wave), layer.normalise(layer(wave)), rtol=1e-3, atol=1e-3
    )


def test_a_model_of_before_there_was_a_loudness_hears_as_it_did(store, tiny, tmp_path):
    from audio.training.train import train

    config = dataclasses.replace(tiny, epochs=1, loudness=None)
    path = train(config, store, checkpoint_dir=tmp_path, progress=lambda *_: None).model_path
    kept = checkpoints.load(path)
    del kept["config"]["loudness"]
    assert checkpoints.config_of(kept).loudness is None
    wave = torch.randn(2, kept["clip_frames"], generator=torch.Generator().manual_seed(0)) * 0.01
    with torch.no_grad():
        old, new = checkpoints.model_of(kept)(wave), checkpoints.model_of(checkpoints.load(path))(wave)
    torch.testing.assert_close(old, new)

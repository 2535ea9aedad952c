"""Figures and features beside scikit-learn's, torchmetrics' and librosa's, on cases that hypothesis makes up."""

import warnings

import librosa
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sklearn import metrics
from torchmetrics import functional as others

from audio.errors import ConfigError
from audio.features.logmel import LogMel
from audio.features.transformed import MFCC, PCEN
from audio.metrics.objective import balanced, correct, loss_of
from audio.metrics.statistics import (
    answers_of,
    class_table,
    confusion_matrix,
    counts,
    macro_f1,
    mean_answer,
    one_hot,
)

FEW = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@st.composite
def answers(draw, several: bool):
    """True labels bool `(clips, classes)` and logits; classes may be absent, never predicted, or neither."""
    clips, classes = draw(st.integers(1, 40)), draw(st.integers(2, 9))
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    logits = dice.normal(0, draw(st.sampled_from([0.1, 1.0, 30.0])), (clips, classes))
    logits[:, dice.random(classes) < 0.2] -= 50.0
    if several:
        truth = dice.random((clips, classes)) < dice.random(classes) * draw(st.sampled_from([0.0, 0.5, 1.0]))
    else:
        truth = one_hot(
            dice.choice(dice.permutation(classes)[: draw(st.integers(1, classes))], clips), classes
        )
    return truth, torch.from_numpy(logits)


@given(answers(several=False))
@FEW
def test_one_label_a_clip_is_judged_as_by_scikit_learn_and_torchmetrics(case):
    truth, logits = case
    classes, label, guess = truth.shape[1], truth.argmax(1), logits.argmax(1).numpy()
    chance = torch.softmax(logits, 1).numpy()
    counted = counts(truth, answers_of(chance, False))
    ours = macro_f1(counted)
    assert ours == pytest.approx(metrics.f1_score(label, guess, average="macro", zero_division=0))
    torches = others.classification.multiclass_f1_score(
        torch.from_numpy(guess), torch.from_numpy(label), classes, average="macro"
    )
    assert ours == pytest.approx(float(torches), abs=1e-6)
    table = class_table(counted, [str(i) for i in range(classes)])
    each = metrics.precision_recall_fscore_support(label, guess, labels=range(classes), zero_division=0)
    for name, theirs in zip(("precision", "recall", "f1", "support"), each, strict=True):
        np.testing.assert_allclose(table[name], theirs)
    theirs = others.classification.multiclass_confusion_matrix(
        torch.from_numpy(guess), torch.from_numpy(label), classes
    )
    np.testing.assert_array_equal(confusion_matrix(truth, chance), theirs.numpy())
    share = correct(logits, torch.from_numpy(truth).float(), False).mean()
    assert float(share) == pytest.approx(metrics.accuracy_score(label, guess))
    loss = loss_of(logits, torch.from_numpy(truth).double(), False).mean()
    assert float(loss) == pytest.approx(
        float(torch.nn.functional.cross_entropy(logits, torch.from_numpy(label)))
    )


@given(answers(several=True))
@FEW
def test_several_labels_a_clip_are_judged_as_by_scikit_learn_and_torchmetrics(case):
    truth, logits = case
    chance = torch.sigmoid(logits).numpy()
    guess = answers_of(chance, True)
    counted = counts(truth, guess)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of labels that nobody has
        theirs = metrics.f1_score(truth, guess, average="macro", zero_division=np.nan)
    assert macro_f1(counted) == pytest.approx(0.0 if np.isnan(theirs) else theirs)
    each = others.classification.multilabel_f1_score(
        torch.from_numpy(guess), torch.from_numpy(truth), truth.shape[1], average="none"
    )
    table = class_table(counted, [str(i) for i in range(truth.shape[1])])
    np.testing.assert_allclose(table["f1"], each.numpy(), atol=1e-6)
    share = correct(logits, torch.from_numpy(truth), True).mean()
    torches = others.classification.multilabel_accuracy(
        torch.from_numpy(guess), torch.from_numpy(truth), truth.shape[1], average="micro"
    )
    assert float(share) == pytest.approx(float(torches), abs=1e-6)
    exact = others.classification.multilabel_exact_match(
        torch.from_numpy(guess), torch.from_numpy(truth), truth.shape[1]
    )
    assert float((truth == guess).all(1).mean()) == pytest.approx(float(exact), abs=1e-6)
    matrix = confusion_matrix(truth, chance, True)
    assert list(np.diag(matrix)) == counted["hits"] and list(matrix.sum(1)) == counted["support"]


@given(answers(several=True))
@FEW
def test_balanced_labels_weigh_as_much_as_their_absence_and_one_in_the_mean(case):
    truth = torch.from_numpy(case[0]).double()
    without, with_it = balanced(truth, multi_label=True)
    weights = torch.where(truth > 0, with_it, without)
    torch.testing.assert_close(weights.mean(0), torch.ones(truth.shape[1], dtype=torch.float64))
    both = (truth.sum(0) > 0) & (truth.sum(0) < len(truth))
    torch.testing.assert_close((with_it * truth.sum(0))[both], (without * (1 - truth).sum(0))[both])


@given(st.integers(1, 6), answers(several=False), st.booleans())
@FEW
def test_the_mean_of_answers_is_that_of_their_probabilities(count, case, several):
    logits = torch.stack([case[1] / (i + 1) for i in range(count)])
    chance = torch.sigmoid if several else (lambda x: torch.softmax(x, -1))
    torch.testing.assert_close(chance(mean_answer(logits, several)), chance(logits).mean(0))


@st.composite
def front_ends(draw):
    """Settings of a filter bank, a rate and a waveform `(1, time)`; some have bands that no bin falls into."""
    n_fft = draw(st.sampled_from([256, 400, 512, 1024, 2048]))
    rate = draw(st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000]))
    low = draw(st.sampled_from([0.0, 20.0, 125.5]))
    setting = {
        "sample_rate": rate,
        "n_fft": n_fft,
        "win_length": draw(st.integers(n_fft // 2, n_fft)),
        "hop_length": draw(st.integers(n_fft // 8, n_fft)),
        "n_mels": draw(st.integers(8, 96)),
        "f_min": low,
        "f_max": draw(st.floats(low + rate / 8, rate / 2)),
    }
    dice = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    wave = torch.randn((1, draw(st.integers(n_fft, 3 * rate))), generator=dice) * draw(
        st.sampled_from([1e-3, 0.1, 1.0])
    )
    return setting, wave


def made(kind, **options):
    """A front end, where its bands can be told apart."""
    try:
        return kind(**options)
    except ConfigError as error:
        assert "bands fall between the bins" in str(error)
        assume(False)


@given(front_ends(), st.booleans())
@FEW
def test_any_log_mel_is_librosas(case, htk):
    setting, wave = case
    ours = made(LogMel, **setting, mel_scale="htk" if htk else "slaney", mel_norm="none" if htk else "slaney")
    theirs = librosa.feature.melspectrogram(
        y=wave.numpy(), sr=setting["sample_rate"], fmin=setting["f_min"], fmax=setting["f_max"], htk=htk,
        norm=None if htk else "slaney", pad_mode="reflect",
        **{name: setting[name] for name in ("n_fft", "win_length", "hop_length", "n_mels")},
    )  # fmt: skip
    found = ours(wave)[:, 0]
    assert found.shape == theirs.shape
    torch.testing.assert_close(found, torch.from_numpy(theirs + ours.log_offset).log(), rtol=1e-3, atol=5e-3)


@given(front_ends(), st.integers(1, 40))
@FEW
def test_any_mfcc_is_librosas(case, n_mfcc):
    setting, wave = case
    assume(n_mfcc <= setting["n_mels"])
    ours = made(MFCC, **setting, n_mfcc=n_mfcc)
    power = ours(wave)
    theirs = librosa.feature.mfcc(S=power[:, 0].numpy(), n_mfcc=n_mfcc)
    torch.testing.assert_close(ours.finish(power)[:, 0], torch.from_numpy(theirs), rtol=1e-3, atol=1e-3)


@given(front_ends())
@FEW
def test_any_pcen_is_librosas(case):
    setting, wave = case
    ours = made(PCEN, **setting)
    energy = ours(wave).exp()[:, 0].numpy()
    theirs = librosa.pcen(
        energy,
        sr=setting["sample_rate"],
        hop_length=setting["hop_length"],
        zi=(1 - ours.smoothing) * energy[..., :1],
    )
    torch.testing.assert_close(
        ours.finish(ours(wave))[:, 0], torch.from_numpy(theirs.astype("float32")), rtol=2e-3, atol=1e-3
    )

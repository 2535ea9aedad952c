"""A fine-tuned wav2vec 2.0 or AST as a folder of Hugging Face: `from_pretrained` and `pipeline` read it.

    pipeline("audio-classification", model="model-huggingface")("siren.wav")

The library's own classifiers answer as ours do where a clip is one window; of a longer one its AST hears the first
alone. For wav2vec 2.0 the first of its two layers is the identity. Whisper's averages over thirty seconds whatever was
heard, ours over what was: it can't be said so.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from audio.errors import AudioError
from audio.features.pretrained import AST_MEAN, AST_STD, KaldiBank
from audio.models.pretrained.hugging_face import AST, RATE, Wav2Vec2, library


class NoFolder(AudioError):
    """A network that the library has no class for that would answer alike."""


def write(
    model: nn.Module, example: np.ndarray, calibration: np.ndarray, about: dict[str, Any], target: Path
) -> None:
    """Write settings, weights and the feature extractor into the folder `target`. Raises NoFolder."""
    backbone = model.get_submodule("backbone")
    if isinstance(backbone, Wav2Vec2):
        whole, extractor = _wav2vec2(backbone, about)
    elif isinstance(backbone, AST):
        whole, extractor = _ast(backbone, about)
    else:
        raise NoFolder(
            "only wav2vec2 and ast, as trained by this version, have a class there that answers alike"
        )
    whole.eval().save_pretrained(target)
    extractor.save_pretrained(target)
    (target / "soundyard.json").write_text(json.dumps(about, indent=1) + "\n")


def heard(model: nn.Module) -> int | None:
    """Samples that the library's class hears of a clip, from its beginning; None: all. Ours goes on in windows."""
    backbone = model.get_submodule("backbone")
    if not isinstance(backbone, AST):
        return None
    frontend = model.get_submodule("frontend")
    assert isinstance(frontend, KaldiBank)
    return int(frontend.win_length + (backbone.encoder.config.max_length - 1) * frontend.hop_length)


def seconds(model: nn.Module) -> float:
    """The same in seconds; infinite: all."""
    samples = heard(model)
    return float("inf") if samples is None else samples / RATE


def runner(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Waveforms `(batch, time)` → logits, with nothing but what the folder holds."""
    transformers = library()
    model = transformers.AutoModelForAudioClassification.from_pretrained(folder, local_files_only=True).eval()
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder, local_files_only=True)

    def run(waves: np.ndarray) -> np.ndarray:
        inputs = extractor(list(waves), sampling_rate=extractor.sampling_rate, return_tensors="pt")
        with torch.inference_mode():
            return np.asarray(model(**inputs).logits.numpy())

    return run


def _settings(encoder: Any, about: dict[str, Any]) -> Any:
    """The encoder's, with the labels."""
    names = dict(enumerate(about["classes"]))
    settings = type(encoder.config).from_dict(encoder.config.to_dict())
    settings.id2label, settings.label2id = names, {name: number for number, name in names.items()}
    settings.problem_type = (
        "multi_label_classification" if about["multi_label"] else "single_label_classification"
    )
    return settings


def _wav2vec2(backbone: Wav2Vec2, about: dict[str, Any]) -> tuple[Any, Any]:
    transformers, settings = library(), _settings(backbone.encoder, about)
    width = settings.classifier_proj_size = settings.hidden_size
    settings.use_weighted_layer_sum = False
    whole = transformers.Wav2Vec2ForSequenceClassification(settings)
    whole.wav2vec2.load_state_dict(backbone.encoder.state_dict())
    with torch.no_grad():
        whole.projector.weight.copy_(torch.eye(width))
        whole.projector.bias.zero_()
    whole.classifier.load_state_dict(backbone.head.linear.state_dict())
    return whole, transformers.Wav2Vec2FeatureExtractor(
        sampling_rate=RATE, do_normalize=True, return_attention_mask=False
    )


def _ast(backbone: AST, about: dict[str, Any]) -> tuple[Any, Any]:
    if not isinstance(backbone.head.norm, nn.LayerNorm):
        raise NoFolder(
            "this AST was trained by an older version, whose head has no layer norm: train it anew"
        )
    transformers, settings = library(), _settings(backbone.encoder, about)
    whole = transformers.ASTForAudioClassification(settings)
    whole.audio_spectrogram_transformer.load_state_dict(backbone.encoder.state_dict())
    whole.classifier.layernorm.load_state_dict(backbone.head.norm.state_dict())
    whole.classifier.dense.load_state_dict(backbone.head.linear.state_dict())
    return whole, transformers.ASTFeatureExtractor(
        sampling_rate=RATE,
        num_mel_bins=settings.num_mel_bins,
        max_length=settings.max_length,
        mean=AST_MEAN,
        std=AST_STD,
    )

"""Pretrained encoders from Hugging Face: wav2vec 2.0, AST and Whisper, with a new head, frozen or fine-tuned.

`encoder` names them on the hub or is a folder; `pretrained` loads its weights, otherwise its sizes alone are taken and
the weights are random. Each brings the front end it was trained with (audio/features/pretrained.py). The sizes
travel in the checkpoint (`architecture`), so that it can be read without the hub. Needs the optional package
`transformers` (requirements-extra.txt).
"""

import json
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from audio.errors import ConfigError
from audio.features.contract import FrontEnd
from audio.features.pretrained import AST_SILENCE, KaldiBank, Waveform, WhisperMel
from audio.models.plan import Plan
from audio.models.pretrained import encoder_files, hub

USUAL = {
    "wav2vec2": "facebook/wav2vec2-base",
    "ast": "MIT/ast-finetuned-audioset-10-10-0.4593",
    "whisper": "openai/whisper-base",
}
RATE = 16000  # Hz, of all three
NORMED = "head_norm"  # in the sizes of a checkpoint: whether its head begins with a layer norm
FITTING = 0.9  # of an encoder's numbers: with less from the file, it holds another model


def library() -> Any:
    """The package `transformers`. Raises ConfigError when it is not installed."""
    try:
        import transformers
    except ImportError as error:
        raise ConfigError(
            "This model needs the package transformers: pip install -r requirements-extra.txt"
        ) from error
    return transformers


def load(kind: str, plan: Plan) -> Any:
    """The encoder: with a checkpoint's sizes, with published weights, or random of those sizes. Raises ConfigError."""
    if plan.sample_rate != RATE:
        raise ConfigError(
            f"{kind} hears sound at {RATE} Hz, the clip store is at {plan.sample_rate} Hz; "
            f"preprocess with sample_rate={RATE}."
        )
    transformers = library()
    model, sizes = {
        "wav2vec2": (transformers.Wav2Vec2Model, transformers.Wav2Vec2Config),
        "ast": (transformers.ASTModel, transformers.ASTConfig),
        "whisper": (transformers.WhisperModel, transformers.WhisperConfig),
    }[kind]
    name = plan.config.encoder or USUAL[kind]
    fetched = not plan.architecture and (plan.config.pretrained or plan.config.encoder)
    here = hub.options(name, weights=plan.config.pretrained) if fetched else {}
    try:
        if plan.architecture:
            kept = {name: size for name, size in plan.architecture.items() if name != NORMED}
            encoder = model(sizes.from_dict(kept))
        elif not (plan.config.pretrained or plan.config.encoder):
            encoder = model(sizes())
        else:
            stated, _ = sizes.get_config_dict(name, **here)
            encoder_files.refuse_other_kind(kind, name, str(stated.get("model_type")))
            if plan.config.pretrained:
                encoder = published(model, name, here)
            else:
                encoder = model(sizes.from_pretrained(name, **here))
    except ConfigError:
        raise
    except (
        Exception
    ) as error:  # the library raises whatever a setting or a damaged file makes it stumble over
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ConfigError(
            f"The {kind} encoder {name!r} can't be had: {reason} Give the name of one on the "
            "Hugging Face hub or a folder as `encoder`, or use pretrained=false for random weights."
        ) from error
    return encoder.get_encoder() if kind == "whisper" else encoder


def published(model: Any, name: str, here: dict[str, Any]) -> Any:
    """An encoder with the weights of a file. Raises ConfigError when most of them are not in it."""
    encoder, told = model.from_pretrained(name, output_loading_info=True, **here)
    own = {key: tensor.numel() for key, tensor in encoder.state_dict().items()}
    missing = sum(own.get(key, 0) for key in told["missing_keys"])
    share = 1 - missing / max(1, sum(own.values()))
    if share < FITTING:
        raise ConfigError(
            f"Only {share:.0%} of the encoder's weights are in {name}: the file was made for another model. Missing "
            f"are, for example, {', '.join(sorted(told['missing_keys'])[:3])}."
        )
    return encoder


def architecture(encoder: Any) -> dict[str, Any]:
    """The encoder's sizes as plain numbers, text and lists."""
    return dict(json.loads(encoder.config.to_json_string()))


class Head(nn.Module):
    """Mean over time and windows, a norm where there is one, dropout, one linear layer."""

    def __init__(self, width: int, classes: int, dropout: float, norm: nn.Module | None = None):
        super().__init__()
        self.norm = norm or nn.Identity()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(width, classes)

    def forward(self, states: Tensor) -> Tensor:
        """`(batch, frame, width)` → `(batch, classes)`."""
        return self.linear(self.dropout(self.norm(states.mean(dim=1))))


class Wav2Vec2(nn.Module):
    """`(batch, 1, 1, time)` waveform at 16 kHz → `(batch, classes)`."""

    def __init__(self, encoder: Any, classes: int, dropout: float):
        super().__init__()
        self.encoder, self.architecture = encoder, architecture(encoder)
        self.shortest = one_frame(encoder.config.conv_kernel, encoder.config.conv_stride)
        encoder.config.apply_spec_augment = False  # draws from numpy's global state; masks are ours to make
        encoder.config.layerdrop = (
            0.0  # a layer left out has no gradient, which distributed training waits for
        )
        encoder.masked_spec_embed.requires_grad_(False)  # unused without its masks
        self.head = Head(encoder.config.hidden_size, classes, dropout)

    @property
    def extractor(self) -> nn.Module:
        """The convolutions on the waveform, which are usually left as they were pretrained."""
        return self.encoder.feature_extractor

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        x = F.pad(x, (0, max(0, self.shortest - x.shape[1])))
        return self.head(self.encoder(x).last_hidden_state)


def one_frame(kernels: list[int], strides: list[int]) -> int:
    """Samples that give one frame behind such convolutions: 400 for the published sizes."""
    samples = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
        samples = (samples - 1) * stride + kernel
    return samples


class AST(nn.Module):
    """`(batch, 1, band, frame)` of `KaldiBank` → `(batch, classes)`; longer clips in windows of its length.

    `norm` begins the head, as in the published classifier; None: checkpoints of before have none.
    """

    def __init__(self, encoder: Any, classes: int, dropout: float, norm: nn.Module | None = None):
        super().__init__()
        self.encoder = encoder
        self.architecture = {**architecture(encoder), NORMED: norm is not None}
        self.head = Head(encoder.config.hidden_size, classes, dropout, norm)

    def forward(self, x: Tensor) -> Tensor:
        cut = windows(x.flatten(1, 2), self.encoder.config.max_length, AST_SILENCE)
        pooled = self.encoder(cut.transpose(1, 2)).pooler_output  # (batch · window, width)
        return self.head(pooled.unflatten(0, (len(x), -1)))


class Whisper(nn.Module):
    """`(batch, 1, band, frame)` of `WhisperMel` → `(batch, classes)`; filled or cut to windows of 30 s."""

    def __init__(self, encoder: Any, classes: int, dropout: float):
        super().__init__()
        self.encoder, self.architecture = encoder, architecture(encoder)
        self.head = Head(encoder.config.d_model, classes, dropout)

    def forward(self, x: Tensor) -> Tensor:
        length = 2 * self.encoder.config.max_source_positions
        if x.shape[-1] > length and x.shape[-1] % length == 1:
            x = x[..., :-1]  # the frame centred on the end of 30 s, which Whisper's own extractor leaves out
        frames = x.shape[-1]
        silence = x.amax(dim=(1, 2, 3), keepdim=True).flatten(1, 2) - 2.0  # where `WhisperMel` cuts off
        cut = windows(x.flatten(1, 2), length, silence)
        states = self.encoder(cut).last_hidden_state  # (batch · window, frame/2, width)
        heard = states.unflatten(0, (len(x), -1)).flatten(1, 2)[:, : (frames + 1) // 2]
        return self.head(heard)


def windows(x: Tensor, length: int, silence: Tensor | float) -> Tensor:
    """`(batch, band, frame)` → `(batch · window, band, length)`, the last window filled with `silence`."""
    missing = -x.shape[-1] % length
    if missing:
        filling = torch.as_tensor(silence, dtype=x.dtype, device=x.device).expand(*x.shape[:2], missing)
        x = torch.cat([x, filling], dim=2)
    return x.unflatten(2, (-1, length)).transpose(1, 2).flatten(0, 1)


def wav2vec2(plan: Plan) -> tuple[FrontEnd, nn.Module]:
    return Waveform(RATE), Wav2Vec2(load("wav2vec2", plan), plan.classes, plan.config.dropout)


def ast(plan: Plan) -> tuple[FrontEnd, nn.Module]:
    encoder = load("ast", plan)
    norm = None if plan.architecture and not plan.architecture.get(NORMED) else head_norm(encoder, plan)
    return KaldiBank(RATE, encoder.config.num_mel_bins), AST(encoder, plan.classes, plan.config.dropout, norm)


def head_norm(encoder: Any, plan: Plan) -> nn.Module:
    """The layer norm of the published AST's classifier, whose last layer alone is for other classes; else a new one."""
    norm = nn.LayerNorm(encoder.config.hidden_size, eps=encoder.config.layer_norm_eps)
    if plan.config.pretrained and not plan.architecture:
        name = plan.config.encoder or USUAL["ast"]
        whole = library().ASTForAudioClassification.from_pretrained(name, local_files_only=True)
        norm.load_state_dict(whole.classifier.layernorm.state_dict())
    return norm


def whisper(plan: Plan) -> tuple[FrontEnd, nn.Module]:
    encoder = load("whisper", plan)
    encoder.config.encoder_layerdrop = 0.0
    encoder.layerdrop = 0.0
    return WhisperMel(RATE, encoder.config.num_mel_bins), Whisper(encoder, plan.classes, plan.config.dropout)

"""Whether what `encoder` names is an encoder of the kind that the model wants, told before it is loaded.

A folder is looked at by its files alone, so that a task can be refused before it is made, without `transformers`.
"""

import json
from pathlib import Path

from audio.errors import ConfigError
from audio.models.pretrained import onnx_encoder

KINDS = {
    "wav2vec2": "wav2vec2",
    "ast": "audio-spectrogram-transformer",
    "whisper": "whisper",
}  # as configs name them
SETTINGS = "config.json"
WEIGHTS = (  # one of them holds the weights of a folder
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)


def check(model: str, encoder: str, pretrained: bool) -> None:
    """Raises ConfigError: the model takes no encoder, or the folder is not one of its kind, or has no weights."""
    if model == "onnx":
        onnx_encoder.look(encoder)
        return
    if not encoder:
        return
    if model not in KINDS:
        raise ConfigError(
            f"encoder={encoder} is for onnx, {', '.join(KINDS)}; {model} has none. Leave it empty."
        )
    folder = Path(encoder)
    if not folder.exists():
        if folder.is_absolute():
            raise ConfigError(f"There is no folder {encoder}, which `encoder` names.")
        return  # a name on the hub
    refuse_other_kind(model, encoder, kind_of(folder))
    if pretrained and not any((folder / name).is_file() for name in WEIGHTS):
        raise ConfigError(
            f"The folder {encoder} has no weights (none of {', '.join(WEIGHTS)}): download them, or use "
            "pretrained=false for random ones."
        )


def kind_of(folder: Path) -> str:
    """The kind that a folder's settings state. Raises ConfigError."""
    if not folder.is_dir():
        raise ConfigError(f"{folder}, which `encoder` names, is a file; it must be a folder with {SETTINGS}.")
    try:
        settings = json.loads((folder / SETTINGS).read_text())
    except FileNotFoundError as error:
        held = sorted(one.name for one in folder.iterdir())[:5]
        raise ConfigError(
            f"{folder} holds no encoder, for it has no {SETTINGS}; it holds {', '.join(held) or 'nothing'}."
        ) from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{folder / SETTINGS} can't be read: {error}.") from error
    kind = settings.get("model_type") if isinstance(settings, dict) else None
    if not isinstance(kind, str):
        raise ConfigError(f"{folder / SETTINGS} does not say of which kind the model is (`model_type`).")
    return kind


def refuse_other_kind(model: str, encoder: str, kind: str) -> None:
    """Raises ConfigError with both kinds."""
    if kind == KINDS[model]:
        return
    fitting = next((name for name, its in KINDS.items() if its == kind), None)
    advice = f"Use model={fitting} with it" if fitting else f"There is no model here that takes {kind}"
    raise ConfigError(
        f"The encoder {encoder} is of the kind {kind}, model={model} takes {KINDS[model]}. {advice}, or name another "
        "encoder."
    )

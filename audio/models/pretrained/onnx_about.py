"""What is to be known of an encoder: the rate and window that it hears, what it gives, its licence, its reference.

Of those that come along the catalogue tells it. Of an ONNX file it is told by a file of the same name that ends in
`.json`, else by the file's own metadata, else known by its name; what is told wins, field by field.
"""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from audio import registry
from audio.encoder import Encoder
from audio.errors import ConfigError

KNOWN = {  # a word in the file's name → what its authors publish
    "yamnet": Encoder(16000, 0.0, 0.0, "", "Apache-2.0", "YAMNet (Google 2019, trained on AudioSet)"),
    "perch": Encoder(32000, 5.0, 0.0, "", "Apache-2.0", "Perch (Hamer et al. 2023, arXiv:2312.07439)"),
    "birdnet": Encoder(48000, 3.0, 0.0, "", "CC BY-NC-SA 4.0", "BirdNET (Kahl et al. 2021)"),
    "beats": Encoder(16000, 0.0, 0.0, "", "MIT", "BEATs (Chen et al. 2022, arXiv:2212.09058)"),
    "clap": Encoder(48000, 10.0, 0.0, "", "CC0-1.0", "LAION-CLAP (Wu et al. 2023, arXiv:2211.06687)"),
    "cnn14": Encoder(32000, 0.0, 0.0, "", "MIT, weights CC BY 4.0", "PANNs (Kong et al. 2020, arXiv:1912.10211)"),
}  # fmt: skip
TYPES = {"sample_rate": int, "window_seconds": float, "step_seconds": float}


def about(file: Path, metadata: dict[str, str] | None = None) -> Encoder:
    """What is told of a file. Raises ConfigError: what stands beside it can't be read, or it can't be right."""
    told = {**_known(file), **_taken(metadata or {}, f"the metadata of {file}"), **_beside(file)}
    found = Encoder(**told)
    if min(found.sample_rate, found.window_seconds, found.step_seconds) < 0:
        raise ConfigError(f"What is told of {file} can't be: {told}. Rates and seconds are 0 or more.")
    return found


def about_model(model: str, encoder: str = "") -> Encoder | None:
    """What is to be known of a model's encoder, of `onnx` that of its file; None: it has none. Raises ConfigError."""
    if model != "onnx":
        known = registry.models.entry(model).options.get("encoder")
        return known if isinstance(known, Encoder) else None
    from audio.models.pretrained.onnx_encoder import look

    found = look(encoder)
    seconds = found["length"] / found["sample_rate"]
    return Encoder(
        **{one.name: found[one.name] for one in fields(Encoder)} | {"window_seconds": round(seconds, 3)}
    )


def _known(file: Path) -> dict[str, Any]:
    word = next((word for word in KNOWN if word in file.stem.lower()), None)
    return vars(KNOWN[word]) if word else {}


def _beside(file: Path) -> dict[str, Any]:
    place = file.with_suffix(".json")
    try:
        content = json.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{place}, which tells of the encoder, can't be read: {error}.") from error
    if not isinstance(content, dict):
        raise ConfigError(
            f'{place} has to hold an object, as {{"sample_rate": 16000, "window_seconds": 0.96}}.'
        )
    names = [one.name for one in fields(Encoder)]
    if unknown := [name for name in content if name not in names]:
        raise ConfigError(f"{place} tells {', '.join(unknown)}; it can tell {', '.join(names)}.")
    return _taken(content, str(place))


def _taken(told: dict[str, Any], where: str) -> dict[str, Any]:
    """What is told, as what it has to be. Raises ConfigError."""
    found = {}
    for one in fields(Encoder):
        if one.name in told:
            kind = TYPES.get(one.name, str)
            try:
                found[one.name] = kind(told[one.name])
            except (TypeError, ValueError) as error:
                raise ConfigError(
                    f"{one.name} in {where} is {told[one.name]!r}; it has to be a number."
                ) from error
    return found

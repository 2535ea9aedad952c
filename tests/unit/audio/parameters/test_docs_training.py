"""What docs/training.md names exists, and every preset is in it."""

import dataclasses
import re
from pathlib import Path

from audio import presets
from audio.config import TrainConfig

TEXT = (Path(__file__).parents[4] / "docs" / "training.md").read_text()


def part(heading: str) -> str:
    return TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_every_preset_is_documented_and_every_documented_one_exists():
    rows = [line.split("|")[1] for line in part("Presets").splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == set(presets.names())


def test_settings_that_are_named_exist():
    settings = {field.name for field in dataclasses.fields(TrainConfig)}
    for heading in ("Where the weights come from", "Smaller networks", "Several processes"):
        rows = re.findall(r"^\| `(\w+)` \|", part(heading), re.MULTILINE)
        assert set(rows) <= settings
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", part("Optimisation"))) | {"accumulate", "ema", "schedule"}
    assert named <= settings


def test_modules_that_are_run_exist():
    root = Path(__file__).parents[4]
    for module in re.findall(r"python -m ([a-z_.]+)", TEXT):
        place = root / module.replace(".", "/")
        assert place.with_suffix(".py").is_file() or (place / "__main__.py").is_file(), module

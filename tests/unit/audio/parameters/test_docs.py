"""What is documented exists, and what exists is documented."""

import dataclasses
import re
from pathlib import Path

import pytest

from audio.config import TrainConfig
from audio.datasets import names as datasets
from audio.models import names as models
from audio.registry import features

TEXT = (Path(__file__).parents[4] / "docs" / "audio.md").read_text()


def words(heading: str) -> set[str]:
    """Everything in `code` below a heading."""
    part = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"`([^`]+)`", part))


@pytest.mark.parametrize(
    ("heading", "there"), [("Data sets", datasets()), ("Models", models()), ("Front ends", features.names())]
)
def test_everything_in_a_registry_is_documented(heading, there):
    assert set(there) <= words(heading)


def test_every_setting_that_the_augmentation_names_exists():
    settings = {field.name for field in dataclasses.fields(TrainConfig)}
    assert {word for word in words("Augmentation") if "/" not in word} <= settings

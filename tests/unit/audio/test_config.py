"""Configuration: every field explained, types that a command line can carry, contradictions refused."""

import dataclasses
import typing

import pytest

from audio.config import EvaluateConfig, PreprocessConfig, TrainConfig, describe
from audio.errors import ConfigError

CONFIGS = [PreprocessConfig, TrainConfig, EvaluateConfig]
SIMPLE = {int, float, bool, str, list[int], list[float], list[str]}


@pytest.mark.parametrize("config", CONFIGS)
def test_every_field_has_a_line_of_help(config):
    texts = describe(config)
    assert set(texts) == {f.name for f in dataclasses.fields(config)}
    assert [name for name, text in texts.items() if len(text) < 4] == []


@pytest.mark.parametrize("config", CONFIGS)
def test_every_type_is_one_a_parameter_can_have(config):
    for name, kind in typing.get_type_hints(config).items():
        kinds = set(typing.get_args(kind)) - {type(None)} if type(None) in typing.get_args(kind) else {kind}
        assert kinds <= SIMPLE, name


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epochs": 0}, "at least 1"),
        ({"optimizer": "adam"}, "adamw, sgd"),
        ({"win_length": 4096}, "longer than n_fft"),
        ({"f_max": 10.0}, "not above f_min"),
        ({"speeds": []}, "speeds is empty"),
        ({"mixup": 1.5}, "between 0 and 1"),
    ],
)
def test_contradictions_are_refused_with_what_to_do(settings, words):
    with pytest.raises(ConfigError, match=words):
        TrainConfig(**settings)

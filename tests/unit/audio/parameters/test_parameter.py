"""Declarations: every field of every job has one, and every field is held to it."""

import dataclasses
import os
from dataclasses import dataclass
from typing import Any

import pytest

from audio import presets
from audio.config import EvaluateConfig, PreprocessConfig, TrainConfig
from audio.errors import ConfigError
from audio.parameters.parameter import (
    Declared,
    check,
    declarations,
    declared,
    defaults,
    kinds,
    parameter,
    same_as,
)
from pipelines import demo, main_job
from tasks import register

RECORDS = [
    *map(register.record, register.known()),
    main_job.MainJobParameters,
    main_job.Options,
    demo.Options,
]
FIELDS = [(record, name) for record in RECORDS for name in kinds(record)]


def beyond(config: type, name: str) -> list[Any]:
    """Values that a field must not take: of another type, outside of its range, not among its choices."""
    kind, allowed = kinds(config)[name], declarations(config)[name]
    wrong: list[Any] = {bool: ["perhaps", 1], str: [1, "a\0b", "\udcff"]}.get(
        kind.base, ["many", True, float("nan")]
    )
    if kind.base is int:
        wrong += [1.5]
    if allowed.choices:
        wrong += [f"{allowed.choices[0]}x", ""]
    wrong += [end for end in (allowed.low - 1, allowed.high + 1) if abs(end) < float("inf")]
    return [[one] for one in wrong] + [wrong[0]] if kind.many else wrong


@pytest.mark.parametrize(("record", "name"), FIELDS, ids=[f"{r.__name__}.{n}" for r, n in FIELDS])
def test_no_field_is_unchecked(record, name):
    for value in beyond(record, name):
        with pytest.raises(Exception, match=f"{name} is ") as refused:
            record(**{name: value})
        assert type(refused.value) is ConfigError, value


@pytest.mark.parametrize("record", RECORDS)
def test_every_number_has_a_range_and_every_field_a_line_of_help_under_a_heading(record):
    for name, allowed in declarations(record).items():
        assert len(allowed.help) > 3 and "\n" not in allowed.help and allowed.group, name
        if kinds(record)[name].base in (int, float):
            assert allowed.low > -float("inf"), name


@pytest.mark.parametrize("record", RECORDS)
def test_defaults_and_proposed_names_are_allowed(record):
    check(record())
    for name, allowed in declarations(record).items():
        if names := allowed.proposed():
            default = defaults(record)[name]
            many = kinds(record)[name].many
            assert set(default) <= set(names) if many else default in ("", *names), name
            check(dataclasses.replace(record(), **{name: names if many else names[-1]}))


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_is_allowed(name):
    check(presets.find(name).train_config())
    check(presets.find(name).preprocess_config())


def test_help_does_not_repeat_the_choices_that_are_shown_beside_it():
    """Else a choice that is added or dropped would have to be in two places."""
    for record in RECORDS:
        for name, allowed in declarations(record).items():
            assert not allowed.choices or ", ".join(allowed.choices) not in allowed.help, name


def test_all_that_is_wrong_is_said_at_once_each_by_name_with_what_is_allowed():
    with pytest.raises(ConfigError) as refused:
        TrainConfig(epochs=0, optimizer="adam", mixup=1.5, seed="one")  # type: ignore[arg-type]
    assert str(refused.value) == (
        "epochs is 0; it must be at least 1. "
        "optimizer is 'adam'; it can be adamw, sgd. Did you mean 'adamw'? "
        "mixup is 1.5; it must be between 0 and 1. "
        "seed is 'one'; it must be a whole number."
    )


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_number_without_an_upper_limit_is_finite_all_the_same(value):
    with pytest.raises(ConfigError, match=r"weight_decay is .*; it must be a finite number"):
        TrainConfig(weight_decay=value)


def test_the_ends_of_a_range_belong_to_it():
    assert TrainConfig(mixup=0).mixup == 0 and TrainConfig(mixup=1, epochs=1).mixup == 1


def test_none_is_a_value_only_where_the_type_says_so():
    assert TrainConfig(clip_norm=None).clip_norm is None
    with pytest.raises(ConfigError, match="warmup is None; it must be a finite number"):
        TrainConfig(warmup=None)  # type: ignore[arg-type]


def test_a_list_may_be_empty_unless_its_declaration_says_what_to_do_instead():
    assert register.record("crossvalidate")(folds=[]).folds == []
    with pytest.raises(ConfigError, match=r"speeds is empty; use \[1.0\] for the clips as they are"):
        EvaluateConfig(speeds=[])


def test_a_lists_default_is_not_shared_between_records():
    one = TrainConfig()
    one.speeds.append(9.0)
    assert 9.0 not in TrainConfig().speeds


def test_rules_in_words():
    assert [Declared(low=1).allowed, Declared(high=5).allowed, Declared(low=1e-9, high=1e6).allowed] == [
        "at least 1",
        "at most 5",
        "1e-09 to 1000000",
    ]
    assert Declared(choices=("a", "b")).allowed == "one of a, b" and Declared().allowed == ""


def test_a_field_taken_over_from_another_record_keeps_all_but_what_is_changed():
    @dataclass
    class Other:
        epochs: int = same_as(TrainConfig, "epochs", default=3, help="rounds")
        speeds: list[float] = same_as(TrainConfig, "speeds")

    assert Other().epochs == 3 and Other().speeds == TrainConfig().speeds
    assert declarations(Other)["epochs"] == dataclasses.replace(
        declarations(TrainConfig)["epochs"], help="rounds"
    )


def test_a_field_without_a_declaration_is_refused_by_name():
    @dataclass
    class Forgotten:
        rate: float = 0.1  # a comment

    with pytest.raises(TypeError, match="rate is not declared"):
        declared(dataclasses.fields(Forgotten)[0])


def test_proposed_names_come_from_the_registry():
    from audio.models import names

    assert declarations(TrainConfig)["model"].proposed() == names()
    assert declarations(TrainConfig)["device"].proposed() == ["auto", "cpu", "cuda"]


def test_a_path_that_is_no_text_is_told_of_as_a_path(tmp_path):
    with pytest.raises(ConfigError, match="not UTF-8: rename it"):
        PreprocessConfig(data=os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))


def test_numbers_of_numpy_are_numbers():
    import numpy as np

    @dataclass
    class Of:
        count: int = parameter(1, "how many", 0)
        rate: float = parameter(0.5, "how fast", 0)

    check(Of(np.int64(3), np.float32(0.25)))  # type: ignore[arg-type]

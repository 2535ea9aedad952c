"""Parameters: one flat dataclass, the same from a shell and from a server."""

import json
from dataclasses import dataclass, field, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio import presets
from audio.parameters.parameter import kinds, parameter
from tasks import register
from tasks.arguments import command, parameters
from tasks.errors import BadParameter
from tests.conftest import ROOT


@dataclass
class Everything:
    """A record with a field of every kind."""

    whole: int = parameter(3, "how many")
    share: float = parameter(0.5, "of the whole")
    on: bool = parameter(True, "whether")
    word: str = parameter("cnn", "which")
    maybe: float | None = parameter(None, "edge; none: off", unit="Hz")
    numbers: list[float] = parameter([1.0, 2.0], "several")
    words: list[str] = parameter([], "several")


@dataclass
class Nested:
    inner: Everything = field(default_factory=Everything)


def texts(**values: str) -> Everything:
    return parameters.from_texts(Everything, values)


def from_shell(*words: str) -> Everything:
    return command.parse(Everything, words, prog="python -m tasks.x", about="about")


@given(
    st.builds(
        Everything,
        whole=st.integers(-(10**15), 10**15),
        share=st.floats(allow_nan=False, allow_infinity=False),
        on=st.booleans(),
        word=st.text(),
        maybe=st.none() | st.floats(allow_nan=False, allow_infinity=False),
        numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False)),
        words=st.lists(st.text()),
    )
)
def test_any_record_survives_the_way_to_the_server_and_back(record):
    kept = {name: text.value for name, text in parameters.to_texts(record).items()}
    assert parameters.from_texts(Everything, kept) == record


@pytest.mark.parametrize("name", ["preprocess", "train", "evaluate"])
def test_the_defaults_of_every_task_survive_too(name):
    record = register.defaults(name)
    kept = {key: text.value for key, text in parameters.to_texts(record).items()}
    assert parameters.from_texts(type(record), kept) == record


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_survives_as_the_parameters_of_its_templates(name):
    preset = presets.find(name)
    for task, changed in (("preprocess", preset.preprocess), ("train", preset.train)):
        record = register.defaults(task, changed)
        sent = {key: one.value for key, one in parameters.to_texts(record).items()}
        again = parameters.from_texts(type(record), sent)
        assert again == record and all(getattr(again, key) == value for key, value in changed.items())


@pytest.mark.parametrize("name", ["preprocess", "train", "evaluate"])
def test_every_parameter_of_every_task_has_a_help_text(name):
    record = register.defaults(name)
    without = [key for key, text in parameters.to_texts(record).items() if not text.description]
    assert without == []


def test_types_are_named_as_clearml_shows_them():
    kept = parameters.to_texts(Everything())
    assert [text.type for text in kept.values()] == ["int", "float", "bool", "str", "float", "list", "list"]
    assert kept["maybe"].value == ""
    assert kept["whole"].description == "how many"


@pytest.mark.parametrize(
    "word, value", [("True", True), ("false", False), ("1", True), ("0", False), ("no", False)]
)
def test_a_boolean_is_read_in_the_ways_people_write_it(word, value):
    assert texts(on=word).on is value
    assert from_shell("--on", word).on is value


def test_a_flag_without_a_value_means_true():
    assert from_shell("--on").on is True


@pytest.mark.parametrize("word", ["", "None", "none", "null"])
def test_an_optional_number_can_be_none(word):
    assert texts(maybe=word).maybe is None


@pytest.mark.parametrize("word", ["[0.5, 2]", "(0.5, 2)", "0.5, 2", "0.5 2", '["0.5", 2]'])
def test_a_list_is_read_as_json_as_python_or_as_plain_numbers(word):
    assert texts(numbers=word).numbers == [0.5, 2.0]
    assert from_shell("--numbers", word).numbers == [0.5, 2.0]


def test_an_empty_list_stays_empty():
    assert texts(numbers="[]").numbers == []


@pytest.mark.parametrize("word, value", [("1e3", 1000), ("4.0", 4), (" 7 ", 7), ("-2", -2)])
def test_a_whole_number_may_be_written_as_a_float_that_is_whole(word, value):
    assert texts(whole=word).whole == value


def test_all_that_is_wrong_is_said_at_once_by_name():
    with pytest.raises(BadParameter) as wrong:
        texts(whole="ten", on="perhaps", share="nan", numbers="[1, x]")
    assert str(wrong.value).count("Args/") == 4
    assert "Args/whole: expected a whole number, got 'ten'" in str(wrong.value)
    assert "Args/on: expected true or false" in str(wrong.value)


def test_what_is_not_sent_has_its_default_and_what_is_unknown_is_ignored():
    assert texts(whole="9", unheard_of="1") == Everything(whole=9)


def test_options_can_be_written_with_hyphens():
    @dataclass
    class Two:
        learning_rate: float = parameter(0.1, "rate")

    made = command.parse(Two, ["--learning-rate=0.2"], prog="p", about="a")
    assert made.learning_rate == 0.2


def test_a_wrong_value_in_a_shell_ends_with_status_2_and_says_what_was_expected(capsys):
    with pytest.raises(SystemExit) as ended:
        from_shell("--whole", "2.5")
    assert ended.value.code == 2
    assert "expected a whole number, got '2.5'" in capsys.readouterr().err


def test_a_contradiction_in_a_shell_is_explained(capsys):
    with pytest.raises(SystemExit):
        command.parse(type(register.defaults("train")), ["--epochs", "0"], prog="p", about="a")
    assert "epochs is 0; it must be at least 1" in capsys.readouterr().err


def test_help_lists_every_parameter_with_its_default(capsys):
    with pytest.raises(SystemExit) as ended:
        from_shell("--help")
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(f"--{one.name}" in shown for one in fields(Everything))
    assert "edge; none: off (Hz; default: none)" in shown


def test_a_nested_record_is_refused_rather_than_dropped():
    with pytest.raises(TypeError, match="can't be a parameter"):
        kinds(Nested)


def test_what_travels_with_a_task_says_what_a_form_needs():
    train, preprocess, evaluate = (
        parameters.to_texts(register.defaults(name)) for name in ("train", "preprocess", "evaluate")
    )
    assert train["epochs"].description == "passes over the training clips [Training; at least 1]"
    assert train["optimizer"].description.endswith("[Training; one of adamw, sgd]")
    assert train["f_max"].description.endswith("[Features; in Hz; 0 to 192000; or empty]")
    assert train["speeds"].description.endswith("[Augmentation; each 0.1 to 10]")
    assert evaluate["fold"].description.endswith("[Clips; at least 1; or empty]")
    assert preprocess["fill"].description.endswith("[Recordings; one of loop, zero]")


def test_a_clone_of_an_older_version_is_read_as_it_was_meant():
    """`Args/…` as a server kept them before parameters were declared in their fields."""
    kept = json.loads((ROOT / "tests" / "fixtures" / "old_clone.json").read_text())["Args"]
    made = parameters.from_texts(register.record("train"), {name: one["value"] for name, one in kept.items()})
    assert made == register.defaults("train", {"epochs": 2})
    again = parameters.to_texts(made)
    assert {name: (one["value"], one["type"]) for name, one in kept.items()} == {
        name: (again[name].value, again[name].type) for name in kept
    }

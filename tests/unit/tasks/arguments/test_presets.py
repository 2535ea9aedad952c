"""A preset from a command line: its values are defaults, options win, and a chain's steps get all of it."""

import pytest

from audio import presets as recipes
from pipelines.main_job import MainJobParameters
from tasks import register
from tasks.arguments import command, presets


def from_shell(task: str, *words: str) -> command.Given:
    record = register.record(task)
    return command.given(record, words, prog="p", about="a", presets=presets.values(record))


@pytest.mark.parametrize("name", recipes.names())
@pytest.mark.parametrize("task", ["preprocess", "train"])
def test_every_presets_values_stand_in_for_the_defaults(task, name):
    expected = getattr(recipes.find(name), task)
    made = from_shell(task, "--preset", name)
    assert made.preset == name
    assert {key: getattr(made.record, key) for key in expected} == expected
    untouched = {key for key in vars(made.record) if key not in expected}
    defaults = register.defaults(task)
    assert all(getattr(made.record, key) == getattr(defaults, key) for key in untouched)


def test_an_option_beside_a_preset_wins_wherever_it_stands():
    assert from_shell("train", "--epochs", "3", "--preset", "esc10").record.epochs == 3
    assert from_shell("train", "--preset=esc10", "--epochs", "3").record.epochs == 3


def test_without_a_preset_everything_is_as_before():
    made = from_shell("train")
    assert (made.record, made.preset) == (register.defaults("train"), "")


def test_an_unknown_preset_is_answered_with_the_nearest(capsys):
    with pytest.raises(SystemExit) as ended:
        from_shell("train", "--preset", "esc-10")
    assert ended.value.code == 2
    assert "no preset 'esc-10'" in (said := capsys.readouterr().err)
    assert "Did you mean 'esc10'?" in said


def test_help_lists_the_presets_of_tasks_that_have_some(capsys):
    with pytest.raises(SystemExit):
        from_shell("preprocess", "--help")
    assert "two-front-ends" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        from_shell("evaluate", "--help")
    assert "--preset" not in capsys.readouterr().out


def test_a_chains_steps_get_what_the_chain_has_no_parameter_for():
    record = command.given(
        MainJobParameters,
        ["--preset", "esc10", "--epochs", "7"],
        prog="p",
        about="a",
        presets=presets.values(MainJobParameters),
    ).record
    assert (record.preset, record.dataset, record.epochs) == ("esc10", "esc10", 7)
    assert record.shared_with("preprocess")["Args/sample_rate"] == "44100"
    trained = record.shared_with("train")
    assert (trained["Args/members"], trained["Args/epochs"]) == ("4", "7")
    assert "Args/members" not in record.shared_with("evaluate")


def test_a_chain_without_a_preset_gives_only_its_own_parameters():
    assert set(MainJobParameters().shared_with("preprocess")) == {
        *("Args/dataset", "Args/data", "Args/seed", "Args/plugins")
    }

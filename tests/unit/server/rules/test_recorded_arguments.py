"""Which words of a recorded command line the parameters hold, and which they don't."""

import pytest

from server.domain.tasks import recorded_arguments

ARGS = {
    "epochs": "3", "learning_rate": "0.001", "augment": "False", "amp": "True", "speeds": "[0.9, 1.1]",
    "name": "two words", "source": "data.csv", "target": "out/", "offset": "-0.5", "none": "",
}  # fmt: skip

CASES = {
    "--epochs 3": "",
    "--epochs=3 --learning_rate 1e-3": "",
    "--learning-rate 0.001": "",
    "--epochs 7": "",  # edited meanwhile
    "--augment False --amp": "",
    "--amp data.csv out/": "",
    "--no-augment": "",
    "-e 3": "",
    "-e 9": "-e 9",  # nobody knows what -e is
    "--epo 3": "",
    "--speeds [0.9, 1.1]": "",
    "--speeds 0.9 1.1": "",
    "--name two words": "",
    "--offset -0.5": "",
    "data.csv out/": "",
    "data.csv out/ extra": "data.csv out/ extra",
    "data.csv --epochs 3 elsewhere": "data.csv elsewhere",
    "--unknown 5 --epochs 3": "--unknown 5",
    "--unknown": "--unknown",
}


@pytest.mark.parametrize("words", CASES)
def test_what_the_parameters_hold_is_cut_off_and_the_rest_stays(words: str):
    script = {"entry_point": f"-m tasks.train  {words}", "diff": "d"}
    args = {name: {"value": value} for name, value in ARGS.items()}
    got = recorded_arguments.without(script, {"Args": args})
    assert got == {"entry_point": f"-m tasks.train {CASES[words]}".strip(), "diff": "d"}


@pytest.mark.parametrize("entry", ["-m tasks.train", "train.py --epochs 3", "", "-c 'import x' --epochs 3"])
def test_nothing_else_is_touched(entry: str):
    args = {"epochs": {"value": "3"}}
    assert recorded_arguments.without({"entry_point": entry}, {"Args": args}) == {"entry_point": entry}
    line = {"entry_point": "-m tasks.train --epochs 3"}
    assert recorded_arguments.without(line, {"General": args}) == line
    assert recorded_arguments.without({}, {}) == {}


def test_parameters_that_a_person_typed_in_are_not_recorded_ones():
    assert not recorded_arguments.recorded({"Args": {"epochs": {"value": "3"}}})
    assert recorded_arguments.recorded({"Args": {"epochs": {"value": "3", "type": "int"}}})
    assert not recorded_arguments.recorded({})

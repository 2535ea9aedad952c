"""Options are known by their whole names, and an unknown one is answered with the nearest."""

import os
import subprocess
import sys

import pytest

from audio.command_line import CommandLine


def parser() -> CommandLine:
    made = CommandLine(prog="p")
    made.add_argument("--epochs", type=int, default=1)
    made.add_argument("files", nargs="*")
    below = made.add_subparsers(dest="command").add_parser("list")
    below.add_argument("--quiet", action="store_true")
    return made


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(words)
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_an_unknown_option_is_named_before_its_value_is_looked_at(capsys):
    assert "there is no option --epoch; did you mean --epochs?" in refused(capsys, "--epoch", "3")
    assert "there is no option --epohcs; did you mean --epochs?" in refused(capsys, "--epohcs=3")


def test_an_option_of_a_command_is_suggested_too(capsys):
    assert "did you mean --quiet?" in refused(capsys, "list", "--quite")


def test_what_is_like_nothing_leads_to_the_help(capsys):
    assert "there is no option --zzz; --help lists them" in refused(capsys, "--zzz")


def test_words_behind_two_hyphens_are_no_options():
    flat = CommandLine(prog="p")
    flat.add_argument("files", nargs="*")
    assert flat.parse_args(["--", "--odd-name.wav"]).files == ["--odd-name.wav"]


def test_whole_names_are_read_as_ever():
    assert parser().parse_args(["--epochs", "-3", "list", "--quiet"]).epochs == -3


def test_names_that_a_terminal_cannot_show_do_not_end_the_program():
    code = (
        "from audio.command_line import CommandLine; CommandLine().parse_args([]); print('caf\\xe9 \\udcff')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"caf\\xe9 \\udcff\n"


@pytest.mark.parametrize(
    "words",
    ["task a=1 b=2 --name x", "--name x task a=1 b=2", "task --name x a=1 b=2", "task a=1 --name x b=2"],
)
def test_any_number_of_values_stand_on_any_side_of_an_option(words):
    above = CommandLine(prog="p")
    clone = above.add_subparsers(dest="command").add_parser("clone")
    clone.add_argument("task")
    clone.add_argument("edits", nargs="*")
    clone.add_argument("--name")
    read = above.parse_args(["clone", *words.split()])
    assert (read.task, read.edits, read.name) == ("task", ["a=1", "b=2"], "x")


def test_values_of_which_one_has_to_be_there_are_asked_for(capsys):
    flat = CommandLine(prog="p")
    flat.add_argument("files", nargs="+")
    flat.add_argument("--count", type=int)
    with pytest.raises(SystemExit):
        flat.parse_args(["--count", "2"])
    assert "required: files" in capsys.readouterr().err

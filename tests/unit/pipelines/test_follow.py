"""How a pipeline is shown: lines in a log, a table on a terminal."""

import io

import pytest
from rich.console import Console

from pipelines import follow
from pipelines.follow import Step


def lines_of(*moments):
    """What is printed for (clock, step) after (clock, step)."""
    clock = [0.0]
    output = io.StringIO()
    show = follow._Lines(Console(file=output, width=200), lambda: clock[0])
    for now, step in moments:
        clock[0] = now
        show([step])
    return output.getvalue().splitlines()


def running(epoch):
    return Step("1", "train", "in_progress", epoch=epoch, epochs=10, figures={"loss/train": 0.5})


def test_a_log_gets_a_line_for_every_change_of_status():
    shown = lines_of((0, Step("1", "train", "queued")), (1, Step("1", "train", "queued")), (2, running(0)))
    assert shown == ["train: waiting", "train: running  epoch 0/10  loss/train 0.500"]


def test_a_log_hears_of_a_running_step_now_and_then():
    shown = lines_of(*((second, running(second)) for second in range(40)))
    assert [line.split("epoch ")[1].split("/")[0] for line in shown] == ["0", "15", "30"]


def test_a_terminal_gets_a_row_for_every_step():
    table = follow._table([Step("1", "preprocess", "completed", seconds=12), running(3)])
    output = io.StringIO()
    Console(file=output, width=120).print(table)
    assert "preprocess" in output.getvalue()
    assert "12 s" in output.getvalue()
    assert "epoch 3/10" in output.getvalue()


@pytest.mark.parametrize(
    ("status", "word", "code"),
    [
        ("completed", "completed", 32),
        ("failed", "failed", 31),
        ("stopped", "aborted", 33),
        ("in_progress", "running", 36),
        ("queued", "waiting", 37),
        ("created", "draft", 37),
    ],
)
def test_each_state_has_its_word_and_colour(status, word, code):
    output = io.StringIO()
    console = Console(file=output, width=120, force_terminal=True, color_system="standard")
    console.print(follow._table([Step("1", "train", status)]))
    assert f"\x1b[{code}m{word}\x1b[0m" in output.getvalue()

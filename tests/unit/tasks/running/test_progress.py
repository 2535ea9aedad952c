"""How far a task is, and what the server is told of it."""

import io
import time
from collections.abc import Iterator

import pytest

from tasks.running import progress


@pytest.fixture
def heard() -> Iterator[list[tuple[float, float | None]]]:
    told: list[tuple[float, float | None]] = []
    progress.listen(lambda share, left: told.append((round(share, 3), left)))
    yield told
    progress.listen(lambda share, left: None)


class Clock:
    """Time that passes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_what_is_left_is_not_known_until_something_was_measured():
    clock = Clock()
    pace = progress.Pace(clock)
    assert pace.left(30, 60) is None  # a resumed run: thirty epochs are an earlier one's
    clock.now += 20
    assert pace.left(32, 60) == pytest.approx(280)
    assert progress.Pace(clock).left(5, 5) is None


def test_the_parts_of_a_task_are_shares_of_one_whole(heard: list[tuple[float, float | None]]):
    clips = progress.counted("clips", share=(0, 0.8))
    uploaded = progress.counted("sounds", share=(0.8, 1))
    for done in (1, 5, 10):
        clips(done, 10)
    for done in (1, 2):
        uploaded(done, 2)
    assert [share for share, _ in heard] == [0.08, 0.4, 0.8, 0.9, 1.0]


def test_the_rest_of_the_task_counts_for_what_is_left(heard: list[tuple[float, float | None]]):
    clock = Clock()
    pace = progress.Pace(clock)
    progress.tell(0, 10, pace, (0, 0.5))
    clock.now += 10
    progress.tell(5, 10, pace, (0, 0.5))
    assert heard == [(0.0, None), (0.25, pytest.approx(30))]


def test_the_server_is_told_now_and_then_and_of_the_end():
    clock, sent = Clock(), list[dict[str, str]]()
    tell = progress.OnServer(sent.append, clock)
    tell(0.1, None)
    clock.now += 1
    tell(0.2, 5.0)
    clock.now += 5
    tell(0.5, 60.0)
    tell(1.0, 0.0)
    assert [one["progress"] for one in sent] == ["10", "50", "100"]
    assert [one[progress.ENDS] for one in sent] == ["", "1066", "1006"]


def test_every_epoch_is_told(heard: list[tuple[float, float | None]], capsys: pytest.CaptureFixture[str]):
    say = progress.epochs()
    for epoch in (1, 2):
        say(epoch, 4, {"loss/train": 1.0})
    assert [share for share, _ in heard] == [0.25, 0.5]
    assert heard[0][1] is None and heard[1][1] is not None
    assert "epoch 2/4" in capsys.readouterr().out


def test_what_is_printed_stands_above_the_bars_line_by_line_and_waits_for_its_end(
    monkeypatch: pytest.MonkeyPatch,
):
    stream, bars = io.StringIO(), [object()]
    above = progress.Above(stream)
    monkeypatch.setattr(progress, "_bars", lambda: bars)
    assert above.write("one") == 3 and stream.getvalue() == ""
    above.write(" line\ntwo\nth")
    assert stream.getvalue() == "one line\ntwo\n"
    bars.clear()
    above.write("ree")
    assert stream.getvalue() == "one line\ntwo\nthree" and above.getvalue() == stream.getvalue()
    above.settle()
    assert stream.getvalue() == "one line\ntwo\nthree"


def test_lines_are_printed_now_and_then_with_the_rate_and_the_rest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    clock = Clock()
    monkeypatch.setattr(progress.time, "monotonic", clock)
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: False, raising=False)
    say = progress._lines("clips", 5.0)
    for done, seconds in ((1, 1), (10, 4), (12, 1), (30, 4)):
        clock.now += seconds
        say(done, 60)
    assert capsys.readouterr().out.splitlines() == [
        "10/60 clips, 2/s, 25 s left",
        "30/60 clips, 3/s, 10 s left",
    ]
    assert progress.ENDS == "_progress_ends", "by which the page knows it"


def test_a_part_of_one_counts_on_a_terminal_and_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    clock = Clock()
    monkeypatch.setattr(progress.time, "monotonic", clock)
    elsewhere = progress._lines("recordings", 5.0)
    clock.now += 5
    elsewhere(0.25, 2)
    assert capsys.readouterr().out == "0.25/2 recordings, 0.05/s, 35 s left\n"
    monkeypatch.undo()
    bar = progress._bar("recordings")
    for done in (0.1, 0.2, 0.3, 1.1, 2):
        time.sleep(0.12)  # tqdm draws ten times a second
        bar(done, 2)
    drawn = capsys.readouterr().err
    assert " 0.3/2 " in drawn and " 1.1/2 " in drawn and " 2/2 " in drawn and "0000" not in drawn


def test_a_stream_knows_where_the_work_is_and_what_lies_behind_it(heard: list[tuple[float, float | None]]):
    clock = Clock()
    pace = progress.Pace(clock)
    progress.tell(0, 0, pace)
    assert heard == [(0.0, None)]
    pace = progress.Pace(clock)
    progress.tell(0, 4, pace, (0.5, 1))
    clock.now += 8
    progress.tell(2, 4, pace, (0.5, 1))
    progress.tell(4, 4, pace, (0.5, 1))
    assert heard[2:] == [(0.75, pytest.approx(8)), (1.0, pytest.approx(0))]


@pytest.mark.parametrize(("share", "percent"), [(-0.5, "0"), (0.555, "55"), (1.5, "100")])
def test_a_share_is_told_as_whole_percent(share: float, percent: str):
    sent = list[dict[str, str]]()
    progress.OnServer(sent.append, Clock())(share, 10.4)
    assert sent == [{"progress": percent, "_progress_ends": "1010"}]

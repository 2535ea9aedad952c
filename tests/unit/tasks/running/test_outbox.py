"""What waits for the server: real files and a thread, with a line that is cut and mended."""

from pathlib import Path
from threading import Event

import pytest

from tasks.running.outbox import Outbox
from tests.conftest import until


class Line:
    """A line to a server that is cut and mended by the test."""

    def __init__(self, up: bool = True) -> None:
        self.up, self.seconds = up, 30.0

    def there(self) -> bool:
        return self.up


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("tasks.running.outbox.EVERY", 0.02)


def test_a_file_travels_as_it_was_when_it_was_posted_and_nothing_is_left(tmp_path):
    seen = []
    box = Outbox(tmp_path / "box", line := Line(up=False))
    (tmp_path / "last.pt").write_text("first")
    box.post_file("checkpoint", tmp_path / "last.pt", lambda path: seen.append(path.read_text()))
    (tmp_path / "new").write_text("second")
    (tmp_path / "new").replace(tmp_path / "last.pt")
    assert box.waiting == ["checkpoint"] and list((tmp_path / "box").iterdir())
    line.up = True
    assert box.settle() == [] and seen == ["first"]
    assert not list((tmp_path / "box").iterdir())


def test_of_several_with_one_name_the_newest_is_sent_and_the_others_take_no_room(tmp_path):
    seen: list[str] = []
    box = Outbox(tmp_path / "box", line := Line(up=False))
    for number in range(50):
        (tmp_path / "last.pt").unlink(missing_ok=True)
        (tmp_path / "last.pt").write_text(str(number))
        box.post_file("checkpoint", tmp_path / "last.pt", lambda path: seen.append(path.read_text()))
    assert len(list((tmp_path / "box").iterdir())) <= 2  # one waits, one may be on its way
    line.up = True
    assert box.settle() == [] and seen[-1] == "49" and len(seen) <= 2


def test_an_outage_in_the_middle_of_an_upload_costs_nothing(tmp_path, capsys):
    line = Line()
    tries = []

    def send():
        tries.append(line.up)
        if len(tries) == 1:
            line.up = False
            raise ConnectionError("cut")

    box = Outbox(tmp_path, line)
    box.post("table", send)
    box.post("progress", lambda: tries.append("progress"))
    until(lambda: "does not answer" in capsys.readouterr().out, 10, "a word is said")
    line.up = True
    assert box.settle() == [] and tries.count(True) == 2 and "progress" in tries
    assert "answers again" in capsys.readouterr().out


def test_an_outage_is_told_while_an_upload_still_tries_to_get_through(tmp_path, capsys):
    """The SDK may try for minutes before it raises."""
    line, back, started = Line(), Event(), Event()
    sent: list[bool] = []

    def send():
        started.set()
        sent.append(back.wait(10))

    box = Outbox(tmp_path, line)
    box.post("table", send)
    assert started.wait(10)
    assert "does not answer" not in capsys.readouterr().out
    line.up = False
    until(lambda: "The work goes on" in capsys.readouterr().out, 10, "a word is said")
    line.up = True
    back.set()
    assert box.settle() == [] and sent == [True]  # the word came before the upload had ended
    box.post("progress", lambda: None)
    assert box.settle() == []
    said = capsys.readouterr().out
    assert said.count("answers again") == 1 and "does not answer" not in said


def test_a_server_that_is_busy_for_a_moment_is_not_called_away(tmp_path, capsys):
    class Busy(Line):
        looks = 0

        def there(self) -> bool:
            self.looks += 1
            return self.looks % 2 == 1

    line = Busy()
    box = Outbox(tmp_path, line)
    box.post("table", lambda: until(lambda: line.looks > 9, 10, "looked at while it is sent"))
    assert box.settle() == []
    assert capsys.readouterr().out == ""


def test_what_the_server_refuses_is_named_in_the_end_and_does_not_hold_up_the_rest(tmp_path, capsys):
    arrived = []

    def refuse():
        raise ValueError("413, too large")

    box = Outbox(tmp_path, Line())
    box.post("checkpoint", refuse)
    box.post("table", lambda: arrived.append("table"))
    assert box.settle(tries=3) == ["checkpoint"] and arrived == ["table"]
    assert "413, too large" in capsys.readouterr().out


def test_waiting_has_an_end(tmp_path):
    box = Outbox(tmp_path, Line(up=False))
    box.post("table", lambda: None)
    assert box.settle(seconds=0.3) == ["table"]


def test_a_folder_of_an_earlier_process_is_emptied(tmp_path):
    (tmp_path / "box").mkdir()
    Path(tmp_path / "box" / "1-last.pt").write_text("old")
    Outbox(tmp_path / "box", Line())
    assert not (tmp_path / "box").exists()

"""What agents leave is bounded: by size, by age, and never what a task may be using."""

import os
import subprocess
import sys
import time

import pytest

from agents import list as listing
from agents import naming, prune, start
from agents.left import leftovers, processes

DAY = 86400


def old(place, days):
    moment = time.time() - days * DAY
    for one in (*place.rglob("*"), place):
        os.utime(one, (moment, moment), follow_symlinks=False)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path))
    made = tmp_path / "agents"
    for number in range(4):
        entry = made / "environments" / f"e{number}" / "lib"
        entry.mkdir(parents=True)
        (entry / "x").write_bytes(os.urandom(100_000))
        old(made / "environments" / f"e{number}", number)
    (made / "temporary").mkdir()
    (made / "temporary" / "mine.cfg").write_text("{}")
    (made / "clones" / "3.11").mkdir(parents=True)
    return made


@pytest.fixture
def agent(home):
    """Something that runs, and is on record as an agent."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    log = home / "a.log"
    log.write_text("x")
    yield processes.record(home, "a", process.pid, log, "audio (cpu)")
    process.kill()
    process.wait()


def names(folder):
    return sorted(one.name for one in folder.iterdir())


def test_what_was_not_used_for_the_longest_time_goes_first(home, monkeypatch):
    part = leftovers.Part("environments", "", 250_000, 30)
    monkeypatch.setattr(leftovers, "PARTS", (part,))
    assert leftovers.prune(home) >= 200_000
    assert names(home / "environments") == ["e0", "e1"]
    assert leftovers.prune(home) == 0


def test_what_is_old_goes_whatever_its_size(home, monkeypatch):
    monkeypatch.setattr(leftovers, "PARTS", (leftovers.Part("environments", "", 1e9, 1.5),))
    leftovers.prune(home)
    assert names(home / "environments") == ["e0", "e1"]


def test_everything_is_all_but_what_was_used_within_the_hour(home):
    old(home / "temporary", 3)
    old(home / "clones", 3)
    leftovers.prune(home, everything=True)
    assert names(home / "environments") == ["e0"]
    assert names(home / "temporary") == names(home / "clones") == []


def test_a_running_agent_keeps_its_files_and_the_clones_however_old_they_are(home, agent):
    old(home / "clones", 3)
    leftovers.prune(home, everything=True)
    assert names(home / "temporary") == ["mine.cfg"]
    assert names(home / "clones") == ["3.11"]
    assert (home / "a.log").exists()


def test_logs_of_agents_that_are_gone_go_when_they_are_old(home):
    for name, days in (("b.log", 40), ("b.log.1", 40), ("c.log", 1)):
        (home / name).write_text("x")
        old(home / name, days)
    leftovers.prune(home)
    assert [one.name for one in home.glob("*.log*")] == ["c.log"]


def test_a_long_log_is_cut_short_while_its_writer_goes_on(tmp_path):
    log = tmp_path / "a.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"a" * 900 + b"b" * 200)
        leftovers.bound_log(log, 1000)
        writer.write(b"c")
        assert log.read_bytes() == b"c"
    assert (tmp_path / "a.log.1").read_bytes() == b"a" * 300 + b"b" * 200


def test_agents_and_sizes_are_listed_and_what_is_left_is_cleared(home, agent, capsys):
    assert listing.main([]) == 0
    said = capsys.readouterr().out
    assert "a                        listens on audio (cpu)" in said
    assert "kB  environments" in said
    assert prune.main(["--all"]) == 0
    assert "kB freed" in capsys.readouterr().out


def test_a_name_is_stable_and_one_that_is_taken_is_refused(home, agent):
    assert naming.free_name(None, "a", home) == "a-2"
    assert naming.free_name(None, "é:/%#?", home) == "é_"
    with pytest.raises(naming.NameTaken, match=r"agents\.stop a"):
        naming.free_name("a", "b", home)
    assert naming.worker_id("a", home) == naming.worker_id("a", home) != naming.worker_id("a", home / "other")


def test_a_server_that_is_not_up_is_waited_for_as_long_as_was_said(tmp_path, monkeypatch, capsys):
    conf = tmp_path / "clearml.conf"
    keys = 'credentials { access_key: "a", secret_key: "b" }'
    conf.write_text(f'api {{ api_server: "http://127.0.0.1:9/api", {keys} }}')
    monkeypatch.setenv("CLEARML_CONFIG_FILE", str(conf))
    assert start.main(["--cpu-only", "--wait", "0.1"]) == 1
    said = capsys.readouterr().err
    assert "waiting up to 0.1 s" in said
    assert "Waited for 0.1 s." in said


def test_the_youngest_stay_whatever_they_are_called_and_locks_are_left(tmp_path):
    for number, name in enumerate(("b", "d", "a", "c")):
        (tmp_path / name).write_bytes(os.urandom(100_000))
        old(tmp_path / name, number + 1)
    (tmp_path / "x.lock").write_bytes(os.urandom(100_000))
    old(tmp_path / "x.lock", 9)
    leftovers._prune(tmp_path, 250_000, 30 * DAY, time.time())
    assert names(tmp_path) == ["b", "d", "x.lock"]
    assert leftovers._prune(tmp_path / "none", 0, 0, 0) == 0


def test_a_link_is_removed_and_not_what_it_names_and_names_of_one_file_count_once(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x").write_bytes(os.urandom(100_000))
    once = leftovers.size(tmp_path / "real")
    os.link(tmp_path / "real" / "x", tmp_path / "real" / "y")
    assert leftovers.size(tmp_path / "real") == once >= 100_000
    (tmp_path / "link").symlink_to("real")
    leftovers.remove(tmp_path / "link")
    leftovers.remove(tmp_path / "gone")
    assert names(tmp_path) == ["real"]
    leftovers.clear(tmp_path / "real")
    leftovers.clear(tmp_path / "gone")
    assert names(tmp_path) == ["real"] and names(tmp_path / "real") == []
    leftovers.bound_log(tmp_path / "gone")
